"""Whether the kitchen is full, and until when: a line of the board that is drawn anew with every order."""

from flask import render_template

from app.contract.times import now
from app.domain.capacity import outlook
from app.views.loading import person

from . import bp
from .board import kitchen_of


@bp.get("/capacity")
def capacity() -> str:
    restaurant = kitchen_of(person())
    return render_template("vendor/_capacity.html", restaurant=restaurant, outlook=outlook(restaurant, now()))
