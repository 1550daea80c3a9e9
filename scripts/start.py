"""Starts the processes of the Procfile together, starts again who ends, and stops all within 5 s without orphans.

honcho reads the Procfile and prints the lines. Starting and stopping are done here, because honcho's own loop
(2.0) leaves processes behind: it does not know SIGHUP (a closed terminal window), it fails on a signal that
comes while it starts, and it counts its 5 s from the first process that ended, not from the signal.

Each process leads a session of its own, so that a Ctrl-C of the terminal reaches this one alone, which then
asks each of them once with SIGTERM. One that ends by itself is started again, after 1 s, 2 s, 4 s, at most 30 s; the
others go on. Only when one never comes up at all are the others stopped as well.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

import addresses  # which also lets us import what lies beside this folder
from addresses import Address
from dotenv import dotenv_values
from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from app.config import Config, ConfigError

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 4.0  # seconds between SIGTERM and SIGKILL
PR_SET_PDEATHSIG = 1

LONGEST_PAUSE = 30.0  # seconds before a process is started again
STEADY = 60.0  # who ran for so many seconds begins with the shortest pause again
UP = 10.0  # who ran for so many seconds, or answered, has come up
CHANCES = 3  # how often one that has never come up may end

Print = Callable[[str, str], None]


@dataclass(frozen=True)
class Ended:
    name: str


@dataclass(frozen=True)
class Answered:
    name: str


@dataclass(frozen=True)
class Spoke:
    """It said its first line; or for UP seconds nothing, which some settings make it do."""

    name: str


Event = Ended | Answered | Spoke | signal.Signals
Happened = SimpleQueue[Event]


@dataclass
class Program:
    """A line of the Procfile, and how the processes that ran it have fared."""

    command: str
    process: subprocess.Popen[str] | None = None
    began: float = 0.0  # by the monotonic clock, like `due`
    ends: int = 0  # so many in a row, none after a steady run
    has_come_up: bool = False
    due: float | None = None  # when it is to be started again

    def ended(self, now: float) -> float | None:
        """Note that its process ended; the seconds until the next one, or None where there is no hope."""
        ran = now - self.began
        self.process = None
        self.has_come_up = self.has_come_up or ran >= UP
        self.ends = 1 if ran >= STEADY else self.ends + 1
        if not self.has_come_up and self.ends >= CHANCES:
            return None
        pause = min(2.0 ** (self.ends - 1), LONGEST_PAUSE)
        self.due = now + pause
        return pause


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


def relay(name: str, process: subprocess.Popen[str], say: Print, happened: Happened) -> None:
    """Print what a process and its children say, until all of them have closed the pipe."""
    assert process.stdout is not None
    for number, line in enumerate(process.stdout):
        say(name, line)
        if number == 0:
            happened.put(Spoke(name))


def watch(name: str, process: subprocess.Popen[str], happened: Happened) -> None:
    """Tell when a process has ended, though a child of it may still hold the pipe open."""
    process.wait()
    happened.put(Ended(name))


def ask(name: str, address: Address, happened: Happened) -> None:
    """Tell when a process answers for the first time."""
    address.await_answer()
    happened.put(Answered(name))


def presume(name: str, happened: Happened) -> None:
    """Count a process that cannot be asked as ready after a while, though it says nothing."""
    time.sleep(UP)
    happened.put(Spoke(name))


def stop(processes: dict[str, subprocess.Popen[str]], say: Print) -> None:
    """SIGTERM to everyone's process group, SIGKILL to what is left after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    for process in processes.values():
        signal_group(process, signal.SIGTERM)
    while any(p.poll() is None for p in processes.values()) and time.monotonic() < deadline:
        time.sleep(0.05)
    for name, process in processes.items():
        if process.poll() is None:
            say("system", f"{name} did not stop within {PATIENCE:.0f} s: killed\n")
        # Also where the leader has ended: a child of its own may be left in the group.
        signal_group(process, signal.SIGKILL)


def signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    # Refused where the whole group has ended (macOS says EPERM of one that only holds zombies).
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


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


