"""The history of orders: one row for each change of state."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from app.extensions import Model

from .change import Change
from .columns import reference


class OrderChange(Change, Model):
    """Who moved an order where, when and why."""

    __tablename__ = "order_changes"
    __table_args__ = (UniqueConstraint("order_id", "version"),)

    order_id: Mapped[int] = reference("orders.id")
