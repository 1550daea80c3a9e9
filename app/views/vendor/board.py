"""The board: what is new, in the kitchen, ready; beside it what comes later and what is done today."""

from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from flask import Response, make_response, render_template
from sqlalchemy import select

from app.contract.times import now
from app.domain import board_settings
from app.domain.capacity import outlook
from app.domain.kitchen_statistics import day_began
from app.domain.order_states import ENDS
from app.extensions import db
from app.models import Order, Person, Restaurant
from app.views import loading, restaurants
from app.views.formats import remember_position
from app.views.mode_form import ModeForm

from . import bp, screens
from .cards import Card, cards, of_board

# So many finished orders are looked through, newest first, for those that were finished today.
_LOOKED_AT = 300
_MOST_DONE = 60


@bp.get("/")
def board() -> Response:
    remember_position()
    staff, screen = loading.person(), screens.remembered()
    drawn: dict[str, list[Card]] = defaultdict(list)
    counts: dict[str, int] = defaultdict(int)
    for card in of_board(staff, screen):
        drawn[card.place].append(card)
        counts[card.column] += 1
    page = render_template(
        "vendor/board.html",
        cards=drawn,
        counts=counts,
        screen=screen,
        stations=board_settings.stations(db.session(), kitchen_of(staff).id),
        restaurant=kitchen_of(staff),
        door=restaurants.door(kitchen_of(staff)),
        done=_done(staff),
        form=ModeForm(),
        outlook=outlook(kitchen_of(staff), now()),
    )
    return screen.kept_in(make_response(page))


@bp.get("/orders/<number>/card")
def order_card(number: str) -> str:
    [card] = cards([loading.order(number)], loading.person(), screens.here())
    return render_template("vendor/_card.html", card=card)


@bp.get("/done")
def done() -> str:
    staff = loading.person()
    return render_template("vendor/_done.html", done=_done(staff), restaurant=kitchen_of(staff))


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
        .where(Order.id.in_(select(newest.subquery().c.id)), Order.changed_at >= day_began(kitchen_of(staff), now()))
        .order_by(Order.changed_at.desc(), Order.id.desc())
        .limit(_MOST_DONE)
    )
    return db.session.scalars(today).unique().all()


def kitchen_of(staff: Person) -> Restaurant:
    """Where they work: vendor staff have a restaurant, by a constraint of the table."""
    return cast(Restaurant, staff.restaurant)
