"""A real gateway: its own process, at a free port, on a test's database."""

from time import monotonic, sleep
from typing import Any

import requests

from app.config import ROOT
from tests.processes import Process

__all__ = ["ROOT", "Gateway"]


class Gateway(Process):
    """`python -m gateway`, and what it says of itself."""

    module = ("gateway",)
    listens_at = "gateway_port"
    ready_at = "/ready"

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
