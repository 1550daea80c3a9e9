"""A link that was made just now, on the page of its person, once: only its hash is stored.

Until then the token waits in the admin's own cookie, as a customer's tracking link does.
"""

from flask import current_app, session, url_for

from app.domain.mails import path
from app.models import Person

_WAITING = "handed_link"


def keep(person: Person, purpose: str, token: str) -> None:
    """Let the next page of this person show the link."""
    session[_WAITING] = [person.id, purpose, token]


def to_show(person: Person) -> tuple[str, str] | None:
    """The purpose and the address of the link to `person`'s account that waits to be shown, this once."""
    person_id, purpose, token = session.get(_WAITING) or (None, "", "")
    if person_id != person.id:
        return None
    session.pop(_WAITING)
    site = current_app.config["PASSLINE"].public_url or url_for("accounts.home", _external=True).rstrip("/")
    return purpose, f"{site}{path(purpose, token)}"
