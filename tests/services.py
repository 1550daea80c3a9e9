"""Throwaway servers for tests, started from what the machine has: PostgreSQL, Redis, FreeRADIUS; and its Chromium.

Each server lives in a temporary folder, listens on 127.0.0.1 at a free port, and is gone after stop(). Should the
process that started it be killed, Linux stops the server too. Where a program is missing, why_not() says so in the
words that a skipped test prints.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
import redis
from psycopg import sql

START_WITHIN = 30.0  # seconds; a server that was killed first recovers
STOP_WITHIN = 10.0
PR_SET_PDEATHSIG = 1


class ServerDidNotStart(Exception):
    """The server did not come up; the message is the end of its log."""


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def program(name: str, *folders: str) -> Path | None:
    """Where a program lies: the highest version in the folders given, else the one in PATH."""
    found = [path for folder in folders for path in Path("/").glob(f"{folder.lstrip('/')}/{name}")]
    if found:
        return max(found, key=lambda path: [int(part) for part in path.parts if part.isdigit()])
    in_path = shutil.which(name)
    return Path(in_path) if in_path else None


def end_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A function for the child process, before it becomes the server."""

    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)

    return ask


class Server(ABC):
    """A server that we start, stop and mistreat. Subclasses say how it is called and when it answers."""

    stop_signal = signal.SIGTERM
    user: str | None = None  # who runs it when we are root; None: root

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"passline-{type(self).__name__.lower()}-"))
        self.process: subprocess.Popen[bytes] | None = None
        if self.user:
            shutil.chown(self.folder, self.user)

    @abstractmethod
    def command(self) -> list[str]: ...

    @abstractmethod
    def answers(self) -> bool: ...

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> Self:
        """Start and wait until it answers. The same data and port as before, if it ran before."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            self.process = self.spawn(self.command())
            while self.process.poll() is None and time.monotonic() < deadline:
                if self.answers():
                    return self
                time.sleep(0.02)
            # After a kill the old children may hold its memory for a moment: try again.
            self.kill()
            time.sleep(0.1)
        raise ServerDidNotStart("".join(self.log.read_text(errors="replace").splitlines(True)[-20:]))

    def stop(self) -> None:
        """Stop in order, keeping data and port for restart()."""
        if self.process is None:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def kill(self) -> None:
        """SIGKILL, as when the machine runs out of memory."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop it and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def spawn(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """Start the process; `options` of Popen beat these."""
        ours = {
            "cwd": self.folder,
            "user": self.user,
            "group": pwd.getpwnam(self.user).pw_gid if self.user else None,
            "extra_groups": [] if self.user else None,
            "start_new_session": True,  # a Ctrl-C is for pytest, which then stops us in order
            "preexec_fn": end_with_parent(self.stop_signal),
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **{**ours, **options})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class Postgres:
    """Databases on a PostgreSQL server that somebody started; `url` is the one of its first database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create_database(self, name: str = "test", template: str | None = None) -> str:
        """Make a database, empty or a copy of the one at the URL `template`; returns its URL for SQLAlchemy.

        Nobody may be connected to a template. The name gets a random tail.
        """
        name = f"{name[:40]}_{uuid.uuid4().hex[:8]}"
        source = template.rpartition("/")[2] if template else "template1"
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source)))
        return f"{self.url.rpartition('/')[0]}/{name}"

    def drop_database(self, url: str) -> None:
        """Drop a database of ours, throwing out whoever is connected."""
        name = sql.Identifier(url.rpartition("/")[2])
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url.replace("+psycopg", "", 1), autocommit=True) as connection:
            connection.execute(statement)


class PostgresServer(Server, Postgres):
    """A PostgreSQL of our own. `fsync=False` is faster and as good where no machine crashes."""

    stop_signal = signal.SIGINT  # its "fast" shutdown: does not wait for clients

    def __init__(self, *, fsync: bool = True, settings: dict[str, str] | None = None) -> None:
        self.user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        Server.__init__(self)
        Postgres.__init__(self, f"postgresql+psycopg://passline@127.0.0.1:{self.port}/postgres")
        self.settings = {
            "fsync": "on" if fsync else "off",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            "timezone": "UTC",
        } | (settings or {})
        self.make_cluster()

    @staticmethod
    @cache
    def programs() -> Path | None:
        """The folder of initdb and postgres."""
        initdb = program("initdb", "/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin")
        return initdb.resolve().parent if initdb else None

    @classmethod
    def why_not(cls) -> str | None:
        """Why there can be no PostgreSQL on this machine, or None."""
        if cls.programs() is None:
            return "PostgreSQL is not installed (initdb is neither in /usr/lib/postgresql/*/bin nor in PATH)"
        if os.geteuid() == 0 and "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            return "PostgreSQL refuses to run as root, and there is no user postgres to run it as"
        return None

    def make_cluster(self) -> None:
        programs = self.programs()
        assert programs, self.why_not()
        initdb = [str(programs / "initdb"), "--pgdata=data", "--username=passline", "--auth=trust", "--no-sync"]
        # A real collation, as in production: with C, indexes would serve searches that they do not serve there.
        collation = ["--encoding=UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en"]
        if self.spawn([*initdb, *collation]).wait() != 0:
            raise ServerDidNotStart(self.log.read_text(errors="replace"))

    def command(self) -> list[str]:
        options = [f"--{name}={value}" for name, value in self.settings.items()]
        return [f"{self.programs()}/postgres", "-D", "data", "-p", str(self.port), *options]

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url.replace("+psycopg", "", 1), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True


