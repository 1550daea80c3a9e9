"""What the kernel tells about a process: the CPU time of all its threads, its memory, its descriptors (Linux)."""

import ctypes
import os
import resource
import time
from contextlib import suppress
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its threads, also of those that ended; as /proc/<pid>/stat, but finer."""
    clock = ctypes.c_int()
    if error := _libc.clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(error, os.strerror(error))
    return time.clock_gettime(clock.value)


def tree_cpu_seconds(pid: int) -> float:
    """User and system time of the process, of its children, and of those children that it has seen end."""
    living = 0.0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        # One that ends now is found among those that ended.
        with suppress(FileNotFoundError, ProcessLookupError):
            living += _times(int(child))[0]
    own, ended = _times(pid)
    return living + own + ended


def _times(pid: int) -> tuple[float, float]:
    """Seconds of the process itself, and of its children that have ended (proc(5), stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    user, system, user_of_ended, system_of_ended = (int(ticks) / os.sysconf("SC_CLK_TCK") for ticks in fields[11:15])
    return user + system, user_of_ended + system_of_ended


def resident_bytes(pid: int) -> int:
    """What it holds in memory now."""
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def descriptors(pid: int, *, but: str = "") -> int:
    """How many files and sockets it has open, those left out whose path begins with `but`."""
    count = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # One that is closed meanwhile counts no more.
        with suppress(FileNotFoundError):
            count += not (but and os.readlink(descriptor).startswith(but))
    return count


def allow_descriptors(count: int) -> int:
    """Let this process, and those that it starts from now on, open `count` files; returns how many it may open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return soft
    try:
        # Only root may raise the hard limit.
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, hard)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        return hard
    return count
