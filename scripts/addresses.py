"""Where web, gateway and the demo's simulator listen: whether that is free before they start, and when they answer."""

import errno
import socket
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

# A script's own folder is all that Python looks into.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.config import Config

ASK_EVERY = 0.2  # seconds
STEP = 10  # how far away a free port is looked for


@dataclass(frozen=True)
class Address:
    """Where a process listens, and the page there that says that it can serve."""

    setting: str
    host: str
    port: int
    page: str

    @property
    def is_taken(self) -> bool:
        """Whether somebody listens there. What else may be wrong with an address, its process says better."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                return error.errno == errno.EADDRINUSE
        return False

    def moved(self, by: int) -> "Address":
        return Address(self.setting, self.host, self.port + by, self.page)

    def await_answer(self) -> None:
        """Return when the process there says that it can serve, however long that takes."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (where to ask, not listen)
        while True:
            connection = HTTPConnection(host, self.port, timeout=5)
            try:
                connection.request("GET", self.page)
                if connection.getresponse().status == 200:
                    return
            except (OSError, HTTPException):
                pass  # nobody listens yet, or it ended meanwhile
            finally:
                connection.close()
            time.sleep(ASK_EVERY)


def of(config: Config, arguments_of_gunicorn: str) -> dict[str, Address]:
    """The addresses by the names of their processes. Of a web process that binds elsewhere nothing is known."""
    found = {"gateway": Address("GATEWAY_PORT", config.listen_host, config.gateway_port, "/ready")}
    if config.env == "demo":
        found["simulator"] = Address("SIMULATOR_PORT", "127.0.0.1", config.simulator_port, "/healthz")
    if "--bind" in arguments_of_gunicorn or "-b " in arguments_of_gunicorn:
        return found
    return {"web": Address("WEB_PORT", config.listen_host, config.web_port, "/readyz"), **found}


def why_taken(addresses: dict[str, Address], command: str) -> str | None:
    """The sentence that names the ports that are taken, with the settings that make `command` work; or None."""
    taken = [address.port for address in addresses.values() if address.is_taken]
    if not taken:
        return None
    by = next(by for by in range(STEP, 60_000, STEP) if not any(a.moved(by).is_taken for a in addresses.values()))
    settings = " ".join(f"{address.setting}={address.port + by}" for address in addresses.values())
    are = f"Port {taken[0]} is" if len(taken) == 1 else f"Ports {' and '.join(map(str, taken))} are"
    return f"{are} taken: {settings} {command}"
