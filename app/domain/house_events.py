"""What the screens of a restaurant's people hear about the restaurant itself: its mode, its menu, and its board."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.times import iso_or_none
from app.models import Restaurant

from . import log


def changed(session: Session, restaurant: Restaurant, at: datetime) -> None:
    """Have the screens of this restaurant drawn anew: into the log, after what changed was written."""
    about = {
        "id": restaurant.id,
        "slug": restaurant.slug,
        "mode": restaurant.mode,
        "until": iso_or_none(restaurant.mode_until),
        "reason": restaurant.mode_reason,
    }
    data = {"restaurant": about, **log.stamp(at)}
    log.append(session, [events.RESTAURANT_CHANGED.message(rooms.vendor_orders(restaurant.id), data)], at=at)


def board_changed(session: Session, restaurant_id: int, at: datetime) -> None:
    """Have every card of this restaurant's boards drawn anew: into the log, after what changed was written."""
    data = {"restaurant_id": restaurant_id, **log.stamp(at)}
    log.append(session, [events.BOARD_CHANGED.message(rooms.vendor_orders(restaurant_id), data)], at=at)
