"""What a driver does with a ticket, from the offer to the door: one call for each step, all told and answered alike."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypedDict

from flask import Response
from flask_login import current_user
from marshmallow import Schema

from app.contract.identity import Role
from app.domain import deliveries, offers
from app.domain.edges import How
from app.extensions import limiter
from app.models import Person, Ticket
from app.views import loading

from . import requests, ticket_documents
from .answers import Document, once
from .blueprint import View, bp
from .driver_tickets import TICKET, document

# Each step is told to guest, kitchen and dispatch: whoever takes and gives back all day shall not flood them.
_steps = limiter.shared_limit("30 per minute", "steps of deliveries", key_func=lambda: str(current_user.id))
# Codes have four digits: whoever guesses one by trying them would need days.
_guesses = limiter.shared_limit(
    "10 per minute;60 per hour",
    "codes of deliveries",
    key_func=lambda: str(current_user.id),
    deduct_when=lambda response: response.status_code == 422,
)


class Step(TypedDict, total=False):
    """A body as `requests.Step` or `requests.Delivery` loads it."""

    expected_version: int
    occurred_at: datetime
    handover_code: str
    reason_code: str
    note: str
    drop_code: str
    photo: bytes


def _step(
    name: str, *, takes: type[Schema] = requests.Step, example: dict[str, Any] | None = None, says_code: bool = False
) -> Callable[[View], View]:
    """A call that takes one step: its address, what it is told, what it answers."""
    refuses = (401, 403, 404, 429)

    def decorate(view: View) -> View:
        answers = bp.answers(200, ticket_documents.WalkedTicket, "The ticket where it is now", refuses=refuses)
        step = _steps(bp.takes(takes, example=example or {"expected_version": 3})(answers(view)))
        added: View = bp.post(f"{TICKET}/{name}", tags=["driver"])(_guesses(step) if says_code else step)
        return added

    return decorate


@_step("accept")
def driver_accept(wanted: Step, ticket_id: int) -> Response:
    """Accept a ticket

    That you are being asked for, or that waits for anybody. Too late: the 409 says who was faster, or that your offer
    ran out.
    """
    driver = loading.person(Role.DRIVER)
    ticket = loading.one(Ticket.answerable_by(driver).where(Ticket.id == ticket_id))
    return _taken(ticket, driver, lambda: offers.accept(ticket, by=driver, **_how(wanted)))


@_step("decline", example={"reason_code": "too_busy"})
def driver_decline(wanted: Step, ticket_id: int) -> Response:
    """Decline an offer

    The next driver is asked at once.
    """
    ticket, driver = _ticket_and_driver(ticket_id)
    reason = wanted.get("reason_code")
    return _taken(ticket, driver, lambda: offers.decline(ticket, by=driver, reason_code=reason, **_how(wanted)))


@_step("at-pickup")
def driver_at_pickup(wanted: Step, ticket_id: int) -> Response:
    """Say that you are at the restaurant"""
    ticket, driver = _ticket_and_driver(ticket_id)
    return _taken(ticket, driver, lambda: deliveries.arrive(ticket, by=driver, **_how(wanted)))


@_step("picked-up", example={"expected_version": 4, "handover_code": "1234"}, says_code=True)
def driver_picked_up(wanted: Step, ticket_id: int) -> Response:
    """Say that you have the food

    With the order's hand-over code, which the restaurant says.
    """
    ticket, driver = _ticket_and_driver(ticket_id)
    code = wanted.get("handover_code")
    return _taken(ticket, driver, lambda: deliveries.pick_up(ticket, by=driver, handover_code=code, **_how(wanted)))


@_step("at-dropoff")
def driver_at_dropoff(wanted: Step, ticket_id: int) -> Response:
    """Say that you are at the guest's door"""
    ticket, driver = _ticket_and_driver(ticket_id)
    return _taken(ticket, driver, lambda: deliveries.reach(ticket, by=driver, **_how(wanted)))


@_step("delivered", takes=requests.Delivery, example={"expected_version": 6, "drop_code": "1234"}, says_code=True)
def driver_delivered(wanted: Step, ticket_id: int) -> Response:
    """Say that the guest has it

    With what the restaurant asks for (`drop_proof`): the guest's code, a photograph, or a note.
    """
    ticket, driver = _ticket_and_driver(ticket_id)
    proof: deliveries.Proof = {"drop_code": wanted.get("drop_code"), "photo": wanted.get("photo")}
    return _taken(ticket, driver, lambda: deliveries.deliver(ticket, by=driver, proof=proof, **_how(wanted)))


@_step("failed", example={"reason_code": "not_found"})
def driver_failed(wanted: Step, ticket_id: int) -> Response:
    """Say that it cannot be delivered

    Before you have the food, somebody else is looked for; after it, you bring it back.
    """
    ticket, driver = _ticket_and_driver(ticket_id)
    reason = wanted.get("reason_code")
    return _taken(ticket, driver, lambda: deliveries.fail(ticket, by=driver, reason_code=reason, **_how(wanted)))


@_step("returning")
def driver_returning(wanted: Step, ticket_id: int) -> Response:
    """Say that you are bringing back what could not be delivered"""
    ticket, driver = _ticket_and_driver(ticket_id)
    return _taken(ticket, driver, lambda: deliveries.bring_back(ticket, by=driver, **_how(wanted)))


@_step("returned")
def driver_returned(wanted: Step, ticket_id: int) -> Response:
    """Say that it is back at the restaurant"""
    ticket, driver = _ticket_and_driver(ticket_id)
    return _taken(ticket, driver, lambda: deliveries.hand_back(ticket, by=driver, **_how(wanted)))


def _ticket_and_driver(ticket_id: int) -> tuple[Ticket, Person]:
    driver = loading.person(Role.DRIVER)
    return loading.ticket(ticket_id), driver


def _how(wanted: Step) -> How:
    """What every verb may be told."""
    return {
        "expected_version": wanted.get("expected_version"),
        "note": wanted.get("note"),
        "occurred_at": wanted.get("occurred_at"),
    }


def _taken(ticket: Ticket, driver: Person, step: Callable[[], bool]) -> Response:
    """The answer to a step."""

    def act() -> Document:
        changed = step()
        return {**document(ticket, driver), "changed": changed}

    return once(driver, act)
