"""A link that was made just now, on the page of its person, once: only its hash is stored.

Until then the token waits in the admin's own cookie, as a customer's tracking link does.
"""

from flask import current_app, flash, session, url_for

from app.domain.mails import path
from app.language import gettext as _
from app.models import Person
from app.views.security import keep_nowhere

_WAITING = "handed_link"


def keep(person: Person, purpose: str, token: str | None) -> None:
    """Let the next page of this person show the link, or say why there is none to show: an admin's is not."""
    if token is not None:
        session[_WAITING] = [person.id, purpose, token]
    elif current_app.config["PASSLINE"].sends_mail:
        flash(
            _(
                "A link is on its way to %(email)s. You do not see it: with it one becomes that admin.",
                email=person.email,
            ),
            "success",
        )
    else:
        flash(
            _(
                "No mail goes out here, and an admin's link is never shown to another admin. "
                "Whoever runs the machine makes it: flask users reset-link %(email)s",
                email=person.email,
            ),
            "warning",
        )


def to_show(person: Person) -> tuple[str, str] | None:
    """The purpose and the address of the link to `person`'s account that waits to be shown, this once."""
    person_id, purpose, token = session.get(_WAITING) or (None, "", "")
    if person_id != person.id:
        return None
    session.pop(_WAITING)
    keep_nowhere()
    site = current_app.config["PASSLINE"].public_url or url_for("accounts.home", _external=True).rstrip("/")
    return purpose, f"{site}{path(purpose, token)}"
