"""Template filters and globals: money, times in the restaurant's zone, labels, the page's place in the log."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_datetime
from babel.numbers import get_currency_precision
from flask import Flask, g
from flask_wtf.csrf import generate_csrf
from jinja2 import pass_context

from app import language
from app.config import Config
from app.contract.times import iso, now
from app.domain import policies, refunds, ticket_states
from app.domain.actor import ROLES
from app.domain.money import spoken
from app.domain.order_states import FULFILMENTS, LABELS, PAYMENTS
from app.domain.phones import masked
from app.extensions import db
from app.language import gettext as _
from app.models import Restaurant
from app.models.event_log import head
from app.models.order import LONGEST_LINE_NOTE, LONGEST_NOTE, MOST_OF_ONE, MOST_PREP_MINUTES

from . import reasons
from .audit_words import audit_words
from .devices import device
from .security import gateway_url
from .told_again import told_again


def register(app: Flask) -> None:
    """Put the filters and globals onto `app`."""
    app.add_template_filter(spoken, "money")
    app.add_template_filter(iso, "iso")
    app.add_template_filter(clock, "clock")
    app.add_template_filter(day_and_time, "day_and_time")
    app.add_template_filter(whole_time, "whole_time")
    app.add_template_filter(local_time, "local_time")
    app.add_template_filter(zone, "zone")
    app.add_template_filter(age, "age")
    app.add_template_filter(lasting, "lasting")
    app.add_template_filter(stopwatch, "stopwatch")
    app.add_template_filter(day_name, "day_name")
    app.add_template_filter(lambda day, days: day + timedelta(days=days), "days_from")
    app.add_template_filter(lambda phone: masked(phone) if phone else "", "masked_phone")
    app.add_template_filter(_labels(refunds.REASONS), "refund_reason")
    app.add_template_filter(distance, "kilometres")
    app.add_template_filter(told_again, "told_again")
    app.add_template_filter(instant, "instant")
    app.add_template_filter(device, "device")
    app.add_template_filter(audit_words, "audit_words")
    app.add_template_filter(get_currency_precision, "currency_digits")
    app.add_template_filter(_labels(LABELS), "status_label")
    app.add_template_filter(_labels(ticket_states.LABELS), "delivery_label")
    app.add_template_filter(reason, "reason_label")
    app.add_template_filter(_labels(FULFILMENTS), "fulfilment_label")
    app.add_template_filter(_labels(PAYMENTS), "payment_label")
    app.add_template_filter(_labels(ROLES), "role_label")
    app.add_template_filter(pass_context(lambda _context, text: _(text)), "translated")
    app.jinja_env.globals |= {
        "reasons_offered": reasons.offered,
        "rules_of": policies.of,
        "STATUS_LABELS": LABELS,
        "LONGEST_NOTE": LONGEST_NOTE,
        "LONGEST_LINE_NOTE": LONGEST_LINE_NOTE,
        "MOST_OF_ONE": MOST_OF_ONE,
        "MOST_PREP_MINUTES": MOST_PREP_MINUTES,
    }
    config: Config = app.config["PASSLINE"]
    app.jinja_env.globals["TILES"] = (config.tile_url, config.tile_attribution)
    app.context_processor(lambda: {"gateway_url": gateway_url, "csrf_token": generate_csrf, "now": now})


def _labels(table: Mapping[str, str]) -> Callable[..., str]:
    """The words of a table of the domain, in the page's language; a code that it has not is its own word."""
    # With the context, or Jinja would say the label of a constant once, in whatever language that was.
    return pass_context(lambda _context, code: _(table.get(code, code)))


def reason(code: str, restaurant: Restaurant | None = None) -> str:
    """The words of a reason, as `restaurant` says them."""
    return _(policies.label(code, restaurant))


