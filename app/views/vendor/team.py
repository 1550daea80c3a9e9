"""Who works here, and what they may do: for managers."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.contract.identity import Role
from app.domain import staff
from app.extensions import db
from app.language import N_
from app.language import gettext as _
from app.models import Person
from app.views import loading
from app.views.loading import person
from app.views.refusals import flashed

from . import bp
from .board import kitchen_of

_ADDRESS = "/staff/<int(max=9223372036854775807):person_id>"
_MAY = {
    "manager": N_("Everything, and settings, statistics and staff."),
    "cook": N_("The board and every step of an order."),
    "counter": N_("The board, the list of orders, prints and handing over."),
}


@bp.get("/staff")
def team() -> str:
    people = staff.of_restaurant(db.session(), kitchen_of(person()).id)
    return render_template("vendor/team.html", people=people, roles=staff.ROLES, may_do=_MAY)


@bp.post(f"{_ADDRESS}/role")
def team_role(person_id: int) -> ResponseReturnValue:
    colleague = _colleague(person_id)
    with flashed() as refusal:
        changed = staff.give_role(colleague.id, request.form.get("staff_role", ""), by=person())
    if not refusal:
        role = _(staff.ROLES[changed.staff_role]).lower()
        flash(_("%(name)s is %(role)s now and has to log in again.", name=changed.name, role=role), "success")
    return redirect(url_for("vendor.team"), 303)


@bp.post(f"{_ADDRESS}/activity")
def team_activity(person_id: int) -> ResponseReturnValue:
    active = request.form.get("active") == "y"
    colleague = _colleague(person_id)
    with flashed() as refusal:
        changed = staff.set_active(colleague.id, active, by=person())
    if not refusal:
        said = _("%(name)s may log in again.") if active else _("%(name)s may not log in any more.")
        flash(said % {"name": changed.name}, "success")
    return redirect(url_for("vendor.team"), 303)


def _colleague(person_id: int) -> Person:
    mine = (Person.restaurant_id == person().restaurant_id, Person.role == Role.VENDOR)
    return loading.one(select(Person).where(Person.id == person_id, *mine))
