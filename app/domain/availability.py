"""Sold out, and back on sale: by a hand, or by itself when the time has come.

The restaurant's people say it on their menu page. What comes back by itself the worker puts back (`return_due`).
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.contract.times import iso_or_none, now
from app.errors import Invalid
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import MenuItem, Restaurant

from . import audit, house_events
from .actor import SYSTEM, Actor
from .locks import hold

LONGEST = timedelta(days=30)


def sell_out(item: MenuItem, *, until: datetime | None = None, by: Actor) -> bool:
    """Nobody can order it, until `until` (None: until somebody puts it back); whether anything changed."""
    at = now()
    if until is not None and not at < until <= at + LONGEST:
        wrong = _("Within the next thirty days.")
        raise Invalid(wrong, errors={"until": [wrong]})
    return _set(item, available=False, returns_at=until, by=by, at=at)


def put_back(item: MenuItem, *, by: Actor) -> bool:
    """It can be ordered again; whether anything changed."""
    return _set(item, available=True, returns_at=None, by=by, at=now())


def return_due() -> int:
    """Put back everything whose time has come; how many. Of any number of workers one does."""
    at = now()
    due = select(MenuItem).where(MenuItem.returns_at <= at)
    returned = sum(_return(item, at) for item in db.session.scalars(due).all())
    db.session.rollback()
    return returned


def _set(item: MenuItem, *, available: bool, returns_at: datetime | None, by: Actor, at: datetime) -> bool:
    with atomic() as session:
        hold(session, item)
        before = _said(item)
        item.available, item.returns_at = available, returns_at
        session.flush()
        if _said(item) == before:
            return False
        _told(session, item, before, by, at)
    return True


def _return(item: MenuItem, at: datetime) -> bool:
    with atomic() as session:
        before = _said(item)
        returned = session.execute(
            update(MenuItem)
            .where(MenuItem.id == item.id, MenuItem.returns_at <= at)
            .values(available=True, returns_at=None)
            .execution_options(synchronize_session=False)
        )
        if not returned.rowcount:  # type: ignore[attr-defined]
            return False
        set_committed_value(item, "available", True)
        set_committed_value(item, "returns_at", None)
        _told(session, item, before, SYSTEM, at)
    return True


def _told(session: Session, item: MenuItem, before: dict[str, object], by: Actor, at: datetime) -> None:
    action = "menu.item_returned" if item.available else "menu.item_sold_out"
    audit.record(session, action, by=by, subject=("menu_item", item.id, item.name), before=before, after=_said(item))
    house_events.changed(session, session.get_one(Restaurant, item.restaurant_id), at)


def _said(item: MenuItem) -> dict[str, object]:
    return {"available": item.available, "returns_at": iso_or_none(item.returns_at)}
