"""Starts the processes of the Procfile together and stops them together, within 5 s and without orphans.

honcho reads the Procfile and prints the lines. Starting and stopping are done here, because honcho's own loop
(2.0) leaves processes behind: it does not know SIGHUP (a closed terminal window), it fails on a signal that
comes while it starts, and it counts its 5 s from the first process that ended, not from the signal.

Each process leads a session of its own, so that a Ctrl-C of the terminal reaches this one alone, which then
asks each of them once with SIGTERM. When one ends by itself, the others are stopped as well.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

from dotenv import dotenv_values
from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 4.0  # seconds between SIGTERM and SIGKILL
PR_SET_PDEATHSIG = 1

Print = Callable[[str, str], None]


def die_with_parent() -> None:
    """In the child: ask Linux for a SIGTERM should this launcher be killed. Elsewhere nobody can be asked."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["/bin/sh", "-c", f"exec {command}"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def relay(name: str, process: subprocess.Popen[str], say: Print) -> None:
    """Print what a process and its children say, until all of them have closed the pipe."""
    assert process.stdout is not None
    for line in process.stdout:
        say(name, line)


def watch(name: str, process: subprocess.Popen[str], ended: Callable[[str], None]) -> None:
    """Tell when a process has ended, though a child of it may still hold the pipe open."""
    process.wait()
    ended(name)


def stop(processes: dict[str, subprocess.Popen[str]], say: Print) -> None:
    """SIGTERM to everyone's process group, SIGKILL to what is left after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    signal_groups(processes, signal.SIGTERM)
    while any(p.poll() is None for p in processes.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for name, process in processes.items():
        if process.poll() is None:
            say("system", f"{name} did not stop within {PATIENCE:.0f} s: killed\n")
    # Also where the leader has ended: a child of its own may be left in the group.
    signal_groups(processes, signal.SIGKILL)


def signal_groups(processes: dict[str, subprocess.Popen[str]], number: signal.Signals) -> None:
    for process in processes.values():
        try:
            os.killpg(process.pid, number)
        except (ProcessLookupError, PermissionError):
            continue  # the whole group has ended (macOS says EPERM of one that only holds zombies)


def printer_for(names: list[str]) -> Print:
    """A function that prints a line with the name of its process, in the colour of that name."""
    printer = Printer(sys.stdout, width=max(map(len, [*names, "system"])))
    colours = dict(zip(names, get_colours(), strict=False))
    lock = threading.Lock()

    def say(name: str, line: str) -> None:
        with lock:
            printer.write(Message("line", line, datetime.now().astimezone(), name, colours.get(name)))

    return say


def in_background(target: Callable[..., None], *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def environment_of(folder: Path) -> dict[str, str]:
    """What the processes see: `.env` under this environment, and first of all the programs beside this Python."""
    from_file = {name: value for name, value in dotenv_values(folder / ".env").items() if value is not None}
    environment = {"PYTHONUNBUFFERED": "1", **from_file, **os.environ}
    own_programs = Path(sys.executable).parent
    environment["PATH"] = f"{own_programs}{os.pathsep}{environment.get('PATH', os.defpath)}"
    return environment


def main(folder: Path) -> int:
    """Run the Procfile of a folder until a signal comes (returns 0) or a process ends (returns 1)."""
    happened: SimpleQueue[str | signal.Signals] = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: happened.put(signal.Signals(received)))

    commands = parse_procfile((folder / "Procfile").read_text()).processes
    environment = environment_of(folder)
    say = printer_for(list(commands))
    processes = {name: start(command, folder, environment) for name, command in commands.items()}
    relays = [in_background(relay, name, process, say) for name, process in processes.items()]
    for name, process in processes.items():
        in_background(watch, name, process, happened.put)

    first = happened.get()
    if isinstance(first, signal.Signals):
        say("system", f"{first.name}: stopping {', '.join(processes)}\n")
    else:
        code = processes[first].returncode
        say("system", f"{first} ended by itself (code {code}): stopping the others\n")
    stop(processes, say)
    for thread in relays:
        thread.join(timeout=0.5)
    say("system", "all stopped\n")
    return 0 if isinstance(first, signal.Signals) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
