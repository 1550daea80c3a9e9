"""The pages behind mailed links: an invitation, and a password that was forgotten.

To open one changes nothing (mail scanners open links); its button uses it up. The address is the key, so no other page,
store or search engine hears of it.
"""

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import EmailField
from wtforms.validators import InputRequired, Length

from app import language
from app.domain import invitations, password_resets
from app.domain.mails import PATHS
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import OneTimeLink

from . import login_limits
from .password_forms import new_password
from .refusals import shown_on

bp = Blueprint("account_links", __name__)


class ForgottenForm(FlaskForm):
    """Whose password it is."""

    email = EmailField(_l("E-mail"), [InputRequired(_l("Your e-mail address.")), Length(max=254)])


class PasswordForm(FlaskForm):
    """The password that is to be."""

    password = new_password(_l("A password."))


@bp.get("/password-reset")
def forgotten() -> ResponseReturnValue:
    return _asked(ForgottenForm(), 200)


@bp.post("/password-reset")
@login_limits.mails_by_address
@login_limits.mails_by_email
def forgotten_post() -> ResponseReturnValue:
    form = ForgottenForm()
    if not form.validate():
        return _asked(form, 422)
    if current_app.config["PASSLINE"].sends_mail:
        password_resets.request(form.email.data or "", language.current())
    return render_template("password_forgotten.html", form=form, asked=True)


@bp.get("/password-reset/<token>")
def reset(token: str) -> ResponseReturnValue:
    return _page(password_resets.opened(token), PasswordForm(), 200)


@bp.post("/password-reset/<token>")
def reset_post(token: str) -> ResponseReturnValue:
    link, form = password_resets.opened(token), PasswordForm()
    if not form.validate():
        return _page(link, form, 422)
    with shown_on(form) as refusal:
        password_resets.redeem(token, form.password.data or "")
    return _page(link, form, refusal.status) if refusal else _log_in(_("Your new password is set. Log in with it."))


@bp.get("/invitation/<token>")
def invitation(token: str) -> ResponseReturnValue:
    return _page(invitations.opened(token), PasswordForm(), 200)


@bp.post("/invitation/<token>")
def invitation_post(token: str) -> ResponseReturnValue:
    link, form = invitations.opened(token), PasswordForm()
    if not form.validate():
        return _page(link, form, 422)
    with shown_on(form) as refusal:
        invitations.accept(token, form.password.data or "")
    return _page(link, form, refusal.status) if refusal else _log_in(_("Your password is set. Log in with it."))


@bp.after_request
def _keep_address(response: Response) -> Response:
    if request.path.startswith(tuple(f"{path}/" for path in PATHS.values())):
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _log_in(words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("accounts.login"), 303)


def _asked(form: ForgottenForm, status: int) -> ResponseReturnValue:
    return render_template("password_forgotten.html", form=form, asked=False), status


def _page(link: OneTimeLink, form: PasswordForm, status: int) -> ResponseReturnValue:
    return render_template("password_by_link.html", link=link, form=form), status
