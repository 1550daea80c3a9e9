"""The list of people, newest first, by cursor; and inviting somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload
from wtforms import EmailField, IntegerField, SearchField, SelectField, StringField, TelField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as MayBeEmpty

from app.contract.identity import Role
from app.domain import invitations, passwords
from app.errors import Invalid
from app.extensions import db
from app.language import N_, choices
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Person, Restaurant
from app.views.account import tidied
from app.views.loading import person as asking
from app.views.refusals import shown_on

from . import BIGGEST_ID, bp
from .handed_links import keep

_PAGE = 40
ROLES = {role.value: role.value.capitalize() for role in Role}
_STATES = {"": N_("Everybody"), "active": N_("Active"), "invited": N_("Invited"), "off": N_("Deactivated")}


class PeopleFilter(FlaskForm):
    """What the list is narrowed to; it asks and changes nothing, so it needs no CSRF token."""

    class Meta:
        csrf = False

    q = SearchField(_l("Search"), [MayBeEmpty(), Length(max=100)], filters=[lambda text: (text or "").strip()])
    role = SelectField(_l("Role"), [MayBeEmpty()], choices=choices({"": N_("Every role"), **ROLES}))
    restaurant = SelectField(_l("Restaurant"), [MayBeEmpty()])
    state = SelectField(_l("State"), [MayBeEmpty()], choices=choices(_STATES))
    after = IntegerField(validators=[MayBeEmpty(), NumberRange(min=0, max=BIGGEST_ID)])

    @property
    def narrows(self) -> dict[str, Any]:
        """The filters that are set, as they stand in the address."""
        return {name: self[name].data for name in ("q", "role", "restaurant", "state") if self[name].data}


class PersonForm(FlaskForm):
    """Who somebody is: for an invitation, and for changing it."""

    name = StringField(_l("Name"), [InputRequired(_l("A name.")), Length(max=120)])
    phone = TelField(_l("Phone"), [MayBeEmpty(), Length(max=20)], filters=[tidied])
    role = SelectField(_l("Role"), [InputRequired(_l("What do they do?"))], choices=choices(ROLES))
    restaurant = SelectField(_l("Restaurant"), [MayBeEmpty()])

    def offer_restaurants(self) -> None:
        """Let the choice be one of those that there are."""
        self.restaurant.choices = {"": _("None"), **dict(_restaurants())}

    @property
    def chosen(self) -> dict[str, Any]:
        """What was filled in, as the verbs take it."""
        slug = self.restaurant.data
        found = db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one_or_none() if slug else None
        named = {"name": self.name.data or "", "phone": self.phone.data or None, "role": str(self.role.data)}
        return {**named, "restaurant": found}


class InvitationForm(PersonForm):
    """The same with the address that they log in by."""

    email = EmailField(_l("E-mail"), [InputRequired(_l("An e-mail address.")), Length(max=254)])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list and where it lies."""

    people: Sequence[Person]
    form: PeopleFilter
    next_after: int | None

    @property
    def first_url(self) -> str | None:
        """The newest page of the same list, from any other."""
        return None if self.form.after.data is None else url_for("admin.people", **self.form.narrows)

    @property
    def next_url(self) -> str | None:
        """The page of people who came before, if there are any."""
        if self.next_after is None:
            return None
        return url_for("admin.people", **self.form.narrows, after=self.next_after)


@bp.get("/people")
def people() -> str:
    return render_template("admin/people.html", page=_page(), NOT_CHOSEN=passwords.NOT_CHOSEN)


@bp.get("/people/new")
def person_new() -> ResponseReturnValue:
    return _invitation(InvitationForm(formdata=None, role=Role.VENDOR), 200)


@bp.post("/people/new")
def person_invite() -> ResponseReturnValue:
    form = InvitationForm()
    form.offer_restaurants()
    if not form.validate():
        return _invitation(form, 422)
    mailed = current_app.config["PASSLINE"].sends_mail
    with shown_on(form) as refusal:
        person, token = invitations.invite(email=form.email.data or "", by=asking(), mailed=mailed, **form.chosen)
    if refusal:
        return _invitation(form, refusal.status)
    keep(person, "invitation", token)
    return redirect(url_for(".person", person_id=person.id), 303)


def _invitation(form: InvitationForm, status: int) -> ResponseReturnValue:
    form.offer_restaurants()
    return render_template("admin/person_new.html", form=form), status


def _page() -> Page:
    form = PeopleFilter(request.args)
    form.restaurant.choices = {"": _("Every restaurant"), **dict(_restaurants())}
    if not form.validate():
        raise Invalid(_("The list cannot be narrowed like this."), errors=form.errors)
    query = _narrowed(select(Person).options(joinedload(Person.restaurant)), form)
    before = BIGGEST_ID if form.after.data is None else form.after.data
    found = db.session.scalars(query.where(Person.id < before).order_by(Person.id.desc()).limit(_PAGE + 1)).all()
    return Page(found[:_PAGE], form, found[_PAGE - 1].id if len(found) > _PAGE else None)


def _narrowed(query: Select[Person], form: PeopleFilter) -> Select[Person]:
    if form.role.data:
        query = query.where(Person.role == form.role.data)
    if form.restaurant.data:
        query = query.join(Restaurant).where(Restaurant.slug == form.restaurant.data)
    match form.state.data:
        case "active":
            query = query.where(Person.is_active, Person.password_hash != passwords.NOT_CHOSEN)
        case "invited":
            query = query.where(Person.is_active, Person.password_hash == passwords.NOT_CHOSEN)
        case "off":
            query = query.where(~Person.is_active)
    if q := str(form.q.data or ""):
        # The start of any word of a name, of an address, or of a phone number.
        starts = [Person.name.istartswith(q, autoescape=True), Person.name.icontains(f" {q}", autoescape=True)]
        starts += [Person.email.startswith(q.lower(), autoescape=True)]
        starts += [Person.phone.startswith(tidied(q), autoescape=True)] if tidied(q) else []
        query = query.where(or_(*starts))
    return query


def _restaurants() -> list[tuple[str, str]]:
    rows = db.session.execute(select(Restaurant.slug, Restaurant.name).order_by(Restaurant.name))
    return [(slug, name) for slug, name in rows]
