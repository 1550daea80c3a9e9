"""When a restaurant is open, as an admin writes it: each week, and on days that are otherwise.

A line of hours is spelt `11:00-15:00, 18:30-02:00`; what closes at or before its opening closes after midnight, and an
empty line is a closed day. What follows from the hours is told by opening.py.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from itertools import pairwise

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Invalid, NotFound
from app.extensions import atomic
from app.language import N_
from app.language import gettext as _
from app.models import OpeningException, OpeningHours, Restaurant

from . import audit, days, house_events, marks
from .actor import Actor
from .locks import hold

Period = tuple[time, time]
WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
LONGEST_NOTE = 80
MOST_DAYS = 92
_MOST_PERIODS = 4
_PERIOD = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-\N{EN DASH}]\s*(\d{1,2})[:.](\d{2})")


def read(line: str) -> list[Period]:
    """The periods that a line spells, in their order; Invalid says what is wrong with it."""
    periods = sorted(_period(part.strip()) for part in line.split(",") if part.strip())
    if len(periods) > _MOST_PERIODS:
        raise Invalid(_("At most %(most)s times a day.", most=_MOST_PERIODS))
    for (opens, closes), (again, _closes) in pairwise(periods):
        if closes <= opens or again < closes:
            raise Invalid(_("These times overlap."))
    return periods


def written(periods: Sequence[Period]) -> str:
    """A line that `read` reads."""
    return ", ".join(f"{opens:%H:%M}-{closes:%H:%M}" for opens, closes in sorted(periods))


def week_of(restaurant: Restaurant) -> list[str]:
    """The line of each weekday, Monday first."""
    return [written([(row.opens, row.closes) for row in restaurant.hours if row.weekday == day]) for day in range(7)]


def mark(restaurant: Restaurant) -> str:
    """The mark of the week, for the form that sets it."""
    return marks.of(week_of(restaurant))


def set_week(restaurant: Restaurant, lines: Sequence[str], *, by: Actor, seen: str | None = None) -> bool:
    """Be open so each week (seven lines, Monday first); whether anything changed.

    Refuses with Invalid, and with LostRace where the week is not as it was `seen`.
    """
    week = {day: _read(line, f"day_{day}") for day, line in enumerate(lines)}
    with atomic() as session:
        hold(session, restaurant)
        marks.check(seen, week_of(restaurant))
        before = dict(zip(WEEKDAYS, week_of(restaurant), strict=True))
        after = {WEEKDAYS[day]: written(periods) for day, periods in week.items()}
        if before == after:
            return False
        _drop(session, OpeningHours, restaurant)
        _write(
            session,
            OpeningHours,
            [
                {"restaurant_id": restaurant.id, "weekday": day, "opens": opens, "closes": closes}
                for day, periods in week.items()
                for opens, closes in periods
            ],
        )
        _told(session, restaurant, "restaurant.hours_changed", by, before, after)
    return True


def set_days(restaurant: Restaurant, first: date, last: date, line: str, *, note: str = "", by: Actor) -> None:
    """Be open otherwise on each day from `first` to `last`: as `line` says, or closed. Refuses with Invalid."""
    periods, note = _read(line, "hours"), " ".join(note.split())
    errors: dict[str, list[str]] = {}
    if first < restaurant.service_day(now()):
        errors["first"] = ["That day is over."]
    elif not days.is_near(first):
        errors["first"] = ["That day is too far away."]
    elif not first <= last <= first + timedelta(days=MOST_DAYS - 1):
        errors["last"] = [f"From the first day, at most {MOST_DAYS} days."]
    if len(note) > LONGEST_NOTE:
        errors["note"] = [_("At most %(longest)s characters.", longest=LONGEST_NOTE)]
    if errors:
        raise Invalid(_("These days cannot be."), errors=errors)
    spans: Sequence[tuple[time | None, time | None]] = periods or [(None, None)]
    dates = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    with atomic() as session:
        hold(session, restaurant)
        before = _days_of(restaurant, dates)
        _drop(session, OpeningException, restaurant, OpeningException.day.in_(dates))
        _write(
            session,
            OpeningException,
            [
                {"restaurant_id": restaurant.id, "day": day, "opens": opens, "closes": closes, "note": note}
                for day in dates
                for opens, closes in spans
            ],
        )
        said = f"{written(periods) or 'closed'}{f' ({note})' if note else ''}"
        after = {day.isoformat(): said for day in dates}
        _told(session, restaurant, "restaurant.days_changed", by, before, after)


def drop_day(restaurant: Restaurant, day: date, *, by: Actor) -> None:
    """Be open as each week on that day again. NotFound where it was no exception."""
    with atomic() as session:
        hold(session, restaurant)
        before = _days_of(restaurant, [day])
        if not before:
            raise NotFound
        _drop(session, OpeningException, restaurant, OpeningException.day == day)
        _told(session, restaurant, "restaurant.days_changed", by, before, {})


def exceptions_ahead(restaurant: Restaurant) -> Mapping[date, str]:
    """What is otherwise from today on, by its day."""
    today = restaurant.service_day(now())
    days = sorted({row.day for row in restaurant.exceptions if row.day >= today})
    return {date.fromisoformat(day): said for day, said in _days_of(restaurant, days, _("closed")).items()}


def _read(line: str, field: str) -> list[Period]:
    try:
        return read(line)
    except Invalid as wrong:
        raise Invalid(wrong.detail, errors={field: [wrong.detail]}) from wrong


def _period(text: str) -> Period:
    match = _PERIOD.fullmatch(text)
    hours = [int(part) for part in match.groups()] if match else [99] * 4
    # Midnight is written 24:00 as well, where something closes.
    if hours[2:] == [24, 0]:
        hours[2] = 0
    if max(hours[0], hours[2]) > 23 or max(hours[1], hours[3]) > 59:
        raise Invalid(_("Write times like 11:00-15:00, 18:30-02:00."))
    return time(hours[0], hours[1]), time(hours[2], hours[3])


def _days_of(restaurant: Restaurant, days: Sequence[date], closed: str = "closed") -> dict[str, str]:
    """What is otherwise on these days, in words, by the day's ISO date."""
    rows = {day: [row for row in restaurant.exceptions if row.day == day] for day in days}
    return {day.isoformat(): _said(of_day, closed) for day, of_day in rows.items() if of_day}


def _said(rows: Sequence[OpeningException], closed: str) -> str:
    line = written([(row.opens, row.closes) for row in rows if row.opens is not None and row.closes is not None])
    return f"{line or closed}{f' ({rows[0].note})' if rows[0].note else ''}"


def _drop(
    session: Session, table: type[OpeningHours] | type[OpeningException], restaurant: Restaurant, *which: object
) -> None:
    session.execute(delete(table).where(table.restaurant_id == restaurant.id, *which))  # type: ignore[arg-type]


def _write(
    session: Session, table: type[OpeningHours] | type[OpeningException], rows: Sequence[Mapping[str, object]]
) -> None:
    """Plain rows: SQLite gives them ids of those that went, which the session may still know as others."""
    if rows:
        session.execute(insert(table.__table__), rows)


def _told(
    session: Session,
    restaurant: Restaurant,
    action: str,
    by: Actor,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    session.flush()
    session.expire(restaurant, ["hours", "exceptions"])
    audit.record(
        session, action, by=by, subject=("restaurant", restaurant.id, restaurant.name), before=before, after=after
    )
    house_events.changed(session, restaurant, now())
