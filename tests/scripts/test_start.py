"""The launcher keeps up what it started, and stops all of it, however it is told to and whoever does not listen."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.services import free_port

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
print("asleep")
time.sleep(0.5 if "brief" in sys.argv else 99)
"""
# What web and gateway have in common: each answers at its port that it can serve.
SERVER = """
import http.server, os, sys
import sign_in
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path in ("/ready", "/readyz") else 404)
        self.end_headers()
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ[sys.argv[1]])), Answer).serve_forever()
"""
WEB = "gunicorn --worker-class gthread --graceful-timeout 3 --no-control-socket --bind 127.0.0.1:0 hello:app"
SLEEP = "python sleeper.py"
SERVE_WEB, SERVE_GATEWAY = "python server.py WEB_PORT", "python server.py GATEWAY_PORT"

Launch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def ports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """The ports of web and gateway, in the settings that the launcher reads."""
    web, gateway = free_port(), free_port()
    settings = {
        "PASSLINE_ENV": "demo",
        "SECRET_KEY": "k" * 40,
        "DATABASE_URL": f"sqlite:///{tmp_path}/x.db",
        "WEB_PORT": str(web),
        "GATEWAY_PORT": str(gateway),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return web, gateway


@pytest.fixture
def launch(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Launch]:
    """A function that starts commands as `make run` does and waits until each of them is up."""
    launched: list[subprocess.Popen[str]] = []
    (tmp_path / "sign_in.py").write_text(SIGN_IN)
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} {LAUNCHER} {tmp_path}\n")

    def launch(wait: bool = True, **commands: str) -> subprocess.Popen[str]:
        (tmp_path / "Procfile").write_text("".join(f"{name}: {line}\n" for name, line in commands.items()))
        with (tmp_path / "said").open("w") as said:
            make = subprocess.Popen(
                ["make", "run"], cwd=tmp_path, stdout=said, stderr=said, text=True, start_new_session=True
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


def alive(folder: Path) -> list[int]:
    """The processes that signed in and have not ended."""
    return [int(file.name) for file in folder.glob("pids/*") if exists(int(file.name))]


def exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def said(folder: Path) -> str:
    """All that the launcher has printed so far."""
    return (folder / "said").read_text()


def signed_in(folder: Path, command: str) -> list[int]:
    """Those of the living whose command line ends in these words."""
    found = []
    for process in alive(folder):
        with suppress(FileNotFoundError):  # it has ended meanwhile
            line = Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            found += [process] if line.endswith(command) else []
    return found


def within(seconds: float, condition: Callable[[], bool]) -> float:
    """Wait until a condition holds; how long that took. Fails after so many seconds."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - start


@pytest.mark.parametrize(("number", "web"), [(signal.SIGINT, WEB), (signal.SIGTERM, SLEEP), (signal.SIGHUP, SLEEP)])
def test_it_stops_all_within_5_s_when_the_terminal_signals_the_group(launch: Launch, tmp_path: Path, number, web):
    make = launch(web=web, gateway=SLEEP)
    os.killpg(make.pid, number)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


def test_it_stops_all_when_make_alone_is_terminated(launch: Launch, tmp_path: Path):
    make = launch(gateway=SLEEP, worker=SLEEP)
    make.terminate()
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


def test_it_kills_who_does_not_listen_and_says_so(launch: Launch, tmp_path: Path):
    make = launch(gateway=SLEEP, worker=f"{SLEEP} deaf")
    os.killpg(make.pid, signal.SIGINT)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []
    assert "worker did not stop within 4 s: killed" in said(tmp_path)


def test_it_stops_the_others_when_one_never_comes_up_and_fails(launch: Launch, tmp_path: Path):
    make = launch(gateway=SLEEP, worker=f"{SLEEP} brief")
    within(30, lambda: make.poll() is not None)
    assert make.returncode == 2
    assert alive(tmp_path) == []
    pauses = re.findall(r"worker ended by itself \(code 0\): starting it again in (\d+) s", said(tmp_path))
    assert pauses == ["1", "2"]
    assert "worker ended by itself (code 0) and has never come up: stopping the others" in said(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads which process is which from Linux's /proc")
def test_it_starts_one_again_that_is_killed_and_leaves_the_others(launch: Launch, tmp_path: Path, ports):
    make = launch(web=SERVE_WEB, gateway=SERVE_GATEWAY, worker=SLEEP)
    within(20, lambda: f"Ready: http://localhost:{ports[0]}\n" in said(tmp_path))
    others = {*signed_in(tmp_path, "WEB_PORT"), *signed_in(tmp_path, "sleeper.py")}
    for _ in range(2):
        (gateway,) = signed_in(tmp_path, "GATEWAY_PORT")
        os.kill(gateway, signal.SIGKILL)
        within(30, lambda old=gateway: signed_in(tmp_path, "GATEWAY_PORT") not in ([], [old]))
    assert others < set(alive(tmp_path))
    assert said(tmp_path).count("gateway ended by itself (killed by SIGKILL): starting it again in") == 2
    os.killpg(make.pid, signal.SIGINT)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


def test_it_says_the_address_last(launch: Launch, tmp_path: Path, ports):
    (tmp_path / "slow.py").write_text(f"import time; time.sleep(1)\n{SLEEPER}")
    launch(web=SERVE_WEB, gateway=SERVE_GATEWAY, worker="python slow.py", wait=False)
    within(30, lambda: "Ready:" in said(tmp_path))
    asleep, ready = (line for line in said(tmp_path).splitlines() if "asleep" in line or "Ready" in line)
    assert asleep.endswith("asleep")
    assert ready.endswith(f"Ready: http://localhost:{ports[0]}")


def test_it_waits_longer_each_time_until_one_ran_for_a_minute(monkeypatch):
    monkeypatch.syspath_prepend(LAUNCHER.parent)
    import start

    program = start.Program("a command", has_come_up=True)
    assert [program.ended(now=59) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert program.ended(now=60) == 1


def test_it_stops_while_one_waits_to_be_started_again(launch: Launch, tmp_path: Path):
    make = launch(gateway=SLEEP, worker=f"{SLEEP} brief")
    within(20, lambda: "starting it again in 2 s" in said(tmp_path))
    os.killpg(make.pid, signal.SIGINT)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


def test_it_names_the_ports_that_are_taken_and_starts_nothing(launch: Launch, tmp_path: Path, ports):
    web, gateway = ports
    with socket.create_server(("127.0.0.1", web)):
        make = launch(web=SERVE_WEB, gateway=SERVE_GATEWAY, wait=False)
        within(20, lambda: make.poll() is not None)
    advice = re.search(rf"Port {web} is taken: WEB_PORT=(\d+) GATEWAY_PORT=(\d+) make run\n", said(tmp_path))
    assert advice is not None, said(tmp_path)
    assert int(advice[1]) - web == int(advice[2]) - gateway > 0
    assert not (tmp_path / "pids").exists()


def test_it_looks_at_the_simulators_port_as_well(launch: Launch, tmp_path: Path, ports, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setenv("SIMULATOR_PORT", str(taken))
        make = launch(web=SERVE_WEB, simulator="python server.py SIMULATOR_PORT", wait=False)
        within(20, lambda: make.poll() is not None)
    assert re.search(rf"Port {taken} is taken: WEB_PORT=\d+ SIMULATOR_PORT=\d+ make run\n", said(tmp_path))


def test_it_names_the_settings_that_are_wrong_and_starts_nothing(launch: Launch, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("WEB_PORT", "x")
    make = launch(worker=SLEEP, wait=False)
    within(20, lambda: make.poll() is not None)
    assert "Passline cannot start:\nWEB_PORT: 'x'" in said(tmp_path)
    assert not (tmp_path / "pids").exists()


@pytest.mark.parametrize("after", [0.1, 0.3, 0.6])
def test_it_leaves_nobody_when_interrupted_while_it_starts(launch: Launch, tmp_path: Path, after: float):
    make = launch(web=WEB, worker=SLEEP, wait=False)
    time.sleep(after)
    os.killpg(make.pid, signal.SIGINT)
    within(5, lambda: make.poll() is not None)
    assert alive(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
def test_it_leaves_nobody_when_it_is_killed_itself(launch: Launch, tmp_path: Path):
    make = launch(web=WEB, worker=SLEEP)
    launcher = subprocess.run(["pgrep", "-P", str(make.pid)], capture_output=True, text=True, check=True)
    os.kill(int(launcher.stdout), signal.SIGKILL)
    within(5, lambda: alive(tmp_path) == [])


def test_it_prefers_the_environment_to_the_env_file(launch: Launch, tmp_path: Path, monkeypatch):
    (tmp_path / ".env").write_text("SEASON=winter\nPLATE='hot one'\n")
    monkeypatch.setenv("SEASON", "summer")
    launch(worker="""python -c "import os, sign_in; print(os.environ['SEASON'], os.environ['PLATE'])" """, wait=False)
    within(10, lambda: "summer hot one" in said(tmp_path))
