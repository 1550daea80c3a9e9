"""HTTP to our own processes: one request, answered within seconds or not at all. Redirects are answers."""

import json
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 5.0  # seconds
_MOST = 1024 * 1024


class NoAnswer(Exception):
    """Nobody answers there; the message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """The body's JSON object; empty when it is none."""
        try:
            facts = json.loads(self.body)
        except ValueError:
            return {}
        return facts if isinstance(facts, dict) else {}


def ask(url: str, *, method: str = "GET", headers: dict[str, str] | None = None, body: str | None = None) -> Answer:
    """The answer to one request; NoAnswer when there is none in time."""
    parts = urlsplit(url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=PATIENCE)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read(_MOST))
    except (OSError, HTTPException) as error:
        raise NoAnswer(why(error)) from error
    finally:
        connection.close()


def why(error: Exception) -> str:
    """What a failed connection died of, in a few words."""
    if isinstance(error, TimeoutError):
        return f"nothing came within {PATIENCE:.0f} s"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
