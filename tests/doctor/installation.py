"""An installation as somebody runs it: web, gateway and worker with one set of settings, and others that differ."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import requests
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app.config import Config
from app.doctor import processes
from app.extensions import db
from app.factory import create_app
from tests.conftest import settings
from tests.services import Server, end_with_parent, free_port

ROOT = Path(__file__).resolve().parents[2]
_COMMANDS = {"web": ["gunicorn", "wsgi:app"], "gateway": ["gateway"], "worker": ["app.jobs"]}


class Process(Server):
    """One of the three, with these settings."""

    def __init__(self, kind: str, config: Config) -> None:
        super().__init__()
        self.kind = kind
        self.config = config

    def command(self) -> list[str]:
        return [sys.executable, "-m", *_COMMANDS[self.kind]]

    def spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PASSLINE_ENV": "test",
            "SECRET_KEY": self.config.secret_key,
            "DATABASE_URL": self.config.database_url,
            "WEB_PORT": str(self.config.web_port),
            "GATEWAY_PORT": str(self.config.gateway_port),
            "ALLOWED_ORIGINS": ",".join(self.config.allowed_origins),
            "PYTHONUNBUFFERED": "1",
        }
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(signal.SIGKILL),
            )

    def answers(self) -> bool:
        port, path = {
            "web": (self.config.web_port, "/readyz"),
            "gateway": (self.config.gateway_port, "/ready"),
            "worker": (0, ""),
        }[self.kind]
        if not port:
            return True  # it shows its life in its row alone
        try:
            return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def remove(self) -> None:
        self.kill()
        super().remove()


class Installation:
    """One database, its three processes, and the doctor beside them, in this process."""

    def __init__(self, database_url: str) -> None:
        web_port = free_port()
        self.config = settings(
            database_url,
            web_port=web_port,
            gateway_port=free_port(),
            allowed_origins=(f"http://localhost:{web_port}",),
        )
        self.app: Flask = create_app(self.config)
        with self.app.app_context():
            upgrade(str(ROOT / "migrations"))
        self.parts = {kind: Process(kind, self.config) for kind in _COMMANDS}
        self.others: list[Process] = []

    def complete(self) -> None:
        """Start what does not run, and wait until each of the three has shown its life here."""
        missing = [part for part in self.parts.values() if part.process is None]
        for part in missing:
            part.process = part.spawn(part.command())
        latest = monotonic() + 60
        while not all(part.answers() for part in self.parts.values()) or not self._all_live():
            assert monotonic() < latest, "\n".join(part.log.read_text() for part in missing)
            sleep(0.05)

    def _all_live(self) -> bool:
        with self.app.app_context():
            alive = processes.living()
        return all(alive.of(kind) for kind in _COMMANDS)

    def other(self, kind: str, **changes: object) -> Config:
        """The settings of one more process, which differs from the installation's in these."""
        config = replace(self.config, **{f"{kind}_port": free_port(), **changes})
        self.others.append(Process(kind, config).start())
        return config

    def other_gateway(self, **changes: object) -> str:
        """The address of one more gateway."""
        return f"http://localhost:{self.other('gateway', **changes).gateway_port}"

    def send_others_away(self) -> None:
        """Only the three are left, in the processes' table too."""
        for process in self.others:
            assert process.process is not None
            pid = process.process.pid
            process.remove()
            with self.app.app_context(), db.engine.begin() as connection:
                connection.execute(text("delete from processes where pid = :pid"), {"pid": pid})
        self.others.clear()

    def remove(self) -> None:
        for process in (*self.parts.values(), *self.others):
            process.remove()
        with self.app.app_context():
            db.engine.dispose()


class Report:
    """What the doctor said: its lines by link."""

    def __init__(self, output: str, exit_code: int) -> None:
        self.output = output
        self.exit_code = exit_code
        found = (re.match(r"(ok|wrong|cannot say) {2,}(.+?) {2,}(.*)", line) for line in output.splitlines())
        self.lines = {match[2]: match for match in found if match}

    def verdict(self, link: str) -> str:
        return self.lines[link][1]

    def says(self, link: str) -> str:
        """What is said of a link that is wrong, with its mend."""
        assert self.verdict(link) == "wrong", self.output
        assert " -> " in self.lines[link][3]
        return self.lines[link][3]

    def of_verdict(self, verdict: str) -> list[str]:
        return [link for link, match in self.lines.items() if match[1] == verdict]


def doctor(app: Flask, *words: str, typed: str = "", **changes: object) -> Report:
    """What `flask doctor` says, with the settings of `app` changed like this for once."""
    config = app.config["PASSLINE"]
    app.config["PASSLINE"] = replace(config, **changes)
    try:
        result = app.test_cli_runner().invoke(args=["doctor", *words], input=typed)
    finally:
        app.config["PASSLINE"] = config
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Report(result.output, result.exit_code)


def trace(app: Flask, number: str) -> Sequence[str]:
    """The lines of `flask events trace`."""
    result = app.test_cli_runner().invoke(args=["events", "trace", number])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()
