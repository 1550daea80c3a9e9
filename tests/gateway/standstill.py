"""Stopping a gateway with SIGSTOP, as a machine does that is starved or put to sleep."""

import signal
import time
from pathlib import Path

from app.extensions import atomic

from .process import Gateway


def freeze(gateway: Gateway) -> None:
    """Stop it while it writes nothing: stopped within a write it would keep SQLite's one write lock from everybody."""
    with atomic():
        gateway.send_signal(signal.SIGSTOP)
        # The signal is on its way when kill() returns: each of its threads stops at a moment of its own.
        deadline = time.monotonic() + 5
        while not _stands(gateway):
            assert time.monotonic() < deadline, "it does not stop"
            time.sleep(0.001)


def _stands(gateway: Gateway) -> bool:
    assert gateway.process is not None
    threads = Path(f"/proc/{gateway.process.pid}/task").glob("*/stat")
    return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


def thaw(gateway: Gateway) -> None:
    """Let it go on."""
    gateway.send_signal(signal.SIGCONT)
