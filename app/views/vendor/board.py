"""The board: what is new, in the kitchen, ready; beside it what comes later and what is done today."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from flask import render_template
from sqlalchemy import select

from app.contract.times import now
from app.domain.order_states import ENDS
from app.extensions import db
from app.models import Order, Person, Restaurant
from app.views import loading
from app.views.formats import remember_position
from app.views.mode_form import ModeForm

from . import bp
from .cards import Card, cards, of_board

# So many finished orders are looked through, newest first, for those that were finished today.
_LOOKED_AT = 300
_MOST_DONE = 60


@bp.get("/")
def board() -> str:
    remember_position()
    staff = loading.person()
    columns: dict[str, list[Card]] = defaultdict(list)
    for card in of_board(staff):
        columns[card.column].append(card)
    return render_template(
        "vendor/board.html", columns=columns, restaurant=kitchen(staff), done=_done(staff), form=ModeForm()
    )


@bp.get("/orders/<number>/card")
def order_card(number: str) -> str:
    [card] = cards([loading.order(number)])
    return render_template("vendor/_card.html", card=card)


@bp.get("/done")
def done() -> str:
    staff = loading.person()
    return render_template("vendor/_done.html", done=_done(staff), restaurant=kitchen(staff))


def _done(staff: Person) -> Sequence[Order]:
    """What ended (or left) this service day, the latest first."""
    newest = (
        select(Order.id)
        .where(*Order.seen_by(staff), Order.status.in_([*ENDS, "picked_up"]))
        .order_by(Order.id.desc())
        .limit(_LOOKED_AT)
    )
    today = (
        Order.visible_to(staff)
        .where(Order.id.in_(select(newest.subquery().c.id)), Order.changed_at >= day_began(kitchen(staff), now()))
        .order_by(Order.changed_at.desc(), Order.id.desc())
        .limit(_MOST_DONE)
    )
    return db.session.scalars(today).unique().all()


def kitchen(staff: Person) -> Restaurant:
    """Where they work: vendor staff have a restaurant, by a constraint of the table."""
    return cast(Restaurant, staff.restaurant)


def day_began(restaurant: Restaurant, at: datetime) -> datetime:
    """When the service day of `at` began."""
    return datetime.combine(restaurant.service_day(at), restaurant.day_starts, restaurant.zone)
