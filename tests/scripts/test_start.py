"""The launcher stops all that it started, however it is told to and whoever does not listen."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parents[2] / "scripts" / "start.py"

# Whoever imports this leaves a file named after its process id.
SIGN_IN = """
import os, pathlib
pathlib.Path("pids").mkdir(exist_ok=True)
pathlib.Path("pids", str(os.getpid())).touch()
"""
HELLO = (
    SIGN_IN
    + """
def app(environ, start_response):
    start_response("200 OK", [])
    return []
"""
)
SLEEPER = """
import signal, sys, time
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
import sign_in
time.sleep(0.5 if "brief" in sys.argv else 99)
"""
WEB = "gunicorn --worker-class gthread --graceful-timeout 3 --no-control-socket --bind 127.0.0.1:0 hello:app"
SLEEP = "python sleeper.py"

Launch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """A function that starts commands as `make run` does and waits until each of them is up."""
    launched: list[subprocess.Popen[str]] = []
    (tmp_path / "sign_in.py").write_text(SIGN_IN)
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} {LAUNCHER} {tmp_path}\n")

    def launch(wait: bool = True, **commands: str) -> subprocess.Popen[str]:
        (tmp_path / "Procfile").write_text("".join(f"{name}: {line}\n" for name, line in commands.items()))
        make = subprocess.Popen(
            ["make", "run"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        launched.append(make)
        within(10, lambda: not wait or len(alive(tmp_path)) == len(commands))
        return make

    yield launch
    for process in alive(tmp_path):
        os.kill(process, signal.SIGKILL)
    for make in launched:
        make.kill()
        make.wait()
        assert make.stdout is not None
        make.stdout.close()


def alive(folder: Path) -> list[int]:
    """The processes that signed in and have not ended."""
    return [int(file.name) for file in folder.glob("pids/*") if exists(int(file.name))]


def exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def within(seconds: float, condition: Callable[[], bool]) -> float:
    """Wait until a condition holds; how long that took. Fails after so many seconds."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_stops_all_within_5_s_when_the_terminal_signals_the_group(launch: Launch, tmp_path: Path, number):
    make = launch(web=WEB, gateway=SLEEP, worker=SLEEP)
    os.killpg(make.pid, number)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


def test_it_stops_all_when_make_alone_is_terminated(launch: Launch, tmp_path: Path):
    make = launch(web=WEB, gateway=SLEEP, worker=SLEEP)
    make.terminate()
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


def test_it_kills_who_does_not_listen_and_says_so(launch: Launch, tmp_path: Path):
    make = launch(gateway=SLEEP, worker=f"{SLEEP} deaf")
    os.killpg(make.pid, signal.SIGINT)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []
    assert "worker did not stop within 4 s: killed" in make.communicate()[0]


def test_it_stops_the_others_when_one_ends_and_fails(launch: Launch, tmp_path: Path):
    make = launch(gateway=SLEEP, worker=f"{SLEEP} brief")
    within(5, lambda: make.poll() is not None)
    assert make.returncode == 2
    assert alive(tmp_path) == []
    assert "worker ended by itself (code 0)" in make.communicate()[0]


@pytest.mark.parametrize("after", [0.1, 0.2, 0.3, 0.4])
def test_it_leaves_nobody_when_interrupted_while_it_starts(launch: Launch, tmp_path: Path, after: float):
    make = launch(web=WEB, gateway=SLEEP, worker=SLEEP, wait=False)
    time.sleep(after)
    os.killpg(make.pid, signal.SIGINT)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_it_leaves_nobody_when_it_is_killed_itself(launch: Launch, tmp_path: Path):
    make = launch(web=WEB, gateway=SLEEP, worker=SLEEP)
    launcher = subprocess.run(["pgrep", "-P", str(make.pid)], capture_output=True, text=True, check=True)
    os.kill(int(launcher.stdout), signal.SIGKILL)
    within(5, lambda: alive(tmp_path) == [])


def test_it_prefers_the_environment_to_the_env_file(launch: Launch, tmp_path: Path, monkeypatch):
    (tmp_path / ".env").write_text("SEASON=winter\nPLATE='hot one'\n")
    monkeypatch.setenv("SEASON", "summer")
    make = launch(
        worker="""python -c "import os, sign_in; print(os.environ['SEASON'], os.environ['PLATE'])" """, wait=False
    )
    assert "summer hot one" in make.communicate(timeout=10)[0]
