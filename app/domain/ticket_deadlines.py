"""What time does to tickets: drivers are asked when it is time, offers lapse, a person is called, promises are renewed.

Called once a second by the worker, of which there may be any number; what was due while none ran is done when one
does. Nothing here decides by what it read: every change has its guard.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update

from app.contract.times import now
from app.errors import Conflict, DomainError
from app.extensions import atomic, db
from app.language import N_
from app.models import Order, Ticket

from . import dispatch, offers, promises, ticket_events
from .actor import SYSTEM
from .dispatch import Weighed
from .geography import UNKNOWN_RIDE_MINUTES
from .order_states import ENDS
from .ticket_states import MOST_REFUSALS, SOUGHT_FOR, WITH_THE_FOOD
from .ticket_transition import walk

_BATCH = 200
# While nobody is free, and while it is too early: how soon we look again.
_AGAIN = timedelta(seconds=3)
_EARLY = timedelta(seconds=15)
# What is late is promised for so much later.
_LATER = timedelta(minutes=5)
_log = structlog.get_logger(__name__)


def act_on_due() -> int:
    """Act on every ticket whose time has come, oldest first; how many moved."""
    at = now()
    due = select(Ticket).where(Ticket.due_at <= at).order_by(Ticket.due_at).limit(_BATCH)
    tickets = db.session.scalars(due.execution_options(populate_existing=True).options(Ticket.with_orders())).all()
    # For all at once: with many drivers and many who wait, a weighing for each would take longer than the second.
    searching = [ticket for ticket in tickets if ticket.status == "unassigned"]
    weighed = dispatch.weigh_each(db.session(), searching, at) if searching else {}
    asked: set[int] = set()
    moved = 0
    for ticket in tickets:
        try:
            if ticket.id in weighed:
                moved += _look_for_a_driver(ticket, weighed[ticket.id], asked, at)
            elif ticket.status == "offered":
                moved += offers.lapse(ticket)
            else:
                _look_again(ticket, None)
        except Conflict:
            # A person was faster, or the driver is asked by another worker: the next look sees what it is.
            continue
        except DomainError:
            _log.exception("tickets.refused", ticket=ticket.number)
    db.session.rollback()
    return moved


def renew_promises() -> int:
    """Promise anew, with the reason, what will not come in the window that its guest was told; how many moved."""
    at = now()
    late = (
        select(Ticket)
        .join(Order, Order.id == Ticket.order_id)
        .where(Ticket.ended_at.is_(None), Ticket.status != "failed", Ticket.status != "returning")
        .where(Order.promised_by < at, Order.status.not_in(ENDS), Order.accepted_at.is_not(None))
        .limit(_BATCH)
    )
    moved = 0
    for ticket in db.session.scalars(late.execution_options(populate_existing=True)).all():
        with atomic() as session:
            moved += promises.reach(session, ticket, at + _LATER, _why_late(ticket), at=at)
    db.session.rollback()
    return moved


def _look_for_a_driver(ticket: Ticket, weighed: Sequence[Weighed], asked: set[int], at: datetime) -> bool:
    """Ask the next one, of those who were weighed and not `asked` since, unless it is too early, or too late."""
    sought_for = at - ticket.sought_since if ticket.sought_since is not None else timedelta(0)
    if ticket.refusals >= MOST_REFUSALS or sought_for >= SOUGHT_FOR:
        return walk(ticket, "needs_dispatcher", by=SYSTEM, at=at, expected_version=ticket.version)
    choice = dispatch.choose(dispatch.without(weighed, asked), at)
    ride = timedelta(minutes=UNKNOWN_RIDE_MINUTES if choice is None else choice.ride_minutes)
    start = at if ticket.ready_at is None else ticket.ready_at - ride
    if ticket.sought_since is None and start > at:
        _look_again(ticket, min(start, at + _EARLY))
        return False
    if choice is None:
        with atomic() as session:
            is_so = _look_again(ticket, at + _AGAIN, sought_since=ticket.sought_since or at)
            if is_so and ticket.sought_since is None:
                # Nobody is free, and everybody who waits may know that somebody is looked for.
                ticket_events.begun(session, ticket, at=at)
        return False
    offers.ask(ticket, choice)
    asked.add(choice.driver_id)
    return True


def _look_again(ticket: Ticket, due_at: datetime | None, **values: datetime) -> bool:
    """Nothing moves: the ticket is looked at again then. False: it is not any more what was read of it."""
    as_read = Ticket.version == ticket.version, Ticket.sought_since.is_not_distinct_from(ticket.sought_since)
    with atomic() as session:
        written = session.execute(
            update(Ticket)
            .where(Ticket.id == ticket.id, *as_read)
            .values(due_at=due_at, **values)
            .execution_options(synchronize_session=False)
        )
    return bool(written.rowcount)  # type: ignore[attr-defined]


def _why_late(ticket: Ticket) -> str:
    if ticket.order.status in ("accepted", "preparing"):
        return N_("The kitchen needs longer than it thought.")
    if ticket.status in WITH_THE_FOOD:
        return N_("The driver needs longer than planned.")
    return N_("We are still waiting for a driver.")
