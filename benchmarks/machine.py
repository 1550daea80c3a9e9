"""What the figures were measured on, and how a server is kept on one core and its load on the other."""

import os
import platform
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.services import end_with_parent

EVERY_CORE = frozenset(os.sched_getaffinity(0))
SERVER_CORE = min(EVERY_CORE)
LOAD_CORE = max(EVERY_CORE)


def described() -> str:
    """One line for above the table."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}\n"
    )


def keep_on(core: int) -> Callable[[], None]:
    """A function for a child process: run on this core alone, and end with the benchmark, however that ends."""
    end_with_us = end_with_parent(signal.SIGKILL)

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        end_with_us()

    return prepare
