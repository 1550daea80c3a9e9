"""Audiences: sockets that are given the same frames."""

from types import SimpleNamespace

from gateway.transport import Audience, Frame


class Wire:
    """A WebSocket that takes everything, and notes who was written to in which order."""

    def __init__(self, name, written):
        self.write = lambda _data, _key: written.append(f"{name}, behind what waits")
        self.direct = lambda data: written.append(name) or len(data)


class Socket:
    """One that polls until it has a wire."""

    def __init__(self, name, written, *, polls=False):
        wire = None if polls else Wire(name, written)
        self.eio = SimpleNamespace(wire=wire, send=lambda _frame: written.append(f"{name}, slowly"))


def test_it_gives_in_the_order_in_which_they_came():
    audience, written = Audience(), []
    sockets = [Socket(name, written) for name in "dacb"]
    for socket in (*sockets, sockets[0]):
        audience.add(socket)
    audience.deliver(Frame("4"))
    assert written == ["d", "a", "c", "b"]


def test_it_gives_to_who_is_in_it_now():
    audience, written = Audience(), []
    stays, goes, comes = (Socket(name, written) for name in ("stays", "goes", "comes"))
    audience.add(stays)
    audience.add(goes)
    audience.deliver(Frame("4"))
    audience.discard(goes)
    audience.discard(goes)
    audience.add(comes)
    audience.deliver(Frame("4"))
    assert written == ["stays", "goes", "stays", "comes"]
    assert len(audience) == 2


def test_it_writes_behind_what_waits():
    audience, written = Audience(), []
    slow = Socket("slow", written)
    audience.add(slow)
    slow.eio.wire.direct = None
    audience.deliver(Frame("4"))
    assert written == ["slow, behind what waits"]


def test_it_writes_directly_to_one_that_polled_once_it_was_upgraded():
    audience, written = Audience(), []
    polls = Socket("polls", written, polls=True)
    audience.add(polls)
    audience.deliver(Frame("4"))
    polls.eio.wire = Wire("upgraded", written)
    for _ in range(3):
        audience.deliver(Frame("4"))
    assert written == ["polls, slowly", "polls, slowly", "upgraded", "upgraded"]
