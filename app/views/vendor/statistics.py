"""What the kitchen did today and this week, by its own service days."""

from flask import render_template

from app.contract.times import now
from app.domain import kitchen_statistics
from app.domain.kitchen_statistics import day_began, week_began
from app.domain.order_states import CANCELLED
from app.extensions import db
from app.language import gettext as _
from app.views.loading import person

from . import bp
from .board import kitchen_of


@bp.get("/statistics")
def statistics() -> str:
    restaurant, at, session = kitchen_of(person()), now(), db.session()
    spans = [(_("Today"), day_began(restaurant, at)), (_("This week"), week_began(restaurant, at))]
    figures = [(words, began, kitchen_statistics.since(session, restaurant, began)) for words, began in spans]
    return render_template("vendor/statistics.html", spans=figures, restaurant=restaurant, kinds=CANCELLED)
