"""One person: who they are, what they are logged in with, what was done; and all that an admin may do about it."""

from flask import current_app, flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from app.domain import acting, invitations, links, password_resets, passwords, second_factors, staff
from app.domain import people as verbs
from app.errors import Conflict, Forbidden
from app.extensions import db
from app.language import gettext as _
from app.models import AuditEntry, Person, Session
from app.views import accesses
from app.views.loading import one
from app.views.loading import person as asking
from app.views.refusals import flashed, shown_on

from . import BIGGEST_ID, bp
from .audit import told
from .handed_links import keep, to_show
from .people import PersonForm

_PERSON = f"/people/<int(max={BIGGEST_ID}):person_id>"
_ENTRIES = 20


@bp.get(_PERSON)
def person(person_id: int) -> ResponseReturnValue:
    return _page(_load(person_id))


@bp.post(f"{_PERSON}/details")
def person_details(person_id: int) -> ResponseReturnValue:
    found, form = _load(person_id), PersonForm()
    form.offer_restaurants()
    if not form.validate():
        return _page(found, form, 422)
    with shown_on(form) as refusal:
        verbs.change(found, by=asking(), **form.chosen, seen=form.seen.data)
    if refusal:
        form.compare(refusal, _shown(found))
        return _page(found, form, refusal.status)
    flash(_("Saved."), "success")
    return _back(found)


@bp.post(f"{_PERSON}/deactivation")
def person_deactivation(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    with flashed():
        verbs.deactivate(found, by=asking())
        flash(_("%(name)s can no longer log in.", name=found.name), "success")
    return _back(found)


@bp.post(f"{_PERSON}/reactivation")
def person_reactivation(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    with flashed():
        verbs.reactivate(found, by=asking())
        flash(_("%(name)s can log in again.", name=found.name), "success")
    return _back(found)


@bp.post(f"{_PERSON}/invitation")
def person_invitation(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    with flashed():
        keep(found, links.INVITATION, invitations.renew(found, by=asking(), mailed=_sends_mail()))
    return _back(found)


@bp.post(f"{_PERSON}/reset-link")
def person_reset_link(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    with flashed():
        if _sends_mail():
            password_resets.send_link(found, by=asking())
            flash(_("A link is on its way to %(email)s.", email=found.email), "success")
        else:
            keep(found, links.PASSWORD_RESET, password_resets.hand_over(found, by=asking()))
    return _back(found)


@bp.post(f"{_PERSON}/second-factor-reset")
def person_second_factor_reset(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    with flashed():
        if found.id == asking().id:
            raise Conflict(_("Your own second factor is removed on your account's page, with a code."))
        second_factors.reset(found, by=asking())
        flash(
            _("%(name)s is asked for no code at the next log-in, and can set up a new one.", name=found.name), "success"
        )
    return _back(found)


@bp.post(f"{_PERSON}/accesses/end")
def person_accesses_end(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    verbs.log_out(found, by=asking())
    flash(_("%(name)s is logged out everywhere.", name=found.name), "success")
    return _back(found)


@bp.post(f"{_PERSON}/accesses/<handle>/end")
def person_access_end(person_id: int, handle: str) -> ResponseReturnValue:
    found = _load(person_id)
    verbs.end_access(accesses.one(found, handle), by=asking())
    flash(_("Ended."), "success")
    return _back(found)


@bp.post(f"{_PERSON}/acting")
def person_acting(person_id: int) -> ResponseReturnValue:
    found = _load(person_id)
    with flashed() as refusal:
        if not isinstance(g.credential, Session):
            raise Forbidden(_("A program acts as nobody else."))
        acting.start(g.credential, found)
    return _back(found) if refusal else redirect(url_for("accounts.home"), 303)


def _load(person_id: int) -> Person:
    asking()
    return one(select(Person).where(Person.id == person_id))


def _back(found: Person) -> ResponseReturnValue:
    return redirect(url_for(".person", person_id=found.id), 303)


def _sends_mail() -> bool:
    return bool(current_app.config["PASSLINE"].sends_mail)


def _shown(found: Person) -> PersonForm:
    """The form, filled in with who the person is."""
    who = {"name": found.name, "phone": found.phone, "role": found.role, "seen": verbs.mark(found)}
    slug = found.restaurant.slug if found.restaurant else ""
    duty = found.staff_role if found.restaurant else staff.LEAST
    form = PersonForm(formdata=None, restaurant=slug, staff_role=duty, **who)
    form.offer_restaurants()
    return form


def _page(found: Person, form: PersonForm | None = None, status: int = 200) -> ResponseReturnValue:
    page = render_template(
        "admin/person.html",
        person=found,
        form=form or _shown(found),
        is_invited=found.password_hash == passwords.NOT_CHOSEN and not found.is_guest,
        invitation=links.invited(found),
        handed=to_show(found),
        factor=second_factors.of(found),
        accesses=accesses.of(found, g.credential),
        entries=[told(entry) for entry in _entries(found)],
        sends_mail=_sends_mail(),
    )
    return page, status


def _entries(found: Person) -> list[AuditEntry]:
    """The newest that tell of the person, or of what they did."""
    about = (AuditEntry.subject_kind == "person") & (AuditEntry.subject_id == str(found.id))
    theirs = or_(about, AuditEntry.actor_id == found.id, AuditEntry.acted_by_id == found.id)
    query = select(AuditEntry).where(theirs).order_by(AuditEntry.id.desc()).limit(_ENTRIES)
    return list(db.session.scalars(query))
