"""What the list of orders is narrowed to and sorted by, as its address says; for its pages and its CSV alike."""

from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from wtforms import DateField, Field, SearchField, SelectField, StringField
from wtforms.validators import Length, Optional, Regexp, ValidationError

from app.domain import days
from app.domain.order_lists import PAID, SORTS, Cursor, Wanted
from app.domain.order_states import CANCELLATION_KINDS, CANCELLED, FULFILMENTS, LABELS, PAYMENTS
from app.errors import Invalid
from app.extensions import db
from app.language import N_, choices
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Restaurant

from . import BIGGEST_ID
from .listing import ListFilter, stripped

_ONLY = {"": N_("Any ending"), "late": N_("Late"), "unclaimed": N_("Waiting too long"), **CANCELLED}


class OrderFilter(ListFilter):
    """All that the list can be asked for. `after` is the place of the last row before: an id, or a key and an id."""

    narrowing = ("q", "status", "restaurant", "only", "fulfilment", "payment", "begins", "ends")

    q = SearchField(_l("Search"), [Optional(), Length(max=100)], filters=[stripped])
    status = SelectField(_l("Status"), [Optional()], choices=choices({"": N_("Every status"), **LABELS}))
    restaurant = SelectField(_l("Restaurant"), [Optional()])
    only = SelectField(_l("Late or cancelled"), [Optional()], choices=choices(_ONLY))
    fulfilment = SelectField(
        _l("How"), [Optional()], choices=choices({"": N_("Pickup, delivery, eat in"), **FULFILMENTS})
    )
    payment = SelectField(_l("Payment"), [Optional()], choices=choices({"": N_("Any payment"), **PAYMENTS, **PAID}))
    begins = DateField(_l("From"), [Optional()])
    ends = DateField(_l("Until"), [Optional()])
    sort = SelectField(_l("Sort"), [Optional()], choices=choices(SORTS), default="newest")
    # A key and an id, where other lists have an id alone.
    after = StringField(  # type: ignore[assignment]
        validators=[Optional(), Regexp(r"\A\d{1,19}(\.\d{1,19})?\Z", message=_l("No place in the list."))],
        filters=[lambda text: text or None],
    )

    def validate_after(self, field: Field) -> None:
        """A place holds two numbers that a database takes."""
        if any(int(part) > BIGGEST_ID for part in str(field.data).split(".") if part.isdecimal()):
            raise ValidationError(_("No place in the list."))

    def validate_ends(self, field: Field) -> None:
        """Days are asked for in their order."""
        if field.data and self.begins.data and field.data < self.begins.data:
            raise ValidationError(_("The last day is before the first."))

    @property
    def narrows(self) -> dict[str, Any]:
        """The filters that are set, and the sort where it is not the usual one, as they stand in the address."""
        sort = {"sort": self.sort.data} if self.sort.data not in (None, "", "newest") else {}
        return {**super().narrows, **sort}

    @property
    def is_usual(self) -> bool:
        """Whether it is the whole list, newest first."""
        return not self.narrows

    @property
    def cursor(self) -> Cursor | None:
        """The place in the list that `after` says."""
        if not self.after.data:
            return None
        key, _dot, id = str(self.after.data).partition(".")
        return int(key), int(id or key)


def spelt(cursor: Cursor | None) -> str | None:
    """A place in the list as addresses say it."""
    if cursor is None:
        return None
    key, id = cursor
    return str(id) if key == id else f"{key}.{id}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter together with what it means: restaurants by their ids, days as instants of the house's clock."""

    form: OrderFilter
    wanted: Wanted
    zone: ZoneInfo

    @classmethod
    def in_address(cls) -> Self:
        """As the address of this request says it; Invalid says what cannot be asked."""
        return cls.of(request.args)

    @classmethod
    def of(cls, args: "MultiDict[str, str]") -> Self:
        """The same of any `args`."""
        names = select(Restaurant.id, Restaurant.slug, Restaurant.name).order_by(Restaurant.name)
        restaurants = {slug: (id, name) for id, slug, name in db.session.execute(names)}
        form = OrderFilter(args)
        form.restaurant.choices = {
            "": _("Every restaurant"),
            **{slug: name for slug, (_id, name) in restaurants.items()},
        }
        if not form.validate():
            raise Invalid(_("The list cannot be narrowed like this."), errors=form.errors)
        zone = days.house_zone(db.session())
        id = restaurants[form.restaurant.data][0] if form.restaurant.data else None
        return cls(form, _wanted(form, id, zone), zone)

    @property
    def query(self) -> str:
        """The filter as a query string, without a place in the list."""
        return urlencode(self.form.narrows)


def _wanted(form: OrderFilter, restaurant_id: int | None, zone: ZoneInfo) -> Wanted:
    only = form.only.data or ""
    is_kind = only in CANCELLATION_KINDS
    return Wanted(
        text=form.q.data or "",
        status=form.status.data or "",
        restaurant_id=restaurant_id,
        fulfilment=form.fulfilment.data or "",
        payment=form.payment.data or "",
        cancelled=only if is_kind else "",
        only="" if is_kind else only,
        begins=days.span_of(form.begins.data, zone).begins if form.begins.data else None,
        ends=days.span_of(form.ends.data, zone).ends if form.ends.data else None,
        sort=form.sort.data or "newest",
    )
