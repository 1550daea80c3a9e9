"""The list of people, newest first, by cursor; and inviting somebody."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import EmailField, IntegerField, SearchField, SelectField, StringField, TelField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.validators import Optional as MayBeEmpty

from app.contract.identity import Role
from app.domain import invitations, links, passwords, people_lists, staff
from app.domain.actor import ROLES
from app.domain.people_lists import Found, Wanted
from app.errors import Invalid
from app.extensions import db
from app.language import N_, choices
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Restaurant
from app.views.account import tidied
from app.views.loading import person as asking
from app.views.refusals import shown_on
from app.views.seen_forms import SeenForm

from . import BIGGEST_ID, bp
from .handed_links import keep

_PAGE = 40


class PeopleFilter(FlaskForm):
    """What the list is narrowed to; it asks and changes nothing, so it needs no CSRF token."""

    class Meta:
        csrf = False

    q = SearchField(_l("Search"), [MayBeEmpty(), Length(max=100)], filters=[lambda text: (text or "").strip()])
    role = SelectField(_l("Role"), [MayBeEmpty()], choices=choices({"": N_("Every role"), **ROLES}))
    restaurant = SelectField(_l("Restaurant"), [MayBeEmpty()])
    state = SelectField(_l("State"), [MayBeEmpty()], choices=choices(people_lists.STATES))
    after = IntegerField(validators=[MayBeEmpty(), NumberRange(min=0, max=BIGGEST_ID)])

    @property
    def narrows(self) -> dict[str, Any]:
        """The filters that are set, as they stand in the address."""
        return {name: self[name].data for name in ("q", "role", "restaurant", "state") if self[name].data}


class PersonForm(SeenForm):
    """Who somebody is: for an invitation, and for changing it."""

    name = StringField(_l("Name"), [InputRequired(_l("A name.")), Length(max=120)])
    phone = TelField(_l("Phone"), [MayBeEmpty(), Length(max=20)], filters=[tidied])
    role = SelectField(_l("Role"), [InputRequired(_l("What do they do?"))], choices=choices(ROLES))
    restaurant = SelectField(_l("Restaurant"), [MayBeEmpty()])
    staff_role = SelectField(_l("Duty there"), [MayBeEmpty()], choices=choices(staff.ROLES))

    def offer_restaurants(self) -> None:
        """Let the choice be one of those that there are."""
        self.restaurant.choices = {"": _("None"), **{slug: name for _id, slug, name in _restaurants()}}

    @property
    def chosen(self) -> dict[str, Any]:
        """What was filled in, as the verbs take it."""
        slug = self.restaurant.data
        found = db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one_or_none() if slug else None
        named = {"name": self.name.data or "", "phone": self.phone.data or None, "role": str(self.role.data)}
        return {**named, "restaurant": found, "staff_role": self.staff_role.data or None}


class InvitationForm(PersonForm):
    """The same with the address that they log in by."""

    email = EmailField(_l("E-mail"), [InputRequired(_l("An e-mail address.")), Length(max=254)])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list and where it lies."""

    found: Found
    form: PeopleFilter

    @property
    def first_url(self) -> str | None:
        """The newest page of the same list, from any other."""
        return None if self.form.after.data is None else url_for("admin.people", **self.form.narrows)

    @property
    def next_url(self) -> str | None:
        """The page of people who came before, if there are any."""
        if self.found.next is None:
            return None
        return url_for("admin.people", **self.form.narrows, after=self.found.next)


@bp.get("/people")
def people() -> str:
    return render_template(
        "admin/people.html", page=_page(), NOT_CHOSEN=passwords.NOT_CHOSEN, window=people_lists.WINDOW
    )


@bp.get("/people/new")
def person_new() -> ResponseReturnValue:
    return _invitation(InvitationForm(formdata=None, role=Role.VENDOR, staff_role=staff.LEAST), 200)


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
    keep(person, links.INVITATION, token)
    return redirect(url_for(".person", person_id=person.id), 303)


def _invitation(form: InvitationForm, status: int) -> ResponseReturnValue:
    form.offer_restaurants()
    return render_template("admin/person_new.html", form=form), status


def _page() -> Page:
    restaurants = {slug: (id, name) for id, slug, name in _restaurants()}
    form = PeopleFilter(request.args)
    form.restaurant.choices = {
        "": _("Every restaurant"),
        **{slug: name for slug, (_id, name) in restaurants.items()},
    }
    if not form.validate():
        raise Invalid(_("The list cannot be narrowed like this."), errors=form.errors)
    q = str(form.q.data or "")
    id = restaurants[form.restaurant.data][0] if form.restaurant.data else None
    wanted = Wanted(q, tidied(q), form.role.data or "", id, form.state.data or "")
    return Page(people_lists.page(db.session(), wanted, form.after.data, _PAGE), form)


def _restaurants() -> list[tuple[int, str, str]]:
    rows = db.session.execute(select(Restaurant.id, Restaurant.slug, Restaurant.name).order_by(Restaurant.name))
    return [(id, slug, name) for id, slug, name in rows]
