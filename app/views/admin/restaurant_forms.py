"""The forms about a restaurant: what is said of it, its week, and days that are otherwise."""

from datetime import date
from typing import Any, cast
from zoneinfo import available_timezones

from babel.numbers import get_currency_name
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    FloatField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app import language
from app.domain import opening_hours, restaurants
from app.domain.opening_hours import LONGEST_NOTE, WEEKDAYS
from app.domain.restaurants import Terms
from app.language import lazy_gettext as _l
from app.models import Restaurant
from app.views.seen_forms import SeenForm

# Those that restaurants of ours are likely to be paid in; one that has another keeps it.
_CURRENCIES = ("EUR", "GBP", "USD", "CHF", "KES", "UGX", "TZS", "RWF", "ETB", "NGN", "ZAR", "JPY", "INR", "BRL", "MXN")
_WORDS = ("name", "slug", "kitchen", "description", "address", "phone")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class RestaurantForm(SeenForm):
    """Everything that is said of a restaurant."""

    name = StringField(_l("Name"), [InputRequired(_l("What is it called?")), Length(max=120)], filters=[_stripped])
    slug = StringField(
        _l("Web address"), [InputRequired(_l("Where is it found?")), Length(max=60)], filters=[_stripped]
    )
    kitchen = StringField(_l("Kitchen"), [Length(max=60)], filters=[_stripped])
    description = TextAreaField(_l("Description"), [Length(max=500)], filters=[_stripped])
    address = StringField(_l("Address"), [Length(max=300)], filters=[_stripped])
    phone = StringField(_l("Phone"), [Length(max=20)], filters=[_stripped])
    latitude = FloatField(_l("Latitude"), [Optional()])
    longitude = FloatField(_l("Longitude"), [Optional()])
    time_zone = SelectField(_l("Time zone"), default="Europe/Lisbon")
    currency = SelectField(_l("Currency"), default="EUR")
    preparation_minutes = IntegerField(
        _l("The kitchen takes (minutes)"), [InputRequired(), NumberRange(1, 240)], default=20
    )
    delivery_minutes = IntegerField(
        _l("A delivery rides (minutes)"), [InputRequired(), NumberRange(0, 240)], default=15
    )
    day_starts = TimeField(_l("The day begins at"), [InputRequired(_l("At what time?"))])
    auto_accept = BooleanField(_l("Accept every order at once"))

    def __init__(self, restaurant: Restaurant | None = None, **options: Any) -> None:
        super().__init__(obj=restaurant, **options)
        self.time_zone.choices = {zone: zone.replace("_", " ") for zone in sorted(available_timezones())}
        if restaurant is not None and self.seen.data is None:
            self.seen.data = restaurants.mark(restaurant)
        codes = {*_CURRENCIES, *([restaurant.currency] if restaurant else [])}
        self.currency.choices = {
            code: f"{code}, {get_currency_name(code, locale=language.current())}" for code in sorted(codes)
        }

    def terms(self) -> Terms:
        """What the form says, as the domain takes it."""
        return cast(Terms, {name: self[name].data for name in Terms.__annotations__})


class WeekForm(SeenForm):
    """One line of hours for each weekday."""

    day_0, day_1, day_2, day_3, day_4, day_5, day_6 = (
        StringField(_l(day), [Length(max=80)], filters=[_stripped]) for day in WEEKDAYS
    )

    @property
    def lines(self) -> list[str]:
        """Monday first."""
        return [self[f"day_{day}"].data for day in range(7)]

    def show(self, restaurant: Restaurant) -> None:
        """Fill it in with when the restaurant is open."""
        for day, line in enumerate(opening_hours.week_of(restaurant)):
            self[f"day_{day}"].data = line
        self.seen.data = opening_hours.mark(restaurant)


class DaysForm(FlaskForm):
    """Days that are not as each week; without hours they are closed."""

    first = DateField(_l("From"), [InputRequired(_l("Which day?"))])
    last = DateField(_l("To"), [Optional()])
    hours = StringField(_l("Hours"), [Length(max=80)], filters=[_stripped])
    note = StringField(_l("Why"), [Length(max=LONGEST_NOTE)], filters=[_stripped])

    @property
    def span(self) -> tuple[date, date]:
        """The first and the last of the days; one day, where only that is said."""
        first = cast(date, self.first.data)
        return first, self.last.data or first
