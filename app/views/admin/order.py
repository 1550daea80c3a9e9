"""One order: what it is, how it came to be so, and every step that may be taken from here."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from app.contract.identity import Role
from app.contract.times import now
from app.domain import order_clock, order_timeline, orders, policies, promises, tracking
from app.domain.edges import Edge
from app.domain.order_states import once_paid
from app.extensions import db
from app.language import N_, ngettext
from app.language import gettext as _
from app.models import CancellationRequest, Order, Payment, TrackingLink
from app.views import loading
from app.views.formats import remember_position
from app.views.loading import person
from app.views.order_forms import TransitionForm
from app.views.problems import wants_json
from app.views.refusals import flashed

from . import bp
from .step import Step

# What an admin presses, by the verb of the edge.
_WORDS = {
    "settle": N_("Mark as paid"),
    "release": N_("Send to the kitchen now"),
    "cancel": N_("Cancel the order"),
    "decline": N_("Decline the order"),
    "accept": N_("Accept"),
    "start": N_("Start preparing"),
    "mark_ready": N_("Mark as ready"),
    "recall": N_("Recall to the kitchen"),
    "hand_over": N_("Hand over"),
    "hand_over delivery": N_("Hand over to the driver"),
    "deliver": N_("Mark as delivered"),
    "give_up": N_("Mark as undeliverable"),
    "restore": N_("Restore the order"),
}


@bp.get("/orders/<number>")
def order(number: str) -> str:
    remember_position()
    return _drawn("admin/order.html", loading.order(number))


@bp.get("/orders/<number>/sheet")
def order_sheet(number: str) -> str:
    return _drawn("admin/_order.html", loading.order(number))


@bp.post("/orders/<number>/transitions")
def order_transitions(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    with flashed():
        form = TransitionForm().checked()
        orders.transition(
            order,
            str(form.to.data),
            by=person(),
            reason_code=form.reason_code.data or None,
            prep_minutes=form.prep_minutes.data,
            **form.how,
        )
    return _back(order)


@bp.post("/orders/<number>/link-withdrawal")
def order_link_withdrawal(number: str) -> ResponseReturnValue:
    order = loading.order(number)
    ended = tracking.withdraw_links(order, by=person())
    if not wants_json():
        flash(ngettext("%(num)s tracking link withdrawn.", "%(num)s tracking links withdrawn.", ended), "success")
    return _back(order)


def _back(order: Order) -> ResponseReturnValue:
    return redirect(url_for("admin.order", number=order.number), 303)


def _drawn(template: str, order: Order) -> str:
    asked = select(CancellationRequest).where(CancellationRequest.order_id == order.id)
    return render_template(
        template,
        order=order,
        moments=order_timeline.of(db.session(), order),
        timeline_kinds={kind: _(words) for kind, words in order_timeline.KINDS.items()},
        payments=db.session.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id)).all(),
        steps=steps(order),
        request_to_cancel=db.session.scalars(asked).one_or_none(),
        promises=promises.history(order),
        appointed=order_clock.appointed(order, now()),
        links=_open_links(order),
    )


def steps(order: Order) -> Sequence[Step]:
    """Every edge from where `order` is that an admin may walk, those that its rule forbids now with the reason."""
    at = now()
    return [
        Step(edge, _words(edge), edge.refusal(order, at))
        for edge in policies.of(order.restaurant).edges.values()
        if edge.start == order.status
        and Role.ADMIN in edge.roles
        # What is paid for has one way: the other will never be its own.
        and (edge.verb != "settle" or edge.to == once_paid(order.scheduled_for))
        # It leaves with a driver, or over the counter: which, was said when it was ordered.
        and (edge.verb != "hand_over" or edge.refusal(order, at) is None)
    ]


def _words(edge: Edge) -> str:
    verb = "hand_over delivery" if edge.to == "picked_up" else edge.verb
    return _(_WORDS[verb])


def _open_links(order: Order) -> int:
    open_links = select(func.count()).where(TrackingLink.order_id == order.id, TrackingLink.lasting(now()))
    return db.session.scalars(open_links).one()
