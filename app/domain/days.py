"""The house's own days: what is counted over all restaurants has one clock, that of most of them.

A restaurant's service day (Restaurant.service_day) is another thing: it ends when its kitchen does. Here a day begins
at midnight, and a page that shows one says in which zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, Integer, column, func, select, values
from sqlalchemy.orm import Session

from app.errors import Invalid
from app.language import gettext as _
from app.models import Restaurant
from app.models.columns import Instant


@dataclass(frozen=True, slots=True)
class Span:
    """From `begins` until before `ends`, both UTC."""

    begins: datetime
    ends: datetime


def house_zone(session: Session) -> ZoneInfo:
    """The zone of most restaurants; UTC while there is none."""
    most = select(Restaurant.time_zone).group_by(Restaurant.time_zone)
    name = session.scalars(most.order_by(func.count().desc(), Restaurant.time_zone).limit(1)).first()
    return ZoneInfo(name or "UTC")


def is_near(day: date) -> bool:
    """Whether we can have been there, or be: beside the ends of the calendar there are no other days to reckon with."""
    return 2000 <= day.year < 2200


def checked(day: date) -> date:
    """`day` as it is, if it is near; Invalid for the ends of the calendar."""
    if not is_near(day):
        raise Invalid(_("Ask for a day like 2026-11-29."), errors={"day": [_("It is too long ago, or too far away.")]})
    return day


def span_of(day: date, zone: ZoneInfo, days: int = 1) -> Span:
    """The instants of so many days from `day` on, as clocks in `zone` say them. Refuses as `checked` does."""
    return Span(midnight(checked(day), zone), midnight(day + timedelta(days=days), zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When `day` begins in `zone`, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def hours_of(day: date, zone: ZoneInfo) -> list[Span]:
    """The hours of `day` in `zone`: 24 of them, but where the clocks are changed."""
    whole, hour = span_of(day, zone), timedelta(hours=1)
    count = int((whole.ends - whole.begins) / hour)
    return [Span(whole.begins + n * hour, whole.begins + (n + 1) * hour) for n in range(count)]


def monday_of(day: date) -> date:
    """The first day of the week that `day` belongs to."""
    return day - timedelta(days=day.weekday())


def numbered(spans: Sequence[Span]) -> CTE:
    """`spans` as a table with the columns `n`, `begins` and `ends`, to join by an index range for each."""
    columns = (column("n", Integer), column("begins", Instant), column("ends", Instant))
    rows = [(n, span.begins, span.ends) for n, span in enumerate(spans)]
    return values(*columns, name="spans").data(rows).cte("spans")
