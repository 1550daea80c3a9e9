"""How a restaurant takes orders just now: as usual, busy (everything takes longer), or not at all.

A mode may have an end; it is over by then for everybody who asks (`Restaurant.mode_at`), and the worker writes it down
and tells the screens (`end_due`). What each mode does to times stands in `Restaurant.lead_minutes`, and that a paused
restaurant takes no order in order_placement.py.
"""

from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_date
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app import language
from app.contract.times import iso_or_none, now
from app.errors import Invalid
from app.extensions import atomic, db
from app.language import gettext as _
from app.language import ngettext
from app.models import Restaurant
from app.models.restaurant import LONGEST_MODE_REASON, MODES, MOST_BUSY_MINUTES

from . import audit, house_events
from .actor import SYSTEM, Actor
from .locks import hold

# Whoever pauses for longer means its opening hours.
LONGEST = timedelta(days=7)
_NORMAL: dict[str, Any] = {"mode": "normal", "busy_minutes": 0, "mode_reason": "", "mode_until": None}
_ACTIONS = {"normal": "restaurant.resumed", "busy": "restaurant.busy", "paused": "restaurant.paused"}


def set_mode(
    restaurant: Restaurant,
    mode: str,
    *,
    minutes: int = 0,
    reason: str = "",
    until: datetime | None = None,
    by: Actor,
) -> bool:
    """Take orders in this mode until `until` (None: until somebody ends it); whether anything changed.

    `minutes`: how many more everything takes while it is busy. Refuses with Invalid.
    """
    at, reason = now(), " ".join(reason.split())
    _check(mode, minutes, reason, until, at)
    values = {
        "mode": mode,
        "busy_minutes": minutes if mode == "busy" else 0,
        "mode_reason": reason,
        "mode_until": until,
    }
    values = _NORMAL if mode == "normal" else values
    with atomic() as session:
        hold(session, restaurant)
        before = _of(restaurant)
        if before == values:
            return False
        for name, value in values.items():
            setattr(restaurant, name, value)
        session.flush()
        _told(session, restaurant, before, by, at)
    return True


def end_due() -> int:
    """End every mode whose time is up; how many. Of any number of workers one does."""
    at = now()
    due = select(Restaurant).where(Restaurant.mode_until <= at)
    ended = sum(_end(restaurant, at) for restaurant in db.session.scalars(due).all())
    db.session.rollback()
    return ended


def told(restaurant: Restaurant, at: datetime) -> str:
    """The mode in words, as guests read it: "Paused until 18:30: the oven is broken"; empty while all is as usual."""
    mode, until = restaurant.mode_at(at), restaurant.mode_until
    if mode == "normal":
        return ""
    end = _clock(restaurant, until, at) if until else ""
    if mode == "paused":
        paused = _("Paused until %(time)s", time=end) if end else _("Paused")
        return f"{paused}: {restaurant.mode_reason}" if restaurant.mode_reason else paused
    busy = _("Busy until %(time)s", time=end) if end else _("Busy")
    longer = ngettext("about %(num)s minutes longer", "about %(num)s minutes longer", restaurant.busy_minutes)
    return f"{busy}: {longer} ({restaurant.mode_reason})" if restaurant.mode_reason else f"{busy}: {longer}"


def _end(restaurant: Restaurant, at: datetime) -> bool:
    with atomic() as session:
        before = _of(restaurant)
        ended = session.execute(
            update(Restaurant)
            .where(Restaurant.id == restaurant.id, Restaurant.mode_until <= at)
            .values(_NORMAL)
            .execution_options(synchronize_session=False)
        )
        if not ended.rowcount:  # type: ignore[attr-defined]
            return False
        for name, value in _NORMAL.items():
            set_committed_value(restaurant, name, value)
        _told(session, restaurant, before, SYSTEM, at)
    return True


def _told(session: Session, restaurant: Restaurant, before: dict[str, Any], by: Actor, at: datetime) -> None:
    subject = ("restaurant", restaurant.id, restaurant.name)
    audit.record(
        session, _ACTIONS[restaurant.mode], by=by, subject=subject, before=_said(before), after=_said(_of(restaurant))
    )
    house_events.changed(session, restaurant, at)


def _of(restaurant: Restaurant) -> dict[str, Any]:
    return {name: getattr(restaurant, name) for name in _NORMAL}


def _said(mode: dict[str, Any]) -> dict[str, Any]:
    return {**mode, "mode_until": iso_or_none(mode["mode_until"])}


def _clock(restaurant: Restaurant, until: datetime, at: datetime) -> str:
    local = until.astimezone(restaurant.zone)
    is_today = restaurant.service_day(until) == restaurant.service_day(at)
    if is_today:
        return f"{local:%H:%M}"
    return f"{format_date(local, 'EEEE', locale=language.current())} {local:%H:%M}"


def _check(mode: str, minutes: int, reason: str, until: datetime | None, at: datetime) -> None:
    errors: dict[str, list[str]] = {}
    if mode not in MODES:
        errors["mode"] = [_("One of %(codes)s.", codes=", ".join(MODES))]
    if mode == "busy" and not 1 <= minutes <= MOST_BUSY_MINUTES:
        errors["minutes"] = [_("From 1 to %(most)s minutes.", most=MOST_BUSY_MINUTES)]
    if len(reason) > LONGEST_MODE_REASON:
        errors["reason"] = [_("At most %(characters)s characters.", characters=LONGEST_MODE_REASON)]
    if until is not None and not at < until <= at + LONGEST:
        errors["until"] = [_("Within the next seven days.")]
    if errors:
        raise Invalid(" ".join(message for messages in errors.values() for message in messages), errors=errors)
