"""Guest Wi-Fi: what the queue does for one session, and what the schedule does for all of them."""

from collections.abc import Mapping
from typing import Any

from app.domain import wifi_sessions


def disconnect(payload: Mapping[str, Any]) -> None:
    """Have the access point end the session of `payload`; raises where it does not, to be tried again."""
    wifi_sessions.disconnect(payload["session"])


def check_expired() -> int:
    """Each minute: end what is due; how many passes and sessions ended."""
    return wifi_sessions.check_expired()


def sync_accounting() -> int:
    """Every five minutes: take in what accounting told; how many rows of it were new."""
    return wifi_sessions.sync_accounting()
