"""Restaurants and their menus, as anybody who is logged in may read them."""

from flask import Response
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.contract.times import iso_or_none, now
from app.domain import capacity
from app.extensions import db
from app.models import Category, MenuItem, OpeningHours, Restaurant
from app.views import loading

from . import documents, requests
from .answers import Document, answer
from .blueprint import bp
from .pages import Paging, page


@bp.get("/restaurants", tags=["restaurants"])
@bp.asks(requests.Paging)
@bp.answers(200, documents.Restaurants, "Restaurants, by slug")
def restaurants(paging: Paging) -> Response:
    """List the restaurants"""
    query = (
        select(Restaurant)
        .where(Restaurant.slug > paging.get("after", ""))
        .options(selectinload(Restaurant.hours), selectinload(Restaurant.exceptions))
    )
    rows = db.session.scalars(query.order_by(Restaurant.slug).limit(paging["limit"] + 1)).all()
    return answer(page(rows, paging["limit"], lambda row: row.slug, _restaurant))


@bp.get("/restaurants/<slug>", tags=["restaurants"])
@bp.answers(200, documents.RestaurantWithMenu, "The restaurant and its menu", refuses=(401, 404))
def restaurant(slug: str) -> Response:
    """Read a restaurant with its menu"""
    found = loading.one(select(Restaurant).where(Restaurant.slug == slug))
    categories = db.session.scalars(
        select(Category)
        .where(Category.restaurant_id == found.id)
        .options(selectinload(Category.items))
        .order_by(Category.rank, Category.id)
    )
    menu = [_category(category) for category in categories if not category.is_hidden]
    return answer({**_restaurant(found), **_outlook(found), "categories": menu})


def _restaurant(row: Restaurant) -> Document:
    return {
        "id": row.id,
        "slug": row.slug,
        "name": row.name,
        "kitchen": row.kitchen,
        "description": row.description,
        "address": row.address,
        "phone": row.phone,
        "time_zone": row.time_zone,
        "currency": row.currency,
        "preparation_minutes": row.preparation_minutes,
        "delivery_minutes": row.delivery_minutes,
        **_mode(row),
        "open": row.is_open(now()),
        "opening_hours": [_hours(hours) for hours in row.hours],
    }


def _mode(row: Restaurant) -> Document:
    mode = row.mode_now
    return {
        "accepting": row.accepting,
        "mode": mode,
        "busy_minutes": row.busy_minutes if mode == "busy" else 0,
        "mode_reason": row.mode_reason if mode != "normal" else "",
        "mode_until": iso_or_none(row.mode_until) if mode != "normal" else None,
    }


def _outlook(row: Restaurant) -> Document:
    outlook = capacity.outlook(row, now())
    return {"earliest_time": iso_or_none(outlook.ready_at), "kitchen_full": outlook.is_full}


def _hours(row: OpeningHours) -> Document:
    return {"weekday": row.weekday, "opens": f"{row.opens:%H:%M}", "closes": f"{row.closes:%H:%M}"}


def _category(row: Category) -> Document:
    return {"id": row.id, "name": row.name, "items": [_item(item) for item in row.shown]}


def _item(row: MenuItem) -> Document:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "price": row.price_minor,
        "available": row.available,
    }
