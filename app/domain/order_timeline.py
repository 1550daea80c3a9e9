"""All that is known of one order, in the order of time: for admins, who have to find out what happened.

Its own changes of state, those of its deliveries with who was asked, what the guest was promised and asked for, its
payments and what the provider said, the events of the log with where they are, and which screen has drawn what.
Nothing is made up: every moment is a row. The log is kept for some hours only (LOG_RETENTION_HOURS), the rest for good.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from app.language import N_
from app.language import gettext as _
from app.models import (
    CancellationRequest,
    EventLog,
    Order,
    OrderChange,
    Payment,
    Person,
    Promise,
    ProviderMessage,
    Receipt,
    Refund,
    Ticket,
    TicketChange,
    TicketOffer,
)

from . import provider_words, refunds, ticket_states
from .order_states import PAYMENTS

# So many rows of each table at most: an order has a handful, and a screen that draws it for ever is no story.
MOST = 300
KINDS = {
    "state": N_("Order"),
    "delivery": N_("Delivery"),
    "guest": N_("Guest"),
    "money": N_("Money"),
    "event": N_("Events"),
    "receipt": N_("Screens"),
}
_ANSWERS = {
    "open": N_("open"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "lapsed": N_("lapsed"),
    "withdrawn": N_("withdrawn"),
}
# A step of an order -> the step of its ticket that is the same one, taken in the same moment.
_ONE_STEP = {"picked_up": "picked_up", "delivered": "delivered", "undeliverable": "failed", "cancelled": "cancelled"}
_ICONS = dict(zip(KINDS, ("history", "route", "user", "credit-card", "send", "eye"), strict=True))


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: what, who did it, and what else there is to say. `change`: the row of a history.

    `is_told`: another one tells it already, unless one looks at its kind alone.
    """

    at: datetime
    kind: str
    title: str
    by: str = ""
    text: str = ""
    change: OrderChange | TicketChange | None = None
    is_told: bool = False

    @property
    def icon(self) -> str:
        """The icon of its kind."""
        return _ICONS[self.kind]


def of(session: Session, order: Order) -> list[Moment]:
    """Every moment of `order`, the first one first; what is of the same instant, in the order of KINDS."""
    parts = (_states, _deliveries, _guest, _money, _events, _screens)
    moments = [moment for part in parts for moment in part(session, order)]
    return sorted(moments, key=lambda moment: moment.at)


def _states(session: Session, order: Order) -> Iterator[Moment]:
    changes = select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version).limit(MOST)
    for change in session.scalars(changes):
        yield Moment(change.at, "state", change.to_status, change.actor_name, change=change)


def _deliveries(session: Session, order: Order) -> Iterator[Moment]:
    """Offers first: in the same moment, they are why the ticket is where it is. The offer itself says who was asked."""
    asked_at: set[datetime] = set()
    offers = select(TicketOffer).join(Ticket, Ticket.id == TicketOffer.ticket_id).where(Ticket.order_id == order.id)
    for offer in session.scalars(offers.options(joinedload(TicketOffer.driver)).order_by(TicketOffer.id).limit(MOST)):
        name = offer.driver.name
        asked_at.add(offer.offered_at)
        asked = _("%(name)s was asked", name=name)
        yield Moment(offer.offered_at, "delivery", asked, offer.offered_by_name, offer.reason)
        if offer.answered_at:
            answered = _("The offer to %(name)s was %(answer)s", name=name, answer=_(_ANSWERS[offer.status]))
            yield Moment(offer.answered_at, "delivery", answered, name)
    own = session.execute(select(OrderChange.at, OrderChange.to_status).where(OrderChange.order_id == order.id))
    told = {(at, _ONE_STEP.get(status)) for at, status in own}
    changes = select(TicketChange).join(Ticket, Ticket.id == TicketChange.ticket_id).where(Ticket.order_id == order.id)
    for change in session.scalars(changes.order_by(TicketChange.id).limit(MOST)):
        if change.to_status == "offered" and change.at in asked_at:
            continue
        words, is_told = _(ticket_states.LABELS[change.to_status]), (change.at, change.to_status) in told
        yield Moment(change.at, "delivery", words, change.actor_name, change=change, is_told=is_told)


