"""Engine.IO 4 and Socket.IO 5 as the official suites demand them: each of their 24 and 32 cases, in our own words.

Against `python -m gateway.suite`: the gateway's engine, wires, polling, door and surface with nothing of ours on top.
"""

import json
import subprocess
import sys
import threading
from contextlib import ExitStack, closing

import gevent
import pytest
import requests
import websocket

from gateway.connection import MOST_AT_ONCE, PING
from gateway.engine import Engine, Limits
from gateway.transport import Frame
from tests.gateway.link import Audience
from tests.gateway.process import ROOT
from tests.services import Server, end_with_parent

# Seconds that a client has for its pong. The suites say 0.2, which a busy machine may not keep.
PATIENCE = 2.0
PATHS = ("engine.io", "socket.io")


class Suite(Server):
    """The process, and how to talk to it."""

    def command(self):
        return [sys.executable, "-m", "gateway.suite", str(self.port), str(PATIENCE)]

    def spawn(self, command):
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command, cwd=ROOT, stdout=log, stderr=log, preexec_fn=end_with_parent(self.stop_signal)
            )

    def answers(self):
        try:
            return self.request("get", "engine.io", "").status_code == 400
        except requests.ConnectionError:
            return False

    def request(self, method, path, query, body=None):
        url = f"http://127.0.0.1:{self.port}/{path}/?{query}"
        return requests.request(method, url, data=body, timeout=8)

    def polling(self, path):
        """A session that polls."""
        return Polling(self, path)

    def websocket(self, path, query="EIO=4&transport=websocket"):
        url = f"ws://127.0.0.1:{self.port}/{path}/?{query}"
        return closing(Talk(websocket.create_connection(url, timeout=8)))

    def socket_io(self):
        """A connection to the main namespace of Socket.IO, after its greeting."""
        made = self.websocket("socket.io")
        made.thing.say("40")
        assert made.thing.hear(3)[1:] == [made.thing.heard[1], '42["auth",{}]']
        return made


