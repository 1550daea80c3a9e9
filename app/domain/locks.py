"""Rows that nobody else changes until the transaction ends.

They are locked in this order everywhere: restaurant, order, payment, ticket, offer, driver, what is told of a fix
(live_fixes.py). A dish comes after its restaurant; a package, a pass and a job are held with nothing that comes before
them here.
On PostgreSQL it is FOR NO KEY UPDATE: rows that merely refer to a held one (a point of a ticket's track, a ticket whose
order is held) are written meanwhile. Their foreign keys would wait for a FOR UPDATE, against the order of the locks.
"""

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import HotspotUser, Job, MenuItem, Order, Payment, Restaurant, Ticket, WifiPackage

# Have alone: what is decided for all restaurants, and which there are.
POLICIES = "policies"
Row = Restaurant | Order | Payment | Ticket | MenuItem | WifiPackage | HotspotUser | Job


def hold(session: Session, row: Row) -> None:
    """Hold `row`; what is known of it is what it is now."""
    session.refresh(row, with_for_update={"of": type(row), "key_share": True})


def alone(session: Session, name: str) -> None:
    """Have `name`, for which there is no row to hold: who asks for it next waits until the transaction ends.

    On SQLite the one write lock is enough.
    """
    if session.connection().dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        session.execute(text("select pg_advisory_xact_lock(:number)"), {"number": number})
