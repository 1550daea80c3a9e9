"""A real gateway: its own process, at a free port, on a test's database."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import requests

from app.config import Config
from tests.services import Server, end_with_parent

ROOT = Path(__file__).resolve().parents[2]


class Gateway(Server):
    """`python -m gateway`, started, stopped and mistreated like any other server."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.http = f"http://127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [sys.executable, "-m", "gateway"]

    def spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "PASSLINE_ENV": "test",
            "SECRET_KEY": self.config.secret_key,
            "DATABASE_URL": self.config.database_url,
            "ALLOWED_ORIGINS": ",".join(self.config.allowed_origins),
            "GATEWAY_PORT": str(self.port),
            "CONNECTIONS_PER_ADDRESS": str(self.config.connections_per_address),
            "CONNECTIONS_PER_PERSON": str(self.config.connections_per_person),
            **({"REDIS_URL": self.config.redis_url} if self.config.redis_url else {}),
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
        try:
            return self.get("/ready").status_code == 200
        except requests.RequestException:
            return False

    def remove(self) -> None:
        """Killed: how it stops in order has tests of its own."""
        self.kill()
        super().remove()

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(f"{self.http}{path}", timeout=5, **options)

    def reaches(self, n: int, timeout: float = 8) -> None:
        """Wait until everything up to place `n` was fanned out."""
        latest = monotonic() + timeout
        while int(self.get("/ready").json()["position"].partition("-")[2]) < n:
            assert monotonic() < latest, f"position {n} was not reached"
            sleep(0.01)

    def metric(self, name: str, **labels: str) -> float:
        """The value of one line of /metrics; 0 when it is not there yet."""
        wanted = f"passline_gateway_{name}"
        if labels:
            wanted += "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"
        for line in self.get("/metrics").text.splitlines():
            if line.startswith(f"{wanted} "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def send_signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def logged(self) -> str:
        return self.log.read_text(errors="replace")
