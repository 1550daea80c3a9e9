"""Logging in and out in a browser, and the way home for each role.

A log-in ends the session that the browser had, and begins a fresh cookie: nothing of before it survives. Where there is
a second step, the first ends the old session as well, and opens nothing.
"""

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from app.contract.identity import Role
from app.contract.tokens import SESSION_ID
from app.domain import access, acting, passwords, second_factors, sessions
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Person, Session

from . import half_logins, loading, login_limits, new_secrets, restaurants
from .code_forms import CodeForm, picture
from .half_logins import Kept
from .local_paths import local_path
from .login_rules import rules
from .refusals import shown_on
from .security import forget_pages

bp = Blueprint("accounts", __name__)

_HOMES = {Role.CUSTOMER: "/orders/", Role.VENDOR: "/vendor/", Role.ADMIN: "/admin/", Role.DRIVER: "/driver/"}


class LoginForm(FlaskForm):
    """E-mail, password, and where the visitor wanted to go."""

    email = EmailField(_l("E-mail"), [InputRequired(_l("Your e-mail address.")), Length(max=254)])
    password = PasswordField(_l("Password"), [InputRequired(_l("Your password.")), Length(max=passwords.LONGEST)])
    next = HiddenField()


@bp.get("/")
def home() -> ResponseReturnValue:
    if not current_user.is_authenticated:
        return redirect(url_for("accounts.login"))
    return redirect(_HOMES[Role(current_user.role)])


@bp.get("/login")
def login() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")))
    return _page(LoginForm(next=request.args.get("next")), 200)


@bp.post("/login")
@login_limits.by_address
@login_limits.by_email
def login_post() -> ResponseReturnValue:
    form = LoginForm()
    if not form.validate():
        return _page(form, 422)
    with shown_on(form) as refusal:
        entered = sessions.enter(form.email.data or "", form.password.data or "", rules=rules())
    if refusal:
        return _page(form, refusal.status)
    if isinstance(entered, sessions.Half):
        _forget()
        half_logins.keep(entered, local_path(form.next.data))
        return redirect(url_for("accounts.second_step"))
    let_in(entered)
    return redirect(local_path(form.next.data))


@bp.get("/login/code")
def second_step() -> ResponseReturnValue:
    kept = half_logins.kept()
    return _second_page(kept, CodeForm(), 200) if kept else _again()


@bp.post("/login/code")
@login_limits.by_address
@login_limits.by_code
def second_step_post() -> ResponseReturnValue:
    kept, form = half_logins.kept(), CodeForm()
    if kept is None:
        return _again()
    secret = new_secrets.of(kept.person) if kept.half.enrols else ""
    if not form.validate():
        return _second_page(kept, form, 422)
    codes: list[str] = []
    with shown_on(form) as refusal:
        if kept.half.enrols:
            row, codes = sessions.enrol(kept.person, kept.half.mark, secret, form.code.data or "", rules=rules())
        else:
            row = sessions.finish(kept.person, kept.half.mark, form.code.data or "", rules=rules())
    if refusal:
        return _second_page(kept, form, refusal.status)
    let_in(row)
    if codes:
        return render_template("recovery_codes.html", codes=codes, next=kept.next)
    return redirect(kept.next)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    _forget()
    flash(_("You are logged out."), "success")
    return forget_pages(redirect(url_for("accounts.login")))


@bp.post("/logout-everywhere")
def logout_everywhere() -> ResponseReturnValue:
    access.end_all(loading.themselves(), reason="logged_out_everywhere")
    session.clear()
    flash(_("You are logged out on every device."), "success")
    return forget_pages(redirect(url_for("accounts.login")))


@bp.post("/acting/stop")
def acting_stop() -> ResponseReturnValue:
    """Let an admin who acts as somebody be themselves again."""
    loading.person()
    acted = current_user.id if current_user.acted_by else None
    if acted is None or not acting.stop(g.credential):
        return redirect("/", 303)
    flash(_("You are yourself again."), "success")
    return redirect(url_for("admin.person", person_id=acted), 303)


def sign_in(email: str | None, password: str | None) -> Person:
    """Log this browser in as whoever has this e-mail and password; WrongCredentials when nobody has."""
    row = sessions.sign_in(email or "", password or "", rules=rules())
    let_in(row)
    return row.person


def let_in(row: Session) -> None:
    """Give this browser the session `row`, in a fresh cookie."""
    _forget()
    session[SESSION_ID] = row.id
    session.permanent = True
    g.credential = row
    g._login_user = row.person


def _forget() -> None:
    """End the session that this browser came with, if it lasts, and leave nothing of its cookie."""
    if current_user.is_authenticated and isinstance(g.credential, Session):
        access.end(g.credential, reason="logged_out")
    session.clear()
    # The old cookie's CSRF token is remembered for the request; forms of this answer need one of the new cookie.
    g.pop("csrf_token", None)


def _again() -> ResponseReturnValue:
    flash(_("That took too long. Log in again."), "info")
    return redirect(url_for("accounts.login"))


def _page(form: LoginForm, status: int) -> ResponseReturnValue:
    return render_template("login.html", form=form, restaurants=restaurants.listed()), status


def _second_page(kept: Kept, form: CodeForm, status: int) -> ResponseReturnValue:
    if not kept.half.enrols:
        return render_template("login_code.html", form=form), status
    secret = new_secrets.of(kept.person)
    shown = {"picture": picture(second_factors.address(secret, kept.person)), "secret": second_factors.shown(secret)}
    return render_template("login_enrol.html", form=form, **shown), status
