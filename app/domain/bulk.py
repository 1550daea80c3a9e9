"""The same step for many orders: what would come of it, and taking it; each order for itself, with its own answer.

There is no step of many at once: each walk is a transaction with its own guard, history and events, so one that is
refused keeps none of the others from it, and whoever was faster with one order has won that one alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.contract.times import now
from app.errors import DomainError, Invalid
from app.extensions import db
from app.language import gettext as _
from app.models import Order, Person

from . import order_transition, orders
from .order_states import LABELS

MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """What comes, or came, of one order: `moves`, `there` (it is so already) or `refused`, with a sentence."""

    order: Order
    version: int
    outcome: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Step:
    """Where all of them are to go, and why."""

    to: str
    reason_code: str | None = None
    note: str | None = None


def preview(seen: Mapping[str, int], step: Step, by: Person) -> list[Line]:
    """What would come of `step` for each order, by its number with the version that was on the screen."""
    return [_looked_at(order, seen[order.number], step, by) for order in _orders(seen, by)]


def take(seen: Mapping[str, int], step: Step, by: Person) -> list[Line]:
    """Take `step` with each order, in the order of their numbers in `seen`."""
    return [_taken(order, seen[order.number], step, by) for order in _orders(seen, by)]


def _orders(seen: Mapping[str, int], by: Person) -> Sequence[Order]:
    if not 1 <= len(seen) <= MOST:
        raise Invalid(
            _("Tick from 1 to %(most)s orders first.", most=MOST),
            errors={"order": [_("From %(shortest)s to %(longest)s.", shortest=1, longest=MOST)]},
        )
    found = db.session.scalars(Order.visible_to(by).where(Order.number.in_(seen)))
    by_number: dict[str, Order] = {order.number: order for order in found.unique()}
    return [by_number[number] for number in seen if number in by_number]


def _looked_at(order: Order, version: int, step: Step, by: Person) -> Line:
    if order.status == step.to:
        return _there(order, version)
    refusal = order_transition.refusal(
        order, step.to, by=by, at=now(), expected_version=version, reason_code=step.reason_code, note=step.note
    )
    before, after = _(LABELS[order.status]), _(LABELS[step.to]).lower()
    words = _("%(before)s becomes %(after)s.", before=before, after=after)
    return Line(order, version, "refused" if refusal else "moves", refusal.detail if refusal else words)


def _taken(order: Order, version: int, step: Step, by: Person) -> Line:
    before = order.status
    try:
        moved = orders.transition(
            order, step.to, by=by, reason_code=step.reason_code, note=step.note, expected_version=version
        )
    except DomainError as error:
        return Line(order, version, "refused", error.detail)
    if not moved:
        return _there(order, version)
    return Line(
        order,
        version,
        "moves",
        _("%(before)s became %(after)s.", before=_(LABELS[before]), after=_(LABELS[step.to]).lower()),
    )


def _there(order: Order, version: int) -> Line:
    return Line(order, version, "there", _("It is %(state)s already.", state=_(LABELS[order.status]).lower()))


def counted(lines: Iterable[Line]) -> dict[str, int]:
    """How many orders came to what."""
    outcomes = [line.outcome for line in lines]
    return {outcome: outcomes.count(outcome) for outcome in ("moves", "there", "refused")}
