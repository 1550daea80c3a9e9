"""Deliveries that call for a person: counted in the navigation of every admin page (static/js/admin/calls.js)."""

from collections.abc import Sequence

from flask import render_template
from sqlalchemy import select

from app.extensions import db
from app.models import Order, Ticket

from . import bp


@bp.get("/calls")
def calls() -> str:
    return render_template("admin/_calls.html")


def calling() -> Sequence[str]:
    """The numbers of the orders whose delivery needs a dispatcher, the oldest first."""
    needed = (
        select(Order.number)
        .join(Ticket, Ticket.order_id == Order.id)
        .where(Ticket.status == "needs_dispatcher", Ticket.ended_at.is_(None))
        .order_by(Ticket.id)
    )
    return db.session.scalars(needed).all()


# Also for the pages of accounts, where an admin is on them.
bp.app_context_processor(lambda: {"calling": calling})
