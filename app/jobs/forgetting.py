"""Idempotency keys past their 24 hours go."""

from app.domain import idempotency


def forget_idempotency_keys() -> int:
    """Drop them; how many went."""
    return idempotency.forget_old()