class Polling:
    def __init__(self, suite, path):
        self._suite, self._path = suite, path
        answer = suite.request("get", path, "EIO=4&transport=polling")
        assert (answer.status_code, answer.text[0]) == (200, "0")
        self.welcome = json.loads(answer.text[1:])
        self.query = f"EIO=4&transport=polling&sid={self.welcome['sid']}"

    def get(self):
        """Status, and what came."""
        answer = self._suite.request("get", self._path, self.query)
        return answer.status_code, answer.text if answer.status_code == 200 else ""

    def hear(self, poll=None):
        """The same, of `poll` or a new one, and of the next when only a ping came."""
        status, text = (poll or self.get)()
        return self.hear() if text == "2" else (status, text.removeprefix("2\x1e"))

    def post(self, body):
        answer = self._suite.request("post", self._path, self.query, body)
        return answer.status_code, answer.text if answer.status_code == 200 else ""

    def get_meanwhile(self):
        """A poll that goes on while the test does something else; call it for the answer."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.get()))
        thread.start()

        def answer():
            thread.join(8)
            return answers[0]

        return answer

    def websocket(self):
        return self._suite.websocket(self._path, f"EIO=4&transport=websocket&sid={self.welcome['sid']}")


class Talk:
    """A WebSocket. Pings are answered and not shown, unless `next` is asked."""

    def __init__(self, connection):
        self._connection = connection
        self._raw = connection.sock
        self.heard = []

    def close(self):
        self._connection.shutdown()
        self._raw.close()

    def say(self, *messages):
        for message in messages:
            (self._connection.send_binary if isinstance(message, bytes) else self._connection.send)(message)

    def next(self):
        """The next message; None: closed."""
        try:
            opcode, data = self._connection.recv_data()
        except (websocket.WebSocketConnectionClosedException, ConnectionError):
            return None
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return None
        return data if opcode == websocket.ABNF.OPCODE_BINARY else data.decode()

    def hear(self, count):
        """The next so many messages."""
        self.heard = []
        while len(self.heard) < count:
            message = self.next()
            if message == "2":
                self.say("3")
            else:
                assert message is not None, f"closed after {self.heard}"
                self.heard.append(message)
        return self.heard

    def is_closed(self):
        """Whether nothing comes but pings, and then the end."""
        while (message := self.next()) == "2":
            pass
        return message is None


@pytest.fixture(scope="module")
def suite():
    with Suite() as running:
        yield running
        assert "Traceback" not in running.log.read_text()


@pytest.fixture(params=PATHS)
def path(request):
    return request.param


def assert_welcome(welcome, upgrades):
    assert isinstance(welcome.pop("sid"), str)
    expected = {"upgrades": upgrades, "pingInterval": 300, "pingTimeout": PATIENCE * 1000, "maxPayload": 1_000_000}
    assert welcome == expected


# -- Engine.IO: the handshake (7 cases of either suite) ----------------------------------------------------------------


def test_a_client_can_open_a_session_by_polling(suite, path):
    assert_welcome(suite.polling(path).welcome, ["websocket"])


def test_a_client_can_open_a_session_by_websocket(suite, path):
    """Trap: without the handler class every handshake is a 500, and clients fall back to polling without a word."""
    with suite.websocket(path) as talk:
        packet = talk.next()
        assert packet[0] == "0"
        assert_welcome(json.loads(packet[1:]), [])


NO_HANDSHAKE = ("transport={}", "EIO=abc&transport={}", "EIO=4", "EIO=4&transport=abc")


@pytest.mark.parametrize("query", NO_HANDSHAKE)
def test_a_handshake_needs_a_version_and_a_transport(suite, path, query):
    assert suite.request("get", path, query.format("polling")).status_code == 400
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        suite.websocket(path, query.format("websocket"))
    assert refused.value.status_code == 400


@pytest.mark.parametrize("method", ["post", "put"])
def test_a_handshake_is_a_get(suite, path, method):
    assert suite.request(method, path, "EIO=4&transport=polling").status_code == 400


# -- Engine.IO: messages (8 cases) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA=="])
def test_packets_go_and_come_by_polling(suite, body):
    polling = suite.polling("engine.io")
    assert polling.post(body) == (200, "ok")
    received = polling.hear()[1]
    while len(received) < len(body):
        received += "\x1e" + polling.hear()[1]
    assert received == body


def test_a_body_that_is_none_closes_the_session(suite):
    polling = suite.polling("engine.io")
    assert polling.post("abc") == (400, "")
    assert polling.get() == (400, "")


def test_two_polls_at_once_close_the_session(suite):
    answers = [(200, "2")]
    while (200, "2") in answers:
        # A ping came before the second one did: once more.
        polling = suite.polling("engine.io")
        polls = [polling.get_meanwhile(), polling.get_meanwhile()]
        answers = sorted(poll() for poll in polls)
    assert answers == [(200, "1"), (400, "")]
    assert polling.get() == (400, "")


@pytest.mark.parametrize("message", ["4hello", bytes((1, 2, 3, 4))])
def test_a_packet_goes_and_comes_by_websocket(suite, message):
    with suite.websocket("engine.io") as talk:
        talk.say(message)
        assert talk.hear(2)[1] == message


def test_a_packet_that_is_none_closes_the_websocket(suite):
    with suite.websocket("engine.io") as talk:
        talk.hear(1)
        talk.say("abc")
        assert talk.is_closed()


# -- Engine.IO: the heartbeat (4 cases of either suite) ----------------------------------------------------------------


def test_pings_come_and_are_answered(suite):
    """By polling and by WebSocket, of either protocol; all four wait for them together."""
    pollings = [suite.polling(path) for path in PATHS]
    with ExitStack() as opened:
        talks = [opened.enter_context(suite.websocket(path)) for path in PATHS]
        for talk in talks:
            talk.hear(1)
        for _ in range(3):
            for polling in pollings:
                assert polling.get() == (200, "2")
                assert polling.post("3") == (200, "ok")
            for talk in talks:
                assert talk.next() == "2"
                talk.say("3")


def test_who_does_not_answer_is_closed(suite):
    """Again all four together."""
    pollings = [suite.polling(path) for path in PATHS]
    talks = [suite.websocket(path) for path in PATHS]
    for open_talk in talks:
        with open_talk as talk:
            assert talk.next()[0] == "0"
            assert talk.is_closed()
    for polling in pollings:
        while (answer := polling.get()) == (200, "2"):
            pass
        assert answer == (400, "")


def test_who_did_not_answer_in_time_is_unknown_at_that_moment():
    """Not only when the next round comes about. And it has not asked for last words."""
    engine = Engine(Limits(ping_every=0.01, ping_patience=0.01))
    engine.audience = Audience()
    engine.open_polling({}, "address")
    (connection,) = engine.connections()
    connection.send(PING)
    gevent.sleep(0.03)
    assert engine.connection(connection.sid) is None
    assert connection.closed
    assert engine.last_words(connection.sid) is None


def test_last_words_are_said_in_as_many_answers_as_they_take():
    engine = Engine(Limits())
    engine.audience = Audience()
    engine.open_polling({}, "address")
    (connection,) = engine.connections()
    frames = [Frame(f"4{n}") for n in range(MOST_AT_ONCE + 1)]
    for frame in frames:
        connection.send(frame)
    connection.close()
    answers = [engine.last_words(connection.sid) for _ in range(3)]
    assert "\x1e".join(answers[:2]).split("\x1e") == [frame.text for frame in frames]
    assert answers[2] is None


# -- Engine.IO: closing (2 cases of either suite) ----------------------------------------------------------------------


@pytest.mark.parametrize("polls_meanwhile", [True, False])
def test_a_client_can_close_by_polling(suite, path, polls_meanwhile):
    """Its poll ends with a noop, also when it comes after."""
    polling = suite.polling(path)
    poll = polling.get_meanwhile() if polls_meanwhile else polling.get
    assert polling.post("1") == (200, "ok")
    assert polling.hear(poll) == (200, "6")
    assert polling.get() == (400, "")


def test_a_client_can_close_by_websocket(suite, path):
    with suite.websocket(path) as talk:
        talk.hear(1)
        talk.say("1")
        assert talk.is_closed()


# -- Engine.IO: the upgrade (3 cases of either suite) ------------------------------------------------------------------

HELLO = {"engine.io": ("4hello", "4hello"), "socket.io": ("40", "40")}


def upgrade(polling, talk, path):
    """Up to the first answer over the WebSocket."""
    talk.say("2probe")
    assert talk.hear(1) == ["3probe"]
    status, body = polling.get()
    assert (status, body[-1]) == (200, "6")
    said, answered = HELLO[path]
    talk.say("5", said)
    assert talk.hear(1)[0].startswith(answered)


def test_a_session_goes_over_to_a_websocket(suite, path):
    polling = suite.polling(path)
    with polling.websocket() as talk:
        upgrade(polling, talk, path)


def test_a_poll_that_waits_ends_when_a_websocket_is_tried(suite, path):
    polling = suite.polling(path)
    with polling.websocket() as talk:
        poll = polling.get_meanwhile()
        talk.say("2probe")
        assert talk.hear(1) == ["3probe"]
        assert poll() in ((200, "6"), (200, "2"))


def test_after_the_upgrade_there_is_no_polling(suite, path):
    polling = suite.polling(path)
    with polling.websocket() as talk:
        upgrade(polling, talk, path)
        assert polling.get() == (400, "")
        assert polling.post("4x") == (400, "")


def test_after_the_upgrade_there_is_no_other_websocket(suite, path):
    polling = suite.polling(path)
    with polling.websocket() as talk:
        upgrade(polling, talk, path)
        with polling.websocket() as other:
            assert other.is_closed()
        talk.say("4x" if path == "engine.io" else '42["message"]')
        assert talk.hear(1)


def test_a_trial_that_fails_leaves_the_polling_as_it_was(suite):
    polling = suite.polling("engine.io")
    for said, answered in ((["2probe"], ["3probe"]), (["2probe", "4x"], ["3probe"]), (["5"], []), ([b"2probe"], [])):
        with polling.websocket() as talk:
            talk.say(*said)
            assert talk.hear(len(answered)) == answered
            assert len(said) == len(answered) or talk.is_closed()
        assert polling.post("4hello") == (200, "ok")
        received = "6"
        while received == "6":
            # The gateway may not know yet that the trial is over.
            received = polling.hear()[1]
        assert received == "4hello"


def test_a_newer_trial_takes_the_place_of_an_older(suite):
    polling = suite.polling("engine.io")
    with polling.websocket() as older:
        older.say("2probe")
        older.hear(1)
        with polling.websocket() as hasty:
            assert older.is_closed()
            # What the older one said does not count for it.
            hasty.say("5")
            assert hasty.is_closed()
        with polling.websocket() as newer:
            upgrade(polling, newer, "engine.io")


# -- Socket.IO: connecting (7 cases) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["", "/custom,"])
@pytest.mark.parametrize("auth", ["", '{"token":"123"}'])
def test_a_client_connects_to_a_namespace(suite, namespace, auth):
    with suite.websocket("socket.io") as talk:
        talk.say(f"40{namespace}{auth}")
        _, connected, greeting = talk.hear(3)
        assert connected.startswith(f"40{namespace}{{")
        answer = json.loads(connected[2 + len(namespace) :])
        assert list(answer) == ["sid"]
        assert isinstance(answer["sid"], str)
        assert greeting == f'42{namespace}["auth",{auth or "{}"}]'


def test_a_namespace_that_does_not_exist_is_refused(suite):
    with suite.websocket("socket.io") as talk:
        talk.say("40/random")
        assert talk.hear(2)[1] == '44/random,{"message":"Invalid namespace"}'


def test_a_connect_that_is_none_closes(suite):
    with suite.websocket("socket.io") as talk:
        talk.hear(1)
        talk.say("4abc")
        assert talk.is_closed()


# That who never connects is closed is in test_wire.py: the suite, too, waits for the ping that is not answered.

# -- Socket.IO: disconnecting (2 cases) --------------------------------------------------------------------------------


def test_after_a_disconnect_pings_go_on(suite):
    with suite.socket_io() as talk:
        talk.say("41")
        assert talk.next() == "2"


def test_one_namespace_can_be_left(suite):
    with suite.socket_io() as talk:
        talk.say("40/custom")
        talk.hear(2)
        talk.say("41/custom", '42["message","message to main namespace"]')
        assert talk.hear(1) == ['42["message-back","message to main namespace"]']


# -- Socket.IO: messages (7 cases) -------------------------------------------------------------------------------------

HOLDERS = '[{}{{"_placeholder":true,"num":0}},{{"_placeholder":true,"num":1}}]'
ATTACHED = [bytes((1, 2, 3)), bytes((4, 5, 6))]
EXCHANGES = {
    "plain": (['42["message",1,"2",{"3":[true]}]'], ['42["message-back",1,"2",{"3":[true]}]']),
    "acknowledged": (['42456["message-with-ack",1,"2",{"3":[false]}]'], ['43456[1,"2",{"3":[false]}]']),
    "binary": (
        ["452-" + HOLDERS.format('"message",'), *ATTACHED],
        ["452-" + HOLDERS.format('"message-back",'), *ATTACHED],
    ),
    "binary, acknowledged": (
        ["452-789" + HOLDERS.format('"message-with-ack",'), *ATTACHED],
        ["462-789" + HOLDERS.format(""), *ATTACHED],
    ),
}


@pytest.mark.parametrize(("said", "answered"), EXCHANGES.values(), ids=EXCHANGES)
def test_a_message_is_answered(suite, said, answered):
    with suite.socket_io() as talk:
        talk.say(*said)
        assert talk.hear(len(answered)) == answered


@pytest.mark.parametrize("packet", ["4abc", "42{}", '42abc["message-with-ack",1,"2",{"3":[false]}]'])
def test_a_message_that_is_none_closes(suite, packet):
    with suite.socket_io() as talk:
        talk.say(packet)
        assert talk.is_closed()
