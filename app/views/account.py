"""One's own account: name and phone, password, second factor, and what one is logged in with.

All of it is the person's alone: an admin who acts as them sees the page and changes nothing on it.
"""

from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField, TelField
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as MayBeEmpty

from app.domain import passwords, people, second_factors
from app.errors import Conflict
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Person

from . import accesses, loading, login_limits, new_secrets
from .code_forms import CodeForm, picture
from .login_rules import rules
from .password_forms import new_password
from .refusals import flashed, shown_on
from .security import forget_pages
from .seen_forms import SeenForm

bp = Blueprint("account", __name__, url_prefix="/account")


def tidied(text: str | None) -> str:
    """A phone number as people type it, without what they put between the digits."""
    return "".join(letter for letter in text or "" if letter not in " -()./")


class DetailsForm(SeenForm):
    """What people are called, and where they are called."""

    name = StringField(_l("Name"), [InputRequired(_l("A name.")), Length(max=120)])
    phone = TelField(_l("Phone"), [MayBeEmpty(), Length(max=20)], filters=[tidied])


class PasswordForm(FlaskForm):
    """The password that is, and the one that is to be."""

    old = PasswordField(_l("Old password"), [InputRequired(_l("Your old password.")), Length(max=passwords.LONGEST)])
    password = new_password(_l("A new password."))


class ProofForm(FlaskForm):
    """The password, asked again before something that a found browser must not be able to do."""

    current = PasswordField(_l("Your password"), [InputRequired(_l("Your password.")), Length(max=passwords.LONGEST)])


@bp.before_request
def _not_for_guests() -> None:
    if current_user.is_authenticated:
        people.keep_no_account(current_user)


@bp.get("")
def page() -> ResponseReturnValue:
    return _page(loading.person())


@bp.post("")
def details() -> ResponseReturnValue:
    person, form = loading.themselves(), DetailsForm()
    if not form.validate():
        return _page(person, details=form, status=422)
    with shown_on(form) as refusal:
        people.change_own(person, name=form.name.data or "", phone=form.phone.data or None, seen=form.seen.data)
    if refusal:
        form.compare(refusal, _details(person))
        return _page(person, details=form, status=refusal.status)
    flash(_("Saved."), "success")
    return redirect(url_for(".page"), 303)


@bp.post("/password")
@login_limits.by_person
def password() -> ResponseReturnValue:
    person, form = loading.themselves(), PasswordForm()
    if not form.validate():
        return _page(person, password=form, status=422)
    with shown_on(form) as refusal:
        people.change_own_password(person, form.old.data or "", form.password.data or "")
    if refusal:
        return _page(person, password=form, status=refusal.status)
    session.clear()
    flash(
        _("Your password is changed, and every log-in with the old one has ended. Log in with the new one."), "success"
    )
    return forget_pages(redirect(url_for("accounts.login"), 303))


@bp.post("/second-factor")
@login_limits.by_person
def second_factor_begin() -> ResponseReturnValue:
    """A secret for the app, whose first code the page asks for."""
    person, form = loading.themselves(), ProofForm()
    if not form.validate():
        return _page(person, proof=form, status=422)
    with shown_on(form) as refusal:
        secret = new_secrets.keep(person, second_factors.begin(person, form.current.data or ""))
    if refusal:
        return _page(person, proof=form, status=refusal.status)
    return _set_up(person, secret, CodeForm(formdata=None), 200)


@bp.post("/second-factor/confirmation")
@login_limits.by_code
def second_factor_confirm() -> ResponseReturnValue:
    person, form = loading.themselves(), CodeForm()
    secret = new_secrets.kept(person)
    if secret is None:
        raise Conflict(_("There is no second factor to confirm; begin again."))
    if not form.validate():
        return _set_up(person, secret, form, 422)
    with shown_on(form) as refusal:
        codes = second_factors.confirm(person, secret, form.code.data or "", within=g.credential)
    if refusal:
        return _set_up(person, secret, form, refusal.status)
    new_secrets.forget()
    return render_template("recovery_codes.html", codes=codes, next=url_for(".page"))


@bp.post("/second-factor/recovery-codes")
@login_limits.by_code
def recovery_codes() -> ResponseReturnValue:
    person, form = loading.themselves(), CodeForm()
    with shown_on(form) as refusal:
        codes = second_factors.renew_codes(person, form.code.data or "")
    if refusal:
        return _page(person, code=form, status=refusal.status)
    return render_template("recovery_codes.html", codes=codes, next=url_for(".page"))


@bp.post("/second-factor/removal")
@login_limits.by_code
def second_factor_removal() -> ResponseReturnValue:
    person, form = loading.themselves(), CodeForm()
    with shown_on(form) as refusal:
        if not rules().let_in(person, proved=False):
            raise Conflict(
                _("Admins must have a second factor here. To change the phone, ask another admin for a reset.")
            )
        second_factors.remove(person, form.code.data or "")
    if refusal:
        return _page(person, code=form, status=refusal.status)
    flash(_("Nobody asks you for a code any more."), "success")
    return redirect(url_for(".page"), 303)


@bp.post("/accesses/<handle>/end")
def access_end(handle: str) -> ResponseReturnValue:
    asking = loading.themselves()
    row = accesses.one(asking, handle)
    with flashed():
        people.end_access(row, by=asking)
        flash(_("Ended."), "success")
    return redirect(url_for(".page", _anchor="accesses"), 303)


def _set_up(person: Person, secret: str, form: CodeForm, status: int) -> ResponseReturnValue:
    shown = {"picture": picture(second_factors.address(secret, person)), "secret": second_factors.shown(secret)}
    return render_template("account_second_factor.html", form=form, **shown), status


def _details(person: Person) -> DetailsForm:
    return DetailsForm(formdata=None, obj=person, seen=people.mark(person))


def _page(person: Person, *, status: int = 200, **forms: Any) -> ResponseReturnValue:
    drawn = {
        "details": _details(person),
        "password": PasswordForm(formdata=None),
        "proof": ProofForm(formdata=None),
        "code": CodeForm(formdata=None),
    }
    page = render_template(
        "account.html",
        forms={**drawn, **forms},
        factor=second_factors.of(person),
        codes_left=second_factors.codes_left(person),
        must_have=not rules().let_in(person, proved=False),
        accesses=accesses.of(person, g.credential),
        acting=current_user.acted_by,
    )
    return page, status
