"""The mails of accounts: what they say, and the one way out. Run by a job (jobs/mail.py), never by a request."""

from app.extensions import db
from app.language import N_, speaking
from app.language import gettext as _
from app.models import Person
from app.providers import mail

from . import links

PATHS = {links.INVITATION: "/invitation", links.PASSWORD_RESET: "/password-reset"}

_INVITATION = N_("""Hello %(name)s,

you are invited to Passline, the order desk. Choose your password here:

%(address)s

The link works once, for 7 days. If you expected nothing like this, leave it unopened.
""")

_RESET = N_("""Hello %(name)s,

somebody, probably you, asked for a new password at Passline. Choose it here:

%(address)s

The link works once, for an hour. If it was not you, do nothing: your password stays what it is.
""")

_SAYS = {
    links.INVITATION: (N_("Your invitation to Passline"), _INVITATION),
    links.PASSWORD_RESET: (N_("Your new password at Passline"), _RESET),
}


def send_link(link_id: int, settings: mail.Settings, site: str, language: str | None = None) -> None:
    """Mail a one-time link to its person: `site` is our own address, https://host. NotSent may be tried again.

    It is written in the person's language; where they never said it, in `language`. Nothing is sent where there is
    nobody to send it to, or the link has ended meanwhile.
    """
    due = links.to_send(link_id)
    if due is None:
        return
    link, token = due
    person: Person | None = link.person
    if person is None or not person.is_active:
        return
    subject, text = _SAYS[link.purpose]
    address = f"{site}{path(link.purpose, token)}"
    with speaking(person.language or language):
        words = {"subject": _(subject), "text": _(text, name=person.name, address=address)}
    letter = {"to": person.email, **words}
    # Nobody's transaction stays open while a server thinks.
    db.session.rollback()
    mail.send(settings, **letter)


def path(purpose: str, token: str) -> str:
    """The path at which `token` opens a form (views/account_links.py)."""
    return f"{PATHS[purpose]}/{token}"