class RedisServer(Server):
    """A Redis of our own. `keep=True` writes its append-only file, so that data outlive a restart."""

    def __init__(self, *, keep: bool = False) -> None:
        super().__init__()
        self.keep = keep
        self.url = f"redis://127.0.0.1:{self.port}/0"

    @classmethod
    def why_not(cls) -> str | None:
        """Why there can be no Redis on this machine, or None."""
        return None if program("redis-server") else "Redis is not installed (redis-server is not in PATH)"

    def command(self) -> list[str]:
        keep = ["--appendonly", "yes" if self.keep else "no", "--save", ""]
        return ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), *keep]

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


class NginxServer(Server):
    """nginx with the reference configuration of deploy/, before web processes and gateways of ours."""

    def __init__(self, addresses: dict[str, str]) -> None:
        """`addresses`: what the configuration calls them (`gateway-1:5001`), and where they really are."""
        super().__init__()
        self.http = f"http://127.0.0.1:{self.port}"
        self.addresses = addresses | {"listen 80": f"listen 127.0.0.1:{self.port}"}

    @classmethod
    def why_not(cls) -> str | None:
        """Why there can be no nginx on this machine, or None."""
        return None if cls.binary() else "nginx is not installed (nginx is not in PATH)"

    @staticmethod
    def binary() -> Path | None:
        return program("nginx", "/usr/sbin")

    def command(self) -> list[str]:
        reference = (Path(__file__).parent.parent / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        for name, address in self.addresses.items():
            assert name in reference, name
            reference = reference.replace(name, address)
        settings = self.folder / "nginx.conf"
        folders = "".join(
            f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        settings.write_text(
            f"daemon off; master_process off; pid {self.folder}/pid; error_log stderr;\n"
            f"events {{ worker_connections 512; }}\nhttp {{ access_log off;\n{folders}{reference}\n}}\n"
        )
        return [str(self.binary()), "-c", str(settings), "-e", "stderr"]

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class FreeRadiusServer(Server):
    """FreeRADIUS with the configuration of deploy/, on a database of ours; its access points are this machine."""

    SECRET = "a secret of tests"

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self.accounting_port = free_port()
        self.environment = {
            "DATABASE_URL": database_url.replace("+psycopg", "", 1),
            "RADIUS_SECRET": self.SECRET,
            "RADIUS_ADDRESS": "127.0.0.1",
            "RADIUS_PORT": str(self.port),
            "RADIUS_ACCT_PORT": str(self.accounting_port),
            "RADIUS_RUN": str(self.folder),
        }
        reference = Path(__file__).parent.parent / "deploy" / "freeradius"
        self.configuration = shutil.copytree(reference, self.folder / "raddb")
        # It refuses to read what others may write, whatever the umask here.
        for path in (self.configuration, *self.configuration.rglob("*")):
            path.chmod(path.stat().st_mode & ~0o022)
        main = self.configuration / "radiusd.conf"
        assert "reject_delay = 1" in main.read_text(encoding="utf-8")
        main.write_text(main.read_text(encoding="utf-8").replace("reject_delay = 1", "reject_delay = 0"))

    @classmethod
    def why_not(cls) -> str | None:
        """Why there can be no FreeRADIUS on this machine, or None."""
        if cls.binary() is None:
            return "FreeRADIUS is not installed (freeradius is not in PATH)"
        if shutil.which("radclient") is None:
            return "FreeRADIUS's client tools are not installed (radclient is not in PATH)"
        if not list(Path("/usr/lib").glob("**/rlm_sql_postgresql.so")):
            return "FreeRADIUS's module for PostgreSQL is not installed"
        return None

    @staticmethod
    def binary() -> Path | None:
        return program("freeradius", "/usr/sbin") or program("radiusd", "/usr/sbin")

    def command(self) -> list[str]:
        settings = [f"{name}={value}" for name, value in self.environment.items()]
        # A folder of the system's administrator, which is not in everybody's PATH.
        path = f"PATH={os.environ['PATH']}:/usr/sbin"
        return ["env", *settings, path, str(self.configuration / "run")]

    def answers(self) -> bool:
        return self.ask("status", {"Message-Authenticator": "0x00"}, within=0.3) is not None

    def ask(self, kind: str, attributes: dict[str, object], *, within: float = 3) -> str | None:
        """What radclient prints of the answer to a packet (`auth`, `acct`, `status`); None when there was none."""
        packet = "".join(f'{name} = "{value}"\n' for name, value in attributes.items())
        packet = packet.replace('"0x00"', "0x00")
        port = self.accounting_port if kind == "acct" else self.port
        command = ["radclient", "-x", "-r", "1", "-t", str(within), f"127.0.0.1:{port}", kind, self.SECRET]
        told = subprocess.run(command, input=packet, capture_output=True, text=True).stdout
        return told[told.index("Received ") :] if "Received " in told else None


def chromium() -> Path | None:
    """The machine's Chromium, for browser tests and pictures."""
    return program("chromium-headless-shell") or program("chromium") or program("google-chrome")


def chromium_why_not() -> str | None:
    """Why there can be no browser test on this machine, or None."""
    found = chromium()
    if found is None:
        return "Chromium is not installed (chromium is not in PATH)"
    if b"/snap/bin" in found.read_bytes()[:512]:
        return "Ubuntu's Chromium is a snap, which browser tests cannot drive"
    return None
