"""Forgetting what was kept for screens that never came back (gateway/recoveries.py writes it)."""

from datetime import datetime

from sqlalchemy import delete, select

from app.extensions import atomic
from app.models import Recovery


def forget(before: datetime, *, most: int = 5000) -> int:
    """Drop up to `most` rows that were last used before `before`; how many went."""
    with atomic() as session:
        old = select(Recovery.pid_hash).where(Recovery.used_at < before).limit(most)
        gone = session.execute(
            delete(Recovery).where(Recovery.pid_hash.in_(old)).execution_options(synchronize_session=False)
        )
    return int(gone.rowcount)  # type: ignore[attr-defined]
