"""One-time links: the part that invitations and resets of a password share.

A link is used by a guarded update: of two who press its button at once, one sets the password. A new link takes the
place of those of its kind that were sent before, and a password that was set, however, ends them all. The token is
random, stored hashed, and told once: to the admin who hands it over, or in the mail, for which it is made when the mail
is sent, so that it stands in no job and in no table.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.contract.times import now
from app.contract.tokens import digest, new_link_token
from app.errors import LinkUnknown
from app.extensions import atomic, db
from app.models import OneTimeLink, Person

from . import jobs

INVITATION, PASSWORD_RESET = "invitation", "password_reset"
LASTS = {INVITATION: timedelta(days=7), PASSWORD_RESET: timedelta(hours=1)}
# How long a link that leads nowhere any more is remembered.
_KEPT = timedelta(days=30)


def make(session: Session, purpose: str, person: Person, *, mailed: bool) -> str:
    """A new link for `person` in place of older ones; its token, to hand over. `mailed`: another goes out by mail.

    Either of the two ends the other when it is used.
    """
    _supersede(session, purpose, person.id)
    token = new_link_token()
    _add(session, purpose, person.id, token)
    if mailed:
        _mail(session, _add(session, purpose, person.id))
    return token


def make_mailed(session: Session, purpose: str, person_id: int | None, language: str | None = None) -> None:
    """A new link in place of older ones, which goes out by mail; for nobody (None) the same is written, and no mail.

    The mail is written in `language` where the person never said theirs.
    """
    _supersede(session, purpose, person_id)
    _mail(session, _add(session, purpose, person_id), language)


def opened(token: str, purpose: str) -> OneTimeLink:
    """The link that `token` opens; LinkUnknown when it does not, or not any more."""
    query = select(OneTimeLink).where(OneTimeLink.token_hash == digest(token), OneTimeLink.purpose == purpose)
    row = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.person is None or not row.lasts(now()) or not row.person.is_active:
        raise LinkUnknown
    return row


def use(session: Session, link: OneTimeLink) -> Person:
    """Use `link` up; whose it is. LinkUnknown when somebody was faster."""
    at = now()
    used = session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.lasting(at))
        .values(used_at=at, ended_at=at)
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount or link.person is None:  # type: ignore[attr-defined]
        raise LinkUnknown
    return link.person


def end_all(session: Session, person: Person) -> None:
    """No link opens anything of `person` any more."""
    _end(session, OneTimeLink.person_id == person.id)


def invited(person: Person) -> OneTimeLink | None:
    """The newest invitation of `person` that can still be accepted."""
    query = select(OneTimeLink).where(
        OneTimeLink.person_id == person.id, OneTimeLink.purpose == INVITATION, OneTimeLink.lasting(now())
    )
    return db.session.scalars(query.order_by(OneTimeLink.id.desc()).limit(1)).first()


def to_send(link_id: int) -> tuple[OneTimeLink, str] | None:
    """The link of a mail that is due, with a new token for it; None when there is nobody to send it to, or no need.

    A mail that is tried again gets another token: that of the first try opens nothing then.
    """
    token = new_link_token()
    with atomic() as session:
        sent = session.execute(
            update(OneTimeLink)
            .where(OneTimeLink.id == link_id, OneTimeLink.person_id.is_not(None), OneTimeLink.lasting(now()))
            .values(token_hash=digest(token))
            .execution_options(synchronize_session=False)
        )
    if not sent.rowcount:  # type: ignore[attr-defined]
        return None
    return db.session.get_one(OneTimeLink, link_id, populate_existing=True), token


def forget_old() -> int:
    """Drop links that have led nowhere for a month; how many went."""
    with atomic() as session:
        gone = session.execute(
            delete(OneTimeLink)
            .where(OneTimeLink.expires_at < now() - _KEPT)
            .execution_options(synchronize_session=False)
        )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _add(session: Session, purpose: str, person_id: int | None, token: str | None = None) -> OneTimeLink:
    at: datetime = now()
    link = OneTimeLink(
        purpose=purpose,
        person_id=person_id,
        token_hash=digest(token) if token else None,
        created_at=at,
        expires_at=at + LASTS[purpose],
    )
    session.add(link)
    session.flush()
    return link


def _mail(session: Session, link: OneTimeLink, language: str | None = None) -> None:
    said = {"language": language} if language else {}
    jobs.add(session, "send_mail", f"link:{link.id}", {"link": link.id, **said})


def _supersede(session: Session, purpose: str, person_id: int | None) -> None:
    # For nobody it takes as long; no id is below zero.
    whose = -1 if person_id is None else person_id
    # Two who ask at once come one after the other: else neither would see what the other is about to write.
    session.execute(select(Person.id).where(Person.id == whose).with_for_update())
    _end(session, OneTimeLink.person_id == whose, OneTimeLink.purpose == purpose)


def _end(session: Session, *which: object) -> None:
    session.execute(
        update(OneTimeLink)
        .where(*which, OneTimeLink.ended_at.is_(None))  # type: ignore[arg-type]
        .values(ended_at=now())
        .execution_options(synchronize_session=False)
    )
