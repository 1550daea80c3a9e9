"""The site as people reach it: a web process and a gateway of their own, on a test's database."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import requests

from tests.conftest import settings
from tests.gateway.process import Gateway
from tests.services import Server, end_with_parent, free_port

ROOT = Path(__file__).resolve().parents[2]


class Web(Server):
    """gunicorn with the project's own settings, started and stopped like any other server."""

    def __init__(self, database_url: str) -> None:
        super().__init__()
        self.http = f"http://localhost:{self.port}"
        self.gateway_port = free_port()
        self.database_url = database_url

    def command(self) -> list[str]:
        return [sys.executable, "-m", "gunicorn", "wsgi:app"]

    def spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PASSLINE_ENV": "test",
            "SECRET_KEY": settings(self.database_url).secret_key,
            "DATABASE_URL": self.database_url,
            "WEB_PORT": str(self.port),
            "GATEWAY_PORT": str(self.gateway_port),
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
        try:
            return requests.get(f"{self.http}/readyz", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def remove(self) -> None:
        self.kill()
        super().remove()


class Site:
    """Both processes. `http` is the address that a person opens."""

    def __init__(self, database_url: str) -> None:
        self.web = Web(database_url)
        self.http = self.web.http
        self.gateway = Gateway(settings(database_url, allowed_origins=(self.http,)))
        self.gateway.port = self.web.gateway_port
        self.gateway.http = f"http://127.0.0.1:{self.gateway.port}"

    def start(self) -> "Site":
        self.gateway.start()
        self.web.start()
        return self

    def remove(self) -> None:
        self.web.remove()
        self.gateway.remove()
