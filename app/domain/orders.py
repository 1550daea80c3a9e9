"""The verbs of an order after it was placed: who accepts, declines, prepares, hands over, cancels, restores.

Each is one transaction by way of `order_transition.walk`, takes who did it (`by`), and answers whether the order
moved (False: it was there already). Placing one is in order_placement.py; deadlines are in order_deadlines.py.
"""

import hmac
from datetime import timedelta
from math import ceil
from typing import Any, Unpack

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import atomic
from app.language import gettext as _
from app.models import CancellationRequest, Order
from app.models.order import MOST_PREP_MINUTES

from . import audit, capacity, order_clock, order_events, order_money, passes, policies, staff
from .actor import SYSTEM, SYSTEM_ROLE, Actor
from .edges import How
from .locks import hold
from .order_states import EDGES, WITH_THE_KITCHEN, once_paid
from .order_transition import walk


def accept(order: Order, *, by: Actor, prep_minutes: int | None = None, **how: Unpack[How]) -> bool:
    """Take the order on, with the Wi-Fi that its guest gets for it.

    `prep_minutes` from now (default: what the kitchen takes now, or until the time that was wished for or that a full
    one gave it) move the promise; one for a wished time only where they end after it.
    """
    if prep_minutes is not None and not 1 <= prep_minutes <= MOST_PREP_MINUTES:
        wanted = _("From 1 to %(most)s minutes.", most=MOST_PREP_MINUTES)
        raise Invalid(wanted, errors={"prep_minutes": [wanted]})
    at = now()
    if prep_minutes is not None:
        ready_at = at + timedelta(minutes=prep_minutes)
    else:
        ready_at = order_clock.appointed(order, at) or order_clock.usual(order.restaurant, at)
    minutes = ceil((ready_at - at) / timedelta(minutes=1))
    values: dict[str, Any] = {"accepted_at": at, "prep_minutes": minutes, "due_at": None}
    if order.scheduled_for is None or order.ready_by is None or ready_at > order.ready_by:
        values |= order_clock.promise(order, ready_at)
    with atomic() as session:
        moved = walk(order, "accepted", by=by, at=at, values=values, **how)
        if moved:
            passes.mint_for_order(session, order, at=at)
    return moved


