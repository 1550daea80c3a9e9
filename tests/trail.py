"""The audit trail, as tests read it."""

from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from app.extensions import db
from app.models import AuditEntry


class Told(NamedTuple):
    """Who did what to what, and the fields that differ."""

    who: str
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


def trail() -> list[Told]:
    """All of it, the oldest first."""
    rows = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [
        Told(row.actor_name, row.action, row.subject_name, orjson.loads(row.before), orjson.loads(row.after))
        for row in rows
    ]
