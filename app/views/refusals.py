"""A verb's refusal, told to a person where they are: on the form that was posted, or above the page they go back to.

Everywhere else a refusal becomes an error page, and for programs problem JSON (problems.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import flash
from flask_wtf import FlaskForm

from app.errors import DomainError, WrongCode, WrongCredentials
from app.extensions import db
from app.language import gettext as _

from . import login_limits
from .problems import wants_json


class Refusal:
    """False until something was refused; then what, and the status of the page that says so."""

    def __init__(self) -> None:
        self.error: DomainError | None = None

    def __bool__(self) -> bool:
        return self.error is not None

    @property
    def status(self) -> int:
        """The error's own HTTP status, but 422 for a wrong password: the form is not right, the page may be seen."""
        if self.error is None:
            return 200
        return 422 if isinstance(self.error, WrongCredentials) else self.error.status

    def note(self, error: DomainError) -> None:
        """Remember `error`; what the verb had half written is over, and the page reads afresh."""
        db.session.rollback()
        self.error = error
        if isinstance(error, WrongCredentials):
            login_limits.note_failure()
        if isinstance(error, WrongCode):
            login_limits.note_wrong_code()


@contextmanager
def shown_on(form: FlaskForm) -> Iterator[Refusal]:
    """Put a DomainError raised inside onto `form`: field errors beside their fields, anything else above them all."""
    refusal = Refusal()
    try:
        yield refusal
    except DomainError as error:
        refusal.note(error)
        errors: dict[str, list[str]] = error.members.get("errors", {})
        homeless = [message for name, messages in errors.items() if name not in form for message in messages]
        for name in errors.keys() & form._fields.keys():
            form[name].errors = [*form[name].errors, *errors[name]]
        if homeless or not errors:
            form.form_errors.append(" ".join([_(error.detail), *homeless]))


@contextmanager
def flashed(kind: type[DomainError] = DomainError) -> Iterator[Refusal]:
    """Say an error of `kind` raised inside above the page that comes next; scripts of ours get it as problem JSON."""
    refusal = Refusal()
    try:
        yield refusal
    except kind as error:
        if wants_json():
            raise
        refusal.note(error)
        flash(_(error.detail), "danger")
