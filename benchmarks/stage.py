"""A stage for a benchmark: a database with a cast, and real processes of ours on ephemeral ports."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import Flask
from flask_migrate import upgrade

from app.config import Config
from app.factory import create_app
from tests.services import PostgresServer, free_port

from .machine import SERVER_CORE, keep_on

ROOT = Path(__file__).resolve().parent.parent
DATABASES = ("SQLite", "PostgreSQL")
KEY = "a key for benchmarks alone, of forty letters"


@dataclass
class Stage:
    """A migrated database, the application on it in this process, and a way to start servers that end with it."""

    database: str
    url: str
    app: Flask
    closing: ExitStack
    postgres: PostgresServer | None = None

    def serve(self, *command: str, path: str, core: int = SERVER_CORE, **environment: str) -> int:
        """Start a Python module as a server on one core; returns its port (`{port}`) once `path` answers."""
        port = free_port()
        module = [sys.executable, "-m", *(part.format(port=port) for part in command)]
        self.start(module, port, path=path, core=core, GATEWAY_PORT=str(port), **environment)
        return port

    def start(
        self, command: list[str], port: int, *, path: str, core: int = SERVER_CORE, **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start a server on one core, with our settings and a pipe to its stdin; returns once `path` answers."""
        errors = self.closing.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (the stack closes it)
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={
                **os.environ,
                "PASSLINE_ENV": "test",
                "SECRET_KEY": KEY,
                "DATABASE_URL": self.url,
                "LOG_LEVEL": "ERROR",
                **environment,
            },
            stdin=subprocess.PIPE,
            stderr=errors,
            preexec_fn=keep_on(core),
        )
        name = next(Path(part).name for part in command[1:] if part != "-m")
        self.closing.callback(_close, process, name, errors)
        _wait_for(f"http://127.0.0.1:{port}{path}", process)
        return process


@contextmanager
def stage(database: str, **settings: str) -> Iterator[Stage]:
    """A stage on one of DATABASES, PostgreSQL with these settings; everything it started ends with the block."""
    with ExitStack() as closing:
        postgres = None
        if database == "SQLite":
            folder = closing.enter_context(tempfile.TemporaryDirectory(prefix="passline-bench-"))
            url = f"sqlite:///{folder}/bench.db"
        else:
            postgres = closing.enter_context(PostgresServer(settings=settings))
            url = postgres.create_database("bench")
        app = create_app(Config(env="test", secret_key=KEY, database_url=url, log_level="ERROR"))
        with app.app_context():
            upgrade(str(ROOT / "migrations"))
            yield Stage(database, url, app, closing, postgres)


def end(process: subprocess.Popen[bytes]) -> None:
    """Stop a server, in order if it will; once more does no harm."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close(process: subprocess.Popen[bytes], name: str, errors: IO[bytes]) -> None:
    """End a server. What it complained about becomes one line: a table is to be read, and many may be turned away."""
    if process.poll() not in (None, -signal.SIGKILL):
        sys.stderr.write(f"\n  {name} had ended by itself: {process.returncode}\n")
    end(process)
    errors.seek(0)
    if lines := [line for line in errors.read().decode(errors="replace").splitlines() if line.strip()]:
        sys.stderr.write(f"\n  {name} wrote {len(lines):,} lines of errors; the last: {lines[-1][:200]}\n")
        if folder := os.environ.get("BENCH_ERRORS"):
            (Path(folder) / f"{name}.{time.time():.0f}").write_text("\n".join(lines), encoding="utf-8")


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise RuntimeError(f"{url} does not answer")
