"""A delivery: what it is, who was asked and why, where it went, and every step that may be taken from here."""

from collections.abc import Sequence

import orjson
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import defer
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import HiddenInput

from app.contract.identity import Role
from app.contract.times import now
from app.domain import deliveries, offers, picture_files, policies, promises
from app.domain.dispatch import weigh
from app.domain.edges import Edge
from app.domain.ticket_states import BEFORE_PICKUP, BUSY, LABELS
from app.errors import NotFound
from app.extensions import db
from app.language import N_
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Driver, DropProof, Person, Ticket, TicketChange, TicketOffer, TrackPoint
from app.views import loading
from app.views.formats import remember_position
from app.views.loading import person
from app.views.order_forms import OrderForm, StepForm
from app.views.refusals import flashed

from . import BIGGEST_ID, bp, places
from .candidates import nearest
from .places import Place
from .step import Step

# What an admin presses, by the verb of the edge. Offers have buttons of their own.
_WORDS = {
    "call_dispatcher": N_("Stop the search"),
    "give_back": N_("Take it from the driver"),
    "arrive": N_("Driver is at the restaurant"),
    "pick_up": N_("Driver has picked it up"),
    "reach": N_("Driver is at the door"),
    "deliver": N_("Mark as delivered"),
    "fail": N_("Could not be delivered"),
    "bring_back": N_("Driver brings it back"),
    "hand_back": N_("Back at the restaurant"),
    "cancel": N_("Cancel the delivery"),
}
_MOST_CANDIDATES = 200
_TICKET = f"/tickets/<int(max={BIGGEST_ID}):ticket_id>"
# Nobody else may keep it, and it may do nothing.
_OF_PHOTOS = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class TicketTransitionForm(StepForm):
    """Any step an admin may take."""

    to = SelectField(widget=HiddenInput(), validators=[InputRequired()], choices=LABELS)


class OfferForm(OrderForm):
    """Whom to ask."""

    driver_id = IntegerField(_l("Driver"), [InputRequired(_l("Choose a driver.")), NumberRange(1, BIGGEST_ID)])


@bp.get(_TICKET)
def ticket(ticket_id: int) -> str:
    remember_position()
    return _drawn("admin/ticket.html", loading.ticket(ticket_id))


@bp.get(f"{_TICKET}/sheet")
def ticket_sheet(ticket_id: int) -> str:
    return _drawn("admin/_ticket.html", loading.ticket(ticket_id))


@bp.post(f"{_TICKET}/transitions")
def ticket_transitions(ticket_id: int) -> ResponseReturnValue:
    ticket = loading.ticket(ticket_id)
    with flashed():
        form = TicketTransitionForm().checked()
        to, reason_code = str(form.to.data), form.reason_code.data or None
        deliveries.transition(ticket, to, by=person(), reason_code=reason_code, **form.how)
    return _back(ticket)


@bp.post(f"{_TICKET}/offer")
def ticket_offer(ticket_id: int) -> ResponseReturnValue:
    ticket = loading.ticket(ticket_id)
    with flashed():
        form = OfferForm().checked()
        driver = loading.one(select(Person).where(Person.id == form.driver_id.data))
        offers.offer(ticket, driver, by=person(), expected_version=form.expected_version.data)
    return _back(ticket)


@bp.post(f"{_TICKET}/withdrawal")
def ticket_withdrawal(ticket_id: int) -> ResponseReturnValue:
    ticket = loading.ticket(ticket_id)
    with flashed():
        offers.withdraw(ticket, by=person(), expected_version=OrderForm().checked().expected_version.data)
    return _back(ticket)


@bp.get(f"{_TICKET}/photo")
def ticket_photo(ticket_id: int) -> Response:
    """What a driver photographed at the door: a stranger's bytes, which no browser shall take for anything else."""
    ticket = loading.ticket(ticket_id)
    proof = loading.one(select(DropProof).where(DropProof.ticket_id == ticket.id, DropProof.photo.is_not(None)))
    if proof.photo_type not in picture_files.KINDS:
        raise NotFound
    return Response(proof.photo, content_type=proof.photo_type, headers=_OF_PHOTOS)


def _back(ticket: Ticket) -> ResponseReturnValue:
    """To the page that the form stood on."""
    from_board = request.form.get("on") == "board"
    return redirect(url_for("admin.dispatch") if from_board else url_for("admin.ticket", ticket_id=ticket.id), 303)


def _drawn(template: str, ticket: Ticket) -> str:
    session = db.session
    changes = select(TicketChange).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    asked = select(TicketOffer).where(TicketOffer.ticket_id == ticket.id).order_by(TicketOffer.id.desc())
    proof = select(DropProof).where(DropProof.ticket_id == ticket.id).options(defer(DropProof.photo))
    track = select(TrackPoint).where(TrackPoint.ticket_id == ticket.id).order_by(TrackPoint.fixed_at)
    points = session.scalars(track).all()
    return render_template(
        template,
        ticket=ticket,
        order=ticket.order,
        history=session.scalars(changes).all(),
        offers=[(offer, orjson.loads(offer.considered)) for offer in session.scalars(asked)],
        steps=steps(ticket),
        candidates=nearest(weigh(session(), ticket, now()), _MOST_CANDIDATES)
        if ticket.status in BEFORE_PICKUP
        else None,
        promises=promises.history(ticket.order),
        proof=session.scalars(proof).one_or_none(),
        track=points,
        path=[(point.latitude, point.longitude) for point in points],
        places=_places(ticket),
    )


def steps(ticket: Ticket) -> Sequence[Step]:
    """Every edge from where `ticket` is that an admin may walk, but for offers."""
    return [
        Step(edge, _(_WORDS[edge.verb]), _refusal(ticket, edge))
        for edge in policies.allowed_of(ticket, Role.ADMIN)
        if edge.verb in _WORDS
    ]


def _refusal(ticket: Ticket, edge: Edge) -> str | None:
    is_ready = ticket.order.status == "ready_for_pickup"
    return None if edge.verb != "pick_up" or is_ready else N_("The food is not ready yet.")


def _places(ticket: Ticket) -> list[Place]:
    found = [*places.restaurant(ticket.order.restaurant), *places.door(ticket)]
    driver = db.session.get(Driver, ticket.driver_id) if ticket.driver_id and ticket.status in BUSY else None
    return found if driver is None else [*found, *places.driver(driver)]
