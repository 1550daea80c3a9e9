"""Idempotency keys: the same key and request give the first answer again; the key, the verb and the answer are one
transaction, so a crash leaves neither a key without its order nor an order without its key.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Invalid, KeyReused, StillInFlight
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import IdempotencyKey, Person

KEPT = timedelta(hours=24)
_LONGEST = 100


def once(person: Person, key: str | None, request: bytes, act: Callable[[], str]) -> tuple[str, bool]:
    """The answer of `act` (which runs inside one transaction with the key), and whether it was given before.

    Without a key it simply acts. Refuses with KeyReused (another request under this key), StillInFlight (PostgreSQL;
    on SQLite the second waits for the write lock and then finds the answer) and Invalid (a key too long).
    """
    if key is None:
        return act(), False
    if not 1 <= len(key) <= _LONGEST or not key.isprintable():
        raise Invalid(_("An Idempotency-Key has 1 to %(longest)s printable characters.", longest=_LONGEST))
    request_hash = hashlib.sha256(request).hexdigest()
    with atomic() as session:
        _claim(session, person, key)
        row = session.scalars(
            select(IdempotencyKey).where(
                IdempotencyKey.person_id == person.id,
                IdempotencyKey.key == key,
                IdempotencyKey.created_at > now() - KEPT,
            )
        ).one_or_none()
        if row is not None:
            if row.request_hash != request_hash:
                raise KeyReused
            return row.answer, True
        answer = act()
        # With its time: what is merged into a key of yesterday would else be as old as that.
        kept = IdempotencyKey(person_id=person.id, key=key, request_hash=request_hash, answer=answer, created_at=now())
        session.merge(kept)
    return answer, False


def forget_old() -> int:
    """Drop keys that are past their time; how many."""
    with atomic() as session:
        dropped = session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now() - KEPT))
    return int(dropped.rowcount)  # type: ignore[attr-defined]


def _claim(session: Session, person: Person, key: str) -> None:
    """One request at a time under this key: the write lock on SQLite, a lock that ends with us on PostgreSQL."""
    if db.engine.dialect.name == "sqlite":
        return
    name = int.from_bytes(hashlib.sha256(f"{person.id}:{key}".encode()).digest()[:8], signed=True)
    if not session.scalar(text("select pg_try_advisory_xact_lock(:name)"), {"name": name}):
        raise StillInFlight
