"""Logging in and out in a browser, and the way home for each role.

A log-in ends the session that the browser had, and begins a fresh cookie: nothing of before it survives.
"""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired, Length

from app.contract.identity import Role
from app.contract.tokens import SESSION_ID
from app.domain import access, passwords, sessions
from app.models import Person, Session

from . import loading, login_limits, restaurants
from .refusals import shown_on

bp = Blueprint("accounts", __name__)

_HOMES = {Role.CUSTOMER: "/orders/", Role.VENDOR: "/vendor/", Role.ADMIN: "/admin/", Role.DRIVER: "/driver/"}


class LoginForm(FlaskForm):
    """E-mail, password, and where the visitor wanted to go."""

    email = EmailField("E-mail", [InputRequired("Your e-mail address."), Length(max=254)])
    password = PasswordField("Password", [InputRequired("Your password."), Length(max=passwords.LONGEST)])
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
        sign_in(form.email.data, form.password.data)
    if refusal:
        return _page(form, refusal.status)
    return redirect(local_path(form.next.data))


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    _end_session()
    session.clear()
    flash("You are logged out.", "success")
    return redirect(url_for("accounts.login"))


@bp.post("/logout-everywhere")
def logout_everywhere() -> ResponseReturnValue:
    access.end_all(loading.person(), reason="logged_out_everywhere")
    session.clear()
    flash("You are logged out on every device.", "success")
    return redirect(url_for("accounts.login"))


def local_path(wanted: str | None) -> str:
    """`wanted` when it is a path of ours, else the way home: no log-in leads to a stranger's page."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc else wanted


def sign_in(email: str | None, password: str | None) -> Person:
    """Log this browser in as whoever has this e-mail and password; WrongCredentials when nobody has."""
    row = sessions.sign_in(
        email or "", password or "", user_agent=request.user_agent.string, address=request.remote_addr or ""
    )
    _end_session()
    session.clear()
    # The old cookie's CSRF token is remembered for the request; forms of this answer need one of the new cookie.
    g.pop("csrf_token", None)
    session[SESSION_ID] = row.id
    session.permanent = True
    g.credential = row
    g._login_user = row.person
    return row.person


def _end_session() -> None:
    """End the session that this browser came with, if it lasts."""
    if current_user.is_authenticated and isinstance(g.credential, Session):
        access.end(g.credential, reason="logged_out")


def _page(form: LoginForm, status: int) -> ResponseReturnValue:
    return render_template("login.html", form=form, restaurants=restaurants.listed()), status
