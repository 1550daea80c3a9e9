"""Stopping a gateway with SIGSTOP, as a machine does that is starved or put to sleep."""

import signal

from app.extensions import atomic

from .process import Gateway


def freeze(gateway: Gateway) -> None:
    """Stop it while it writes nothing: stopped within a write it would keep SQLite's one write lock from everybody."""
    with atomic():
        gateway.send_signal(signal.SIGSTOP)


def thaw(gateway: Gateway) -> None:
    """Let it go on."""
    gateway.send_signal(signal.SIGCONT)
