"""Which restaurants there are, found by words and by kitchen: an address of its own for each search."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.domain import menu_search
from app.views import restaurants

from . import bp

LONGEST_SEARCH = 80


@bp.get("/r/")
def browse() -> ResponseReturnValue:
    doors = restaurants.listed()
    kitchens = sorted({door.restaurant.kitchen for door in doors if door.restaurant.kitchen})
    kitchen = request.args.get("kitchen", "")
    words = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    shown = [door for door in doors if not kitchen or door.restaurant.kitchen == kitchen]
    dishes: dict[int, list[str]] = {}
    if words:
        dishes = menu_search.find(words, [door.restaurant for door in shown])
        shown = [door for door in shown if door.restaurant.id in dishes]
    return render_template(
        "customer/browse.html",
        any_at_all=bool(doors),
        restaurants=shown,
        kitchens=kitchens,
        kitchen=kitchen,
        words=words,
        dishes=dishes,
    )
