"""A Disconnect-Request and each answer to it, over real sockets."""

import pytest
from pyrad import packet

from app.providers import radius
from app.providers.radius import AccessPoint, NoAnswer, NotAsked, Refused, WifiSession
from tests.access_point import Listener

SESSION = WifiSession("ABCDEFGH", "S1", "192.0.2.7", "10.5.0.2")


def at(listener: Listener, secret: str = Listener.SECRET) -> AccessPoint:
    return AccessPoint("127.0.0.1", listener.port, secret)


@pytest.fixture
def hasty(monkeypatch) -> None:
    monkeypatch.setattr(radius, "WITHIN", 0.1)


def test_an_access_point_ends_the_session():
    with Listener() as listener:
        assert radius.disconnect(at(listener), SESSION) == "ended"
    [request] = listener.heard
    named = ("User-Name", "Acct-Session-Id", "NAS-IP-Address", "Framed-IP-Address")
    assert [request[name] for name in named] == [["ABCDEFGH"], ["S1"], ["192.0.2.7"], ["10.5.0.2"]]


def test_a_session_that_is_not_there_has_ended():
    with Listener(packet.DisconnectNAK, cause=503) as listener:
        assert radius.disconnect(at(listener), SESSION) == "not_there"


@pytest.mark.parametrize("cause", [501, None])
def test_an_access_point_may_refuse(cause):
    with Listener(packet.DisconnectNAK, cause=cause) as listener, pytest.raises(Refused, match=f"Error-Cause {cause}"):
        radius.disconnect(at(listener), SESSION)


@pytest.mark.usefixtures("hasty")
def test_silence_is_no_answer_and_it_is_asked_thrice():
    with Listener(answer=None) as listener, pytest.raises(NoAnswer, match=f"127.0.0.1:{listener.port}"):
        radius.disconnect(at(listener), SESSION)
    assert len(listener.heard) == 3


@pytest.mark.usefixtures("hasty")
def test_who_has_another_secret_is_not_believed():
    with Listener() as listener, pytest.raises(NoAnswer):
        radius.disconnect(at(listener, "another secret"), SESSION)
    assert (len(listener.heard), listener.forged) == (0, 3)


def test_without_a_secret_nobody_is_asked():
    with Listener() as listener, pytest.raises(NotAsked):
        radius.disconnect(at(listener, ""), SESSION)
    assert listener.forged == 0


def test_an_address_that_the_packet_has_no_room_for_is_left_out():
    with Listener() as listener:
        radius.disconnect(at(listener), WifiSession("ABCDEFGH", "S1", "2001:db8::7"))
    assert "NAS-IP-Address" not in listener.heard[0]


def test_no_secret_and_no_code_is_in_what_it_is_called():
    assert "sssh" not in repr(AccessPoint("192.0.2.7", 3799, "sssh"))
    assert "ABCDEFGH" not in repr(SESSION)
