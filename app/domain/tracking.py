"""Tracking links: made with the order, read-only, ending 48 h after the order's end or when they are withdrawn."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contract.times import now
from app.contract.tokens import digest, new_tracking_token
from app.errors import Conflict
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Order, TrackingLink

from . import access, audit
from .actor import Actor
from .order_states import ENDS

LINGERS = timedelta(hours=48)


def create_link(order: Order) -> str:
    """A new link to `order`; the token is told this once and stored hashed. Refuses an ended order with Conflict."""
    if order.status in ENDS:
        raise Conflict(_("The order is done; there is nothing left to follow."))
    token = new_tracking_token()
    with atomic() as session:
        session.add(TrackingLink(order_id=order.id, token_hash=digest(token)))
    return token


def by_token(token: str) -> TrackingLink | None:
    """The link that `token` opens, while it lasts."""
    query = select(TrackingLink).where(TrackingLink.token_hash == digest(token))
    row = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return row if row is not None and row.lasts(now()) else None


def withdraw_links(order: Order, *, by: Actor) -> int:
    """End every link to `order`; how many were open."""
    with atomic() as session:
        links = select(TrackingLink).where(TrackingLink.id.in_(_hold_open_links(session, order)))
        ended = sum(access.end(link, reason="withdrawn") for link in session.scalars(links).all())
        if ended:
            subject = ("order", order.id, order.number)
            audit.record(session, "order.links_withdrawn", by=by, subject=subject, before={"links": ended})
    return ended


def let_links_expire(order: Order, at: datetime) -> None:
    """The order reached its end at `at`: its links run out 48 h later."""
    _set_expiry(order, at + LINGERS)


def revive_links(order: Order) -> None:
    """The order goes on after all: its links last again."""
    _set_expiry(order, None)


def _set_expiry(order: Order, expires_at: datetime | None) -> None:
    with atomic() as session:
        session.execute(
            update(TrackingLink)
            .where(TrackingLink.id.in_(_hold_open_links(session, order)))
            .values(expires_at=expires_at)
            .execution_options(synchronize_session=False)
        )


def _hold_open_links(session: Session, order: Order) -> Sequence[int]:
    """The ids of the open links to `order`, which nobody else changes until we are done.

    Always the oldest first: two who took them in different orders would wait for each other (PostgreSQL).
    """
    open_links = select(TrackingLink.id).where(TrackingLink.order_id == order.id, TrackingLink.ended_at.is_(None))
    return session.scalars(open_links.order_by(TrackingLink.id).with_for_update()).all()