def start(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """Begin to cook."""
    return walk(order, "preparing", by=by, at=now(), **how)


def recall(order: Order, *, by: Actor, reason_code: str | None = None, **how: Unpack[How]) -> bool:
    """Back into the kitchen: the same state, entered from the other side."""
    return walk(order, "preparing", by=by, at=now(), reason_code=reason_code, **how)


def mark_ready(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """The order stands on the pass. A person only, never a timer."""
    return walk(order, "ready_for_pickup", by=by, at=now(), **how)


def hand_over(order: Order, *, by: Actor, handover_code: str | None = None, **how: Unpack[How]) -> bool:
    """Give it away: a delivery to its driver (`picked_up`), anything else to its guest (`collected`).

    A driver must say the order's hand-over code; from staff a wrong one is refused, none is taken on trust.
    """
    if order.fulfilment != "delivery":
        return _end_paid(order, "collected", by, how)
    if handover_code is None and by.role == Role.DRIVER:
        raise Invalid(_("Say the hand-over code."), errors={"handover_code": [_("The restaurant needs it from you.")]})
    if handover_code is not None and not hmac.compare_digest(handover_code.encode(), order.handover_code.encode()):
        raise Invalid(_("The hand-over code is wrong."), errors={"handover_code": [_("It is not this order's code.")]})
    _must_ride(order, by)
    return walk(order, "picked_up", by=by, at=now(), **how)


def deliver(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """The guest has it."""
    _must_ride(order, by)
    return _end_paid(order, "delivered", by, how)


def give_up(order: Order, *, by: Actor, reason_code: str | None = None, **how: Unpack[How]) -> bool:
    """It could not be delivered."""
    _must_ride(order, by)
    return walk(order, "undeliverable", by=by, at=now(), reason_code=reason_code, **how)


def cancel(
    order: Order, *, by: Actor, reason_code: str | None = None, kind: str | None = None, **how: Unpack[How]
) -> bool:
    """Decline, expire or cancel: what it was is kept as the cancellation's kind (which the system says itself)."""
    if kind is None:
        if by.role == SYSTEM_ROLE:
            raise ValueError("the system must say which kind of cancellation it is")
        kind = "declined" if by.role == Role.VENDOR and order.status == "placed" else str(by.role)
    at = now()
    values = {
        "cancellation_kind": kind,
        "cancellation_reason": reason_code,
        "cancellation_note": how.get("note"),
        "due_at": None,
    }
    with atomic() as session:
        goes_back = _is_paid_ahead(session, order)
        if goes_back:
            values["payment_status"] = "refunding"
        moved = walk(order, "cancelled", by=by, at=at, reason_code=reason_code, values=values, **how)
        if moved and goes_back:
            order_money.owe_back(session, order, at=at)
        if moved:
            passes.revoke(session, order_id=order.id, reason=passes.ORDER_CANCELLED, at=at)
    return moved


def call_off(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """The customer changed their mind. Conflict where the kitchen has it: `request_cancellation` asks for it then."""
    if order.status in WITH_THE_KITCHEN and not may_cancel(order, by.role):
        raise Conflict(_("The kitchen has accepted it meanwhile. You can ask them to cancel."))
    return cancel(order, by=by, reason_code="changed_mind", **how)


def may_cancel(order: Order, role: str) -> bool:
    """Whether somebody of this role may cancel the order as it is now."""
    return any(edge.to == "cancelled" for edge in policies.allowed(order, role))


def restore(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """Undo a cancellation: it was accepted before, the money did not go back, and it is recent."""
    values = {
        "cancellation_kind": None,
        "cancellation_reason": None,
        "cancellation_note": None,
        "stop_acknowledged_at": None,
    }
    at = now()
    with atomic() as session:
        moved = walk(order, "accepted", by=by, at=at, values=values, **how)
        if moved:
            passes.give_back(session, order_id=order.id, at=at)
    return moved


def transition(
    order: Order,
    to: str,
    *,
    by: Actor,
    reason_code: str | None = None,
    prep_minutes: int | None = None,
    handover_code: str | None = None,
    **how: Unpack[How],
) -> bool:
    """Walk `order` to the state `to` by the verb that leads there: what the API and the admin's page call."""
    edge = EDGES.get((order.status, to))
    # Some verbs choose the way by what the order is: one that its rule forbids is left to `walk`, which says why.
    match edge.verb if edge and edge.refusal(order, now()) is None else None:
        case "restore":
            return restore(order, by=by, **how)
        case "accept":
            return accept(order, by=by, prep_minutes=prep_minutes, **how)
        case "hand_over":
            return hand_over(order, by=by, handover_code=handover_code, **how)
        case "cancel" | "decline":
            return cancel(order, by=by, reason_code=reason_code, **how)
        case "deliver":
            return deliver(order, by=by, **how)
        case "give_up":
            return give_up(order, by=by, reason_code=reason_code, **how)
        case "release":
            return release(order, by=by, **how)
        case "settle":
            return settle(order, by=by, **how)
        case _:
            return walk(order, to, by=by, at=now(), reason_code=reason_code, **how)


def settle(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """The money is there (or an admin says so, with a reference as note): the kitchen may see the order."""
    at, to = now(), once_paid(order.scheduled_for)
    with atomic() as session:
        ready_at = capacity.keep(session, order, at)

        def values() -> dict[str, Any]:
            entered = order_clock.entering(order, to, at, ready_at=ready_at)
            return {"confirmed_at": at, "payment_status": "paid", **entered}

        moved = walk(order, to, by=by, at=at, values=values, **how)
        if moved and by.role != SYSTEM_ROLE:
            order_money.vouched(session, order, note=how.get("note") or "", at=at)
        if moved:
            accept_by_rule(order)
    return moved


def release(order: Order, *, by: Actor, **how: Unpack[How]) -> bool:
    """The time of a scheduled order has come: the kitchen receives it."""
    at = now()
    with atomic():

        def values() -> dict[str, Any]:
            return order_clock.entering(order, "placed", at, ready_at=None)

        moved = walk(order, "placed", by=by, at=at, values=values, **how)
        if moved:
            accept_by_rule(order)
    return moved


def accept_by_rule(order: Order) -> None:
    """Accept a placed order at once where the restaurant wants that; the kitchen hears both events, in order."""
    if order.status == "placed" and order.restaurant.auto_accept:
        accept(order, by=SYSTEM)


def request_cancellation(order: Order, *, by: Actor, note: str = "") -> CancellationRequest:
    """The customer asks to cancel what the kitchen works on; one request an order, asked again it is the same."""
    if by.role != Role.CUSTOMER or by.id != order.customer_id:
        raise Forbidden(_("Only the order's customer can ask for this."))
    existing = select(CancellationRequest).where(CancellationRequest.order_id == order.id)
    at = now()
    with atomic() as session:
        # Until we are done nobody moves the order or asks for the same, and the event tells what it is by then.
        hold(session, order)
        if order.status not in WITH_THE_KITCHEN:
            raise Conflict(_("There is nothing to ask for: the order can be cancelled directly, or is done."))
        request = session.scalars(existing).one_or_none()
        if request is None:
            request = CancellationRequest(order_id=order.id, person_id=by.id, note=note, created_at=at)
            session.add(request)
            session.flush()
            order_events.cancellation_requested(session, order, note, at=at)
    return request


def acknowledge_stop(order: Order, *, by: Actor) -> bool:
    """The kitchen confirms that it stopped working on a cancelled order; a fact of its own, told once."""
    if by.role not in (Role.VENDOR, Role.ADMIN):
        raise Forbidden(_("Only the kitchen can confirm that it stopped."))
    staff.check(by, staff.COOK_ORDERS)
    if order.status != "cancelled":
        raise Conflict(_("The order is not cancelled."))
    at = now()
    with atomic() as session:
        done = session.execute(
            update(Order)
            .where(Order.id == order.id, Order.status == "cancelled", Order.stop_acknowledged_at.is_(None))
            .values(stop_acknowledged_at=at)
            .execution_options(synchronize_session=False)
        )
        session.refresh(order)
        if done.rowcount:  # type: ignore[attr-defined]
            order_events.stop_acknowledged(session, order, at=at)
            audit.record(session, "order.stop_acknowledged", by=by, subject=("order", order.id, order.number))
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _must_ride(order: Order, by: Actor) -> None:
    """A driver moves the orders that they ride, and no others."""
    if by.role == Role.DRIVER and (order.ticket is None or order.ticket.driver_id != by.id):
        raise Forbidden(_("Another driver has this delivery, or nobody yet."))


def _end_paid(order: Order, to: str, by: Actor, how: How) -> bool:
    """Give it to its guest, who if they pay cash pays now."""
    if order.payment_method != "cash":
        return walk(order, to, by=by, at=now(), **how)
    at = now()
    with atomic() as session:
        moved = walk(order, to, by=by, at=at, values={"payment_status": "paid"}, **how)
        if moved:
            order_money.cash_taken(session, order, at=at)
    return moved


def _is_paid_ahead(session: Session, order: Order) -> bool:
    """Whether money came for it before the food changed hands; the order is held then, so that it stays as it is."""
    if order.payment_method == "cash" or order.payment_status != "paid":
        return False
    session.refresh(order, ["payment_status"], with_for_update={"of": Order, "key_share": True})
    return order.payment_status == "paid"