def clock(at: datetime, restaurant: Restaurant) -> str:
    """`at` in the restaurant's zone: the time alone on today's service day, with the date on any other."""
    local = at.astimezone(restaurant.zone)
    time = f"{local:%H:%M}"
    if restaurant.service_day(at) == restaurant.service_day(now()):
        return time
    pattern = "EEE d MMM" if local.year == now().astimezone(restaurant.zone).year else "EEE d MMM y"
    return _("%(day)s, %(time)s", day=format_datetime(local, pattern, locale=language.current()), time=time)


def day_and_time(at: datetime, restaurant: Restaurant) -> str:
    """A coming `at` as people say it: `at 18:00`, `tomorrow at 11:00`, `on Tuesday at 11:00`, `on Tue 8 Dec at 11:00`.

    By the restaurant's clock and the calendar's day, not the service day: whoever asks at night means the next morning.
    """
    local, today = at.astimezone(restaurant.zone), now().astimezone(restaurant.zone).date()
    days = (local.date() - today).days
    time = local_time(at, restaurant)
    if days in (0, 1):
        return _("at %(time)s", time=time) if days == 0 else _("tomorrow at %(time)s", time=time)
    day = day_name(local.date(), "EEEE" if 0 < days < 7 else "EEE d MMM")
    return _("on %(day)s at %(time)s", day=day, time=time)


def whole_time(at: datetime, restaurant: Restaurant) -> str:
    """`at` with its date and year in the restaurant's zone, as a receipt says it."""
    local = at.astimezone(restaurant.zone)
    day = format_datetime(local, "EEE d MMM y", locale=language.current())
    return " ".join((_("%(day)s, %(time)s", day=day, time=f"{local:%H:%M}"), zone(at, restaurant)))


def local_time(at: datetime, restaurant: Restaurant) -> str:
    """The time of day alone, in the restaurant's zone: for the end of a window whose beginning says the day."""
    return f"{at.astimezone(restaurant.zone):%H:%M}"


def zone(at: datetime, restaurant: Restaurant) -> str:
    """What the restaurant's clock is called at `at` ("CET"; "UTC+03" where it has no name): for lists of many zones."""
    name = at.astimezone(restaurant.zone).tzname() or "UTC"
    return name if name.isalpha() else f"UTC{name}"


def age(at: datetime) -> str:
    """How long ago `at` is, as js/clocks.js says it a second later."""
    return lasting((now() - at).total_seconds())


def instant(at: datetime) -> str:
    """`at` with its date, in UTC: for pages that belong to no restaurant."""
    day = format_datetime(at, "d MMM y", locale=language.current())
    return " ".join((_("%(day)s, %(time)s", day=day, time=f"{at:%H:%M}"), "UTC"))


def lasting(seconds: float) -> str:
    """So many seconds in words: `40 s`, `12 min`, `2 h 05`, `3 d`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return _("%(n)s s", n=whole)
    if whole < 3600:
        return _("%(n)s min", n=whole // 60)
    if whole < 86400:
        return _("%(hours)s h %(minutes)s", hours=whole // 3600, minutes=f"{whole % 3600 // 60:02}")
    return _("%(n)s d", n=whole // 86400)


def distance(road: int | None) -> str:
    """So many metres in words: `850 m`, `2.4 km`."""
    if road is None:
        return _("distance not known")
    return _("%(n)s m", n=round(road, -1)) if road < 1000 else _("%(n)s km", n=f"{road / 1000:.1f}")


def stopwatch(seconds: int) -> str:
    """So many seconds as a stopwatch shows them: `0:08`, `7:30`, `1:02:00`."""
    hours, rest = divmod(max(0, seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def day_name(day: date, pattern: str = "EEE d MMM") -> str:
    """A day as people say it: `Mon 4 Nov`."""
    return str(format_date(day, pattern, locale=language.current()))


def remember_position() -> None:
    """Note how far the log is before the page's rows are read: what they do not show yet will be replayed."""
    g.position = str(head(db.session))
