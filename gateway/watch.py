"""Waits until a file is written to, as the kernel tells it (inotify): nothing has to be asked again and again.

For the one real thread that follows the log on SQLite. The kernel tells of the write; that it is committed, and can be
read, comes a moment later. Where there is no inotify, waiting is sleeping a little.
"""

import ctypes
import os
from pathlib import Path
from typing import Protocol

import structlog
from gevent import monkey

# Milliseconds-long sleeps cost as much CPU as they find out: this often where the kernel tells nothing.
TICK = 0.003
_MODIFY = 0x2
_EVENTS = 64 * 1024
# The thread is a real one: the patched calls would make it a hub of its own.
_sleep = monkey.get_original("time", "sleep")
_poll = monkey.get_original("select", "poll")

_log = structlog.get_logger(__name__)


class Watch(Protocol):
    """Somebody who waits."""

    def wait(self, seconds: float) -> bool:
        """Return when the file was written to, and after so long at the latest; whether it is known to have been."""

    def close(self) -> None:
        """End it."""


class Inotify:
    """The kernel's. OSError when it refuses, AttributeError where it is another kernel."""

    def __init__(self, path: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0 or libc.inotify_add_watch(self._descriptor, os.fsencode(path), _MODIFY) < 0:
            error = OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            self.close()
            raise error
        self._poll = _poll()
        self._poll.register(self._descriptor)

    def wait(self, seconds: float) -> bool:
        """What was told before counts too."""
        if not self._poll.poll(seconds * 1000):
            return False
        os.read(self._descriptor, _EVENTS)
        return True

    def close(self) -> None:
        """Give the descriptor back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)


class Ticks:
    """Without the kernel's help: it was perhaps written to."""

    def wait(self, seconds: float) -> bool:
        """Never for long."""
        _sleep(min(seconds, TICK))
        return False

    def close(self) -> None:
        """Nothing is held."""


def watch(path: Path) -> Watch:
    """The best there is here for this file."""
    try:
        return Inotify(path)
    except (OSError, AttributeError) as error:
        _log.info("watch.ticks", path=str(path), error=str(error))
        return Ticks()
