"""The dashboard: what is open, late and broken, what came in, and how the days compare; live, once a second at most.

What counts and how stands in domain/ (statistics.py, takings.py, attention.py); here it is put together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import render_template

from app.contract.times import now
from app.domain import attention, days, statistics, takings
from app.domain.money import spoken
from app.domain.order_states import CANCELLED
from app.domain.takings import Taken
from app.extensions import db
from app.language import gettext as _
from app.views.formats import remember_position

from . import bp

_CHARTED = 14


@dataclass(frozen=True, slots=True)
class Money:
    """What came in, in one currency and minor units: today, this week, and on each day of the chart, oldest first."""

    currency: str
    today: int
    today_payments: int
    week: int
    by_day: Sequence[int]


@bp.get("/")
def dashboard() -> str:
    remember_position()
    return render_template("admin/dashboard.html", **_figures(now()))


@bp.get("/dashboard")
def dashboard_figures() -> str:
    return render_template("admin/_dashboard.html", **_figures(now()))


def _figures(at: datetime) -> dict[str, Any]:
    session = db.session()
    zone = days.house_zone(session)
    today = at.astimezone(zone).date()
    charted = [today - timedelta(days=back) for back in reversed(range(_CHARTED))]
    midnight, week_ago = days.midnight(today, zone), days.midnight(today - timedelta(days=6), zone)
    owed = attention.owed(session)
    payments = takings.taken(session, [days.span_of(day, zone) for day in charted])
    return {
        "at": at,
        "zone": zone.key,
        "today": today,
        "money": _money(payments, charted, days.monday_of(today)),
        "charted": charted,
        "hours": _hours(today, zone),
        "open_orders": statistics.open_orders(session),
        "late": statistics.how_many(session, statistics.late(at)),
        "unclaimed": statistics.how_many(session, statistics.unclaimed(session, at)),
        "acceptance": statistics.acceptance(session, week_ago),
        "cancellations": _cancellations(midnight, week_ago),
        "open_payments": attention.open_payments(session),
        "owed": owed,
        "owed_words": ", ".join(spoken(line.minor, line.currency) for line in owed) or _("nothing to send back"),
        "dead_jobs": attention.dead_jobs(session),
        "failed_messages": attention.failed_messages(session, week_ago),
        "wifi_sessions": attention.wifi_sessions(session),
        "passes": attention.passes_minted(session, midnight),
        "MOST": attention.MOST,
    }


def _money(payments: Sequence[Taken], charted: Sequence[date], monday: date) -> list[Money]:
    """A line for each currency, the one with the most payments first."""
    last, week = len(charted) - 1, charted.index(monday)
    lines: dict[str, list[Taken]] = {}
    for line in payments:
        lines.setdefault(line.currency, []).append(line)
    ordered = sorted(lines.items(), key=lambda item: (-sum(line.payments for line in item[1]), item[0]))
    return [
        Money(
            currency,
            today=sum(line.minor for line in own if line.n == last),
            today_payments=sum(line.payments for line in own if line.n == last),
            week=sum(line.minor for line in own if line.n >= week),
            by_day=[sum(line.minor for line in own if line.n == n) for n in range(len(charted))],
        )
        for currency, own in ordered
    ]


def _hours(today: date, zone: Any) -> dict[str, Sequence[int]]:
    """Orders in each hour of today, and of the same weekday a week ago."""
    now_, before = days.hours_of(today, zone), days.hours_of(today - timedelta(days=7), zone)
    counts = statistics.confirmed_in(db.session(), [*now_, *before])
    return {"today": counts[: len(now_)], "before": counts[len(now_) :]}


def _cancellations(midnight: datetime, week_ago: datetime) -> list[tuple[str, str, statistics.Cancelled]]:
    """Kind, words and numbers, the most frequent first."""
    found = statistics.cancellations(db.session(), midnight, week_ago)
    return sorted(
        ((kind, _(CANCELLED[kind]), numbers) for kind, numbers in found.items()), key=lambda row: -row[2].week
    )
