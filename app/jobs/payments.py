"""Payments in the background: a callback that was kept is acted on, and M-Pesa is asked about it or a prompt."""

from collections.abc import Mapping
from typing import Any

from app.domain import payment_messages


def process(payload: Mapping[str, Any]) -> None:
    """Act on the callback `{message}`; run again, it changes nothing."""
    payment_messages.process(payload["message"])


def query(payload: Mapping[str, Any]) -> None:
    """Ask about `{payment}`. No answer is no failure: payment_deadlines.py asks again by its own clock."""
    payment_messages.ask(payload["payment"])


def verify(payload: Mapping[str, Any]) -> None:
    """Ask whether the callback `{message}` is true, `{asked}` times before; the next time is a job of its own."""
    payment_messages.verify(payload["message"], payload["asked"])
