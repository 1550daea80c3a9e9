"""The Wi-Fi pass that came with an order, for its customer alone: a link to the order shows none of it."""

from dataclasses import dataclass

from sqlalchemy import select

from app.domain import passes
from app.extensions import db
from app.models import HotspotUser, Order
from app.views.security import keep_nowhere


@dataclass(frozen=True, slots=True)
class Gift:
    """A pass as its guest sees it."""

    code: str
    user: HotspotUser


def wifi(order: Order) -> Gift | None:
    """The pass that came with `order`, while it opens anything."""
    query = select(HotspotUser).where(HotspotUser.order_id == order.id, HotspotUser.status.in_(passes.OPEN))
    user = db.session.scalars(query).unique().one_or_none()
    if user is None:
        return None
    keep_nowhere()
    return Gift(passes.shown(user.code), user)
