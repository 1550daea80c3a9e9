"""What a gateway tells about itself: its place in the log, and the numbers of /metrics, as far as it has them."""

import json
import urllib.request


def position(port: int) -> str | None:
    """Up to where it has fanned out the log."""
    place = json.loads(_get(port, "/ready"))["position"]
    return str(place) if place else None


def number(port: int, name: str) -> float | None:
    """The sum of all lines of one metric, by its name without prefix; None when this gateway does not tell it."""
    full = f"passline_gateway_{name}"
    found = [
        float(line.rpartition(" ")[2])
        for line in _get(port, "/metrics").decode().splitlines()
        if line.startswith((f"{full} ", f"{full}{{"))
    ]
    return sum(found) if found else None


def _get(port: int, path: str) -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        body: bytes = answer.read()
    return body