def commands_of(folder: Path, environment: dict[str, str]) -> dict[str, str]:
    """The lines of the Procfile; in the demo also those of Procfile.demo, if there is one."""
    files = [folder / "Procfile"]
    if environment.get("PASSLINE_ENV") == "demo":
        files.append(folder / "Procfile.demo")
    return {
        name: command
        for file in files
        if file.exists() or file == files[0]
        for name, command in parse_procfile(file.read_text()).processes.items()
    }


class Launcher:
    """The programs of one Procfile, together."""

    def __init__(self, folder: Path, environment: dict[str, str], happened: Happened) -> None:
        commands = commands_of(folder, environment)
        self.folder = folder
        self.environment = environment
        self.happened = happened
        self.programs = {name: Program(command) for name, command in commands.items()}
        self.say = printer_for(list(commands))
        self.relays: dict[str, threading.Thread] = {}
        self.unready = set(self.programs)

    def start(self, name: str) -> None:
        program = self.programs[name]
        program.due, program.began = None, time.monotonic()
        program.process = start(program.command, self.folder, self.environment)
        self.relays[name] = in_background(relay, name, program.process, self.say, self.happened)
        in_background(watch, name, program.process, self.happened)

    def run(self, places: dict[str, Address]) -> int:
        """Start all and keep them up until a signal comes (returns 0) or one never comes up (returns 1)."""
        for name in self.programs:
            self.start(name)
        for name in self.programs:
            if name in places:
                in_background(ask, name, places[name], self.happened)
            else:
                in_background(presume, name, self.happened)
        while True:
            match self.next_event():
                case Ended(name):
                    if not self.goes_on_after(name):
                        return 1
                case Answered(name):
                    self.programs[name].has_come_up = True
                    self.note_ready(name, places)
                case Spoke(name):
                    # Of one that can be asked, its answer counts.
                    if name not in places:
                        self.note_ready(name, places)
                case signal.Signals() as number:
                    self.say("system", f"{number.name}: stopping {', '.join(self.programs)}\n")
                    return 0

    def note_ready(self, name: str, places: dict[str, Address]) -> None:
        """With the last one, say where: after the lines of their start, so that the address stays on the screen."""
        was_unready = bool(self.unready)
        self.unready.discard(name)
        if was_unready and not self.unready and "web" in places:
            self.say("system", f"Ready: http://localhost:{places['web'].port}\n")

    def next_event(self) -> Event:
        """Wait for what happens next; start meanwhile whose pause is over."""
        while True:
            due = {name: program.due for name, program in self.programs.items() if program.due is not None}
            try:
                wait = max(0.0, min(due.values()) - time.monotonic()) if due else None
                return self.happened.get(timeout=wait)
            except Empty:
                self.start(min(due, key=due.__getitem__))

    def goes_on_after(self, name: str) -> bool:
        """Say that a program ended and what comes of it; False where nothing but its end does."""
        program = self.programs[name]
        assert program.process is not None
        # Children of one that was killed may hold its port.
        signal_group(program.process, signal.SIGKILL)
        how = manner(program.process.returncode)
        pause = program.ended(time.monotonic())
        if pause is None:
            self.say("system", f"{name} ended by itself ({how}) and has never come up: stopping the others\n")
            return False
        self.say("system", f"{name} ended by itself ({how}): starting it again in {pause:.0f} s\n")
        return True

    def stop(self) -> None:
        stop({name: program.process for name, program in self.programs.items() if program.process}, self.say)
        for thread in self.relays.values():
            thread.join(timeout=0.5)
        self.say("system", "all stopped\n")


def manner(code: int) -> str:
    """How a process ended, in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def main(folder: Path) -> int:
    """Run the Procfile of a folder; the exit code says whether that went well until a signal came."""
    happened: Happened = SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: happened.put(signal.Signals(received)))

    environment = environment_of(folder)
    try:
        config = Config.from_env(environment)
    except ConfigError as error:
        sys.exit(f"Passline cannot start:\n{error}")
    launcher = Launcher(folder, environment, happened)
    places = addresses.of(config, environment.get("GUNICORN_CMD_ARGS", ""))
    places = {name: address for name, address in places.items() if name in launcher.programs}
    taken = addresses.why_taken(places, "make run" if config.env == "demo" else "python scripts/start.py")
    if taken:
        sys.exit(taken)
    code = launcher.run(places)
    launcher.stop()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
