"""The form under a menu: how the order reaches its guest, when, and how it is paid; for visitors also the log-in."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from babel.dates import format_date
from flask import current_app, session
from flask_wtf import FlaskForm
from wtforms import (
    EmailField,
    Field,
    FloatField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import Length, StopValidation, ValidationError
from wtforms.validators import Optional as MayBeEmpty
from wtforms.widgets import HiddenInput

from app import language
from app.contract.times import iso, now
from app.domain import passwords, payments, phones
from app.domain.opening import times_ahead
from app.domain.order_states import PAYMENTS
from app.language import N_, choices
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Restaurant
from app.models.order import LONGEST_ADDRESS, LONGEST_NOTE, LONGEST_TABLE

_FULFILMENTS = {"pickup": N_("Pick up"), "delivery": N_("Delivery"), "dine_in": N_("Eat here")}
_WAYS = {"guest": N_("As a guest"), "account": N_("With my account")}
_TIMES = {"now": N_("As soon as possible"), "later": N_("At a set time")}


def _at_most(characters: int) -> Length:
    return Length(max=characters, message=_l("At most %(characters)s characters.", characters=characters))


def _one(table: Mapping[str, str], code: str) -> dict[str, str]:
    """A choice that is none."""
    return {code: _(table[code])}


class CheckoutForm(FlaskForm):
    """Everything but the basket; `key` makes a form count once, however often its button is pressed."""

    fulfilment = RadioField(_l("How do you want it?"), choices=choices(_FULFILMENTS), default="pickup")
    address = StringField(_l("Delivery address"), [_at_most(LONGEST_ADDRESS)])
    # Where that is, when the guest's device was asked (customer/place.js); without, only the words of it are known.
    latitude = FloatField(widget=HiddenInput(), validators=[MayBeEmpty()])
    longitude = FloatField(widget=HiddenInput(), validators=[MayBeEmpty()])
    table = StringField(_l("Table"), [_at_most(LONGEST_TABLE)])
    when = RadioField(_l("When?"), choices=choices(_TIMES), default="now")
    scheduled_for = SelectField(_l("Time"), validate_choice=False)
    note = TextAreaField(_l("Note for the kitchen"), [_at_most(LONGEST_NOTE)])
    payment = RadioField(_l("Payment"), choices=choices(PAYMENTS), default="cash")
    key = HiddenField()

    def __init__(self, restaurant: Restaurant, *, open_now: bool) -> None:
        super().__init__()
        days = _by_day(restaurant)
        self.offered = {value for times in days.values() for value in times}
        self.scheduled_for.choices = {"": _("Choose a time"), **days}
        if restaurant.currency != payments.CURRENCY or current_app.config["PASSLINE"].mpesa_url is None:
            self.payment.choices = _one(PAYMENTS, "cash")
        if not open_now:
            self.when.choices = _one(_TIMES, "later")
            self.when.data = "later"
        if not self.key.data:
            self.renew_key()

    def renew_key(self) -> None:
        """Let the next press of the button be another order."""
        self.key.data = secrets.token_urlsafe(12)

    def sit_at(self, table: str) -> None:
        """Begin as somebody does who came by the code on their table."""
        if table.strip() and len(table) <= LONGEST_TABLE:
            self.fulfilment.data, self.table.data = "dine_in", table.strip()

    def time(self) -> datetime | None:
        """When it is wanted; None: as soon as possible."""
        return datetime.fromisoformat(str(self.scheduled_for.data)) if self.when.data == "later" else None

    def door(self) -> tuple[float, float] | None:
        """Latitude and longitude of the address in degrees, if they are known."""
        if self.fulfilment.data != "delivery" or self.latitude.data is None or self.longitude.data is None:
            return None
        return self.latitude.data, self.longitude.data

    def validate_address(self, field: StringField) -> None:
        """A delivery needs one."""
        if self.fulfilment.data == "delivery" and not (field.data or "").strip():
            raise ValidationError(_("Where to?"))

    def validate_scheduled_for(self, field: SelectField) -> None:
        """A set time is one of those that are offered; they pass while a page lies open."""
        if self.when.data == "later" and field.data not in self.offered:
            raise ValidationError(_("Choose a time.") if not field.data else _("That time has passed; choose another."))


def _only(way: str, asks: str) -> Callable[[FlaskForm, Field], None]:
    """Needed by whoever orders this `way`, and not looked at of the others."""

    def check(form: FlaskForm, field: Field) -> None:
        if form["who"].data != way:
            field.errors = []
            raise StopValidation
        if not (field.data or "").strip():
            raise StopValidation(asks)

    return check


class VisitorForm(CheckoutForm):
    """The same for whoever has not logged in: as a guest, or with e-mail and password, so that no basket is lost."""

    who = RadioField(_l("Who orders?"), choices=choices(_WAYS), default="guest")
    name = StringField(_l("Your name"), [_only("guest", _l("How are you called?")), _at_most(120)])
    phone = TelField(_l("Your phone"), [_only("guest", _l("Your phone number.")), _at_most(30)])
    email = EmailField(_l("E-mail"), [_only("account", _l("Your e-mail address.")), Length(max=254)])
    password = PasswordField(_l("Password"), [_only("account", _l("Your password.")), Length(max=passwords.LONGEST)])

    def is_guests(self) -> bool:
        """Whether it is sent by somebody without an account."""
        return bool(self.who.data == "guest")

    def phone_in(self, currency: str) -> str:
        """The guest's phone in E.164; Invalid says what is wrong with it."""
        return phones.parse(self.phone.data or "", phones.region_of(currency))

    def mark(self) -> str:
        """What only this form of this browser holds: its key, and the secret of the cookie that it was drawn for."""
        return f"{session.get('csrf_token', '')}:{self.key.data}"


def _by_day(restaurant: Restaurant) -> dict[str, dict[str, str]]:
    """The times that can be chosen, by service day: what follows midnight stands under the evening before."""
    at = now()
    days: dict[date, dict[str, str]] = defaultdict(dict)
    for time in times_ahead(restaurant, at):
        day = restaurant.service_day(time)
        local = time.astimezone(restaurant.zone)
        clock = f"{local:%H:%M}"
        days[day][iso(time)] = clock if local.date() == day else _("%(time)s (after midnight)", time=clock)
    today = restaurant.service_day(at)
    names = {today: _("Today"), today + timedelta(days=1): _("Tomorrow")}
    return {
        names.get(day) or format_date(day, "EEEE d MMMM", locale=language.current()): times
        for day, times in days.items()
    }