def _guest(session: Session, order: Order) -> Iterator[Moment]:
    for promise in session.scalars(_of(Promise, order).order_by(Promise.id).limit(MOST)):
        zone = order.restaurant.zone
        begins, ends = (f"{at.astimezone(zone):%H:%M}" for at in (promise.promised_from, promise.promised_by))
        promised = _("Promised for %(begins)s to %(ends)s", begins=begins, ends=ends)
        yield Moment(promise.at, "guest", promised, text=promise.reason)
    for request in session.scalars(_of(CancellationRequest, order)):
        yield Moment(request.created_at, "guest", _("Asked to cancel"), order.customer.name, request.note)


def _money(session: Session, order: Order) -> Iterator[Moment]:
    payments = session.scalars(_of(Payment, order).order_by(Payment.id).limit(MOST)).all()
    for payment in payments:
        begun = _("Payment begun (%(method)s)", method=_(PAYMENTS[payment.method]))
        yield Moment(payment.created_at, "money", begun, text=payment.transaction_id)
        if payment.changed_at != payment.created_at or payment.settled_at:
            said = " ".join(filter(None, (payment.receipt, payment.result_text, payment.review_reason)))
            words = _("Payment %(status)s", status=_(payment.status.replace("_", " ")))
            yield Moment(payment.settled_at or payment.changed_at, "money", words, text=said)
    ids = [payment.id for payment in payments]
    messages = select(ProviderMessage).where(ProviderMessage.payment_id.in_(ids)).order_by(ProviderMessage.id)
    for message in session.scalars(messages.limit(MOST)):
        heard, meant = provider_words.heard(message), provider_words.meant(message)
        yield Moment(message.received_at, "money", heard, text=meant)
    for refund in session.scalars(select(Refund).where(Refund.payment_id.in_(ids))):
        yield Moment(refund.created_at, "money", _("A refund is owed"), text=_(refunds.REASONS[refund.reason]))
        if refund.sent_at:
            yield Moment(refund.sent_at, "money", _("The refund was sent"), text=refund.sent_reference or "")


def _events(session: Session, order: Order) -> Iterator[Moment]:
    """One moment for each event, however many rooms heard it; rows of one event stand together in the log."""
    place = EventLog.place(session)
    query = select(EventLog.event_id, EventLog.name, EventLog.room, EventLog.created_at, place)
    rows = session.execute(query.where(EventLog.order_id == order.id).order_by(EventLog.id).limit(MOST * 4)).all()
    together: dict[tuple[str, str], list[tuple[str, int | None, datetime]]] = {}
    for event_id, name, room, at, number in rows:
        together.setdefault((event_id, name), []).append((room, number, at))
    for (_id, name), heard in together.items():
        numbers = [str(number) for _room, number, _at in heard if number is not None]
        is_whole = len(numbers) == len(heard)
        where = _("numbered %(numbers)s", numbers=", ".join(numbers)) if is_whole else _("waits for its number")
        yield Moment(heard[0][2], "event", name, text=f"{', '.join(room for room, *_place in heard)}; {where}")


def _screens(session: Session, order: Order) -> Iterator[Moment]:
    query = select(Receipt, Person.name).outerjoin(Person, Person.id == Receipt.person_id)
    query = query.where(Receipt.order_number == order.number).order_by(Receipt.id).limit(MOST)
    for receipt, name in session.execute(query):
        how = _("in sight") if receipt.visible else _("in the background")
        sound = _("with sound") if receipt.audible else _("without sound")
        screen = receipt.screen_name or _("Screen %(id)s", id=receipt.screen_id[:8])
        drew = _("%(screen)s drew version %(version)s", screen=screen, version=receipt.version)
        yield Moment(receipt.seen_at, "receipt", drew, name or "", f"{how}, {sound}")


def _of(table: Any, order: Order) -> Select[Any]:
    return select(table).where(table.order_id == order.id)
