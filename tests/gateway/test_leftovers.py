"""What bad clients leave behind: nothing. Looks at the memory, descriptors and greenlets of the real process."""

import os
import random
import resource
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from time import monotonic, sleep

import pytest

from app.contract import rooms
from gateway import refusals, wire
from gateway.websocket import Op
from tests.factories import token_of
from tests.gateway.link import masked
from tests.gateway.process import Gateway
from tests.gateway.rough import HEAD, UPGRADE, asking, eventually, reset, rough
from tests.gateway.rows import numbers, write
from tests.gateway.screen import ORIGIN, Screen


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


seen_from_outside = pytest.mark.skipif(
    not os.path.exists("/proc/self/statm"), reason="what a process holds is read from /proc, which Linux alone has"
)


class Footprint:
    """What a gateway's process holds."""

    def __init__(self, gateway):
        self._gateway = gateway
        self._folder = f"/proc/{gateway.process.pid}"

    def held(self):
        """How many of what there are; this very question takes one greenlet, and for a moment a descriptor."""
        held = {name: self._gateway.metric(name) for name in ("greenlets", "connections", "rooms")}
        return {"descriptors": len(self.descriptors()), **held}

    def at_rest(self):
        """What is held when nothing is at work."""
        return eventually(lambda: (held := self.held())["greenlets"] == 1 and held)

    def until_back_at(self, before):
        """Wait until no more is held than then."""
        latest = monotonic() + 30
        held = self.held()
        while any(held[name] > before[name] for name in held):
            assert monotonic() < latest, f"{held}, and before {before}"
            sleep(0.05)
            held = self.held()

    def descriptors(self):
        """Its sockets. It opens the database once more when it has more to ask at once, and keeps that."""
        found = []
        for name in os.listdir(f"{self._folder}/fd"):
            with suppress(FileNotFoundError):
                found.append(os.readlink(f"{self._folder}/fd/{name}"))
        return [each for each in found if each.startswith("socket:")]

    def memory(self):
        """Resident bytes."""
        with open(f"{self._folder}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def damaged(dice, sent):
    """`sent` with some bytes changed, doubled or cut off."""
    wrecked = bytearray(sent)
    for _ in range(dice.randrange(4)):
        place = dice.randrange(len(wrecked))
        match dice.randrange(4):
            case 0:
                wrecked[place] = dice.randrange(256)
            case 1:
                del wrecked[place:]
            case 2:
                wrecked[place:place] = dice.randbytes(dice.randrange(1, 40))
            case 3:
                wrecked += wrecked[place:]
        if not wrecked:
            break
    return bytes(wrecked)


def misbehave(gateway, dice, sent):
    """Send it in pieces, read or not, and go in one way or another."""
    client = rough(gateway)
    with suppress(ConnectionError):
        rest = memoryview(sent)
        step = dice.choice([1, 7, 1000, len(sent) or 1])
        while rest:
            client.sendall(rest[:step])
            rest = rest[step:]
    match dice.randrange(3):
        case 0:
            reset(client)
        case 1:
            client.close()
        case 2:
            return client
    return None


@seen_from_outside
def test_damaged_bytes_leave_nothing_behind(cast, gateway):
    """Handshakes, requests and conversations, mutated, cut short and sent byte by byte, by four hundred clients."""
    footprint, dice = Footprint(gateway), random.Random(20_26)
    conversation = b"".join(
        (
            asking(cast.vendor),
            masked(Op.TEXT, b'421["subscribe",{"channel":"vendor-orders.1","since":"x"}]'),
            masked(Op.TEXT, b'422["seen"', is_last=False),
            masked(Op.PING, b"?"),
            masked(Op.CONTINUATION, b",{}]"),
            masked(Op.BINARY, b"\x00\x01"),
            masked(Op.TEXT, b"41"),
        )
    )
    post = b"4" + b"x" * 30 + b"\x1e3"
    request = HEAD.replace(b"%s", b"nobody") + b"Content-Length: %d\r\n\r\n" % len(post) + post
    kinds = (
        lambda: UPGRADE + damaged(dice, conversation),
        lambda: damaged(dice, UPGRADE + conversation),
        lambda: damaged(dice, request),
        lambda: UPGRADE + dice.randbytes(200),
    )
    before = footprint.at_rest()
    left = [client for n in range(400) if (client := misbehave(gateway, dice, kinds[n % len(kinds)]()))]
    for client in left:
        client.close()
    footprint.until_back_at(before)
    assert gateway.get("/ready").status_code == 200


ROWS, ROW = 16, 100_000


def stop_reading(gateway, person, count):
    """So many clients get in and read nothing; each is let go of while events are written to its room."""
    said = UPGRADE + asking(person)
    room = rooms.vendor_orders(person.restaurant_id)
    refused = gateway.metric("refusals_total", code=str(refusals.TOO_SLOW.code))
    at_rest = gateway.metric("connections")
    with ExitStack() as crowd:
        for _ in range(count):
            crowd.enter_context(closing(rough(gateway, said, buffer=4096)))
        eventually(lambda: gateway.metric("connections") == at_rest + count, timeout=60)
        for _ in range(ROWS):
            write(room, "x" * ROW)
        eventually(lambda: gateway.metric("connections") == at_rest, timeout=60)
        too_slow = gateway.metric("refusals_total", code=str(refusals.TOO_SLOW.code)) - refused
    assert too_slow == count


@pytest.fixture
def descriptors():
    """Enough of them for a crowd, here and in what is started from here: many systems give 1,024 unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4_096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@seen_from_outside
@pytest.mark.usefixtures("descriptors")
def test_a_thousand_slow_readers_leave_nothing_behind(app, cast):
    """Trap: one that stops reading grew a queue of 81,402 packets, and its socket stayed.

    The first, small crowd grows what is kept for the next one. After the second, the process may have grown by 32
    megabytes, of which it remembers five (the rows), and reuses the rest. Each of the thousand was owed one.
    """
    assert ROWS * ROW > wire.MOST_PENDING + 4 * wire.IN_KERNEL
    config = replace(app.config["PASSLINE"], connections_per_address=2_000, connections_per_person=2_000)
    gateway = Gateway(config).start()
    try:
        footprint = Footprint(gateway)
        with Screen(gateway.port, {"token": token_of(cast.customer)}, origin=ORIGIN) as other:
            other.ready()
            stop_reading(gateway, cast.vendor, 100)
            before, memory = footprint.at_rest(), footprint.memory()
            stop_reading(gateway, cast.vendor, 1_000)
            footprint.until_back_at(before)
            assert footprint.memory() - memory < 32 * 1024 * 1024
            # Nobody else has suffered.
            write(rooms.user(cast.customer.id), "still here")
            assert numbers([other.event()]) == ["still here"]
        assert "Traceback" not in gateway.logged()
    finally:
        gateway.remove()
