"""Idempotency keys past their 24 hours go, and links of accounts that have led nowhere for a month."""

from app.domain import idempotency, links


def forget_idempotency_keys() -> int:
    """Drop them; how many went."""
    return idempotency.forget_old()


def forget_links() -> int:
    """Drop those links; how many went."""
    return links.forget_old()
