"""An installation as somebody runs it: web, gateway and worker with one set of settings, and others that differ."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from time import monotonic, sleep
from typing import TypeVar

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from app.config import ROOT
from app.doctor import processes
from app.extensions import db
from app.factory import create_app
from tests.conftest import settings
from tests.gateway.process import Gateway
from tests.processes import Process, Web, Worker
from tests.services import free_port

Part = TypeVar("Part", bound=Process)


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
        self.parts: dict[str, Process] = {
            "web": Web(self.config, web_port),
            "gateway": Gateway(self.config, self.config.gateway_port),
            "worker": Worker(self.config),
        }
        self.others: list[Process] = []

    def run(self, *kinds: str) -> None:
        """Have these processes alone, and wait until each of them has shown its life here, and the others are gone."""
        for kind, part in self.parts.items():
            if kind not in kinds:
                part.stop()
            elif part.process is None:
                part.process = part.spawn(part.command())
        latest = monotonic() + 60
        while not all(self.parts[kind].answers() for kind in kinds) or self._alive() != set(kinds):
            assert monotonic() < latest, "\n".join(self.parts[kind].logged() for kind in kinds)
            sleep(0.05)

    def _alive(self) -> set[str]:
        with self.app.app_context():
            return {row.kind for row in processes.living().rows}

    @cached_property
    def healthy(self) -> "Report":
        """What the doctor says while nothing is wrong."""
        self.run(*self.parts)
        with self.app.app_context():
            return doctor(self.app)

    def other(self, kind: type[Part], **changes: object) -> Part:
        """One more process, which differs from the installation's in these settings."""
        process = kind(replace(self.config, **changes)).start()
        self.others.append(process)
        return process

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
