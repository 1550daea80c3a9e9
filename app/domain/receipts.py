"""Forgetting which screens have drawn what (gateway/receipts.py writes it): an old order needs no trace."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from app.extensions import atomic
from app.models import Receipt

KEPT = timedelta(days=30)


def forget(before: datetime, *, most: int = 5000) -> int:
    """Drop up to `most` rows that were written before `before`; how many went."""
    with atomic() as session:
        old = select(Receipt.id).where(Receipt.seen_at < before).limit(most)
        gone = session.execute(delete(Receipt).where(Receipt.id.in_(old)).execution_options(synchronize_session=False))
    return int(gone.rowcount)  # type: ignore[attr-defined]
