"""Menus: categories and items, prices in minor units of the restaurant's currency."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model

from .columns import Instant, Key, reference
from .menu_picture import MenuPicture
from .restaurant import MOST_WORK_MINUTES

LONGEST_STATION = 40


class MenuItem(Model):
    """Something one can order. `available` is what the kitchen says now; sold out, it may be back at `returns_at`."""

    __tablename__ = "menu_items"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
        CheckConstraint(f"work_minutes between 0 and {MOST_WORK_MINUTES}", name="work_minutes"),
    )

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id", index=True)
    category_id: Mapped[int] = reference("categories.id", index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="")
    price_minor: Mapped[int]
    available: Mapped[bool] = mapped_column(default=True)
    returns_at: Mapped[datetime | None] = mapped_column(Instant)
    # Taken off the menu, and kept for the orders that had it.
    is_hidden: Mapped[bool] = mapped_column(default=False)
    rank: Mapped[int] = mapped_column(default=0)
    # Where in the kitchen it is made, as the kitchen calls it; empty where that makes no difference.
    station: Mapped[str] = mapped_column(String(LONGEST_STATION), default="", server_default="")
    # How much work one of it is to the kitchen; None: as much as the restaurant's dishes usually are.
    work_minutes: Mapped[int | None]

    # Without its bytes; written by domain/menu_pictures.py alone.
    picture: Mapped[MenuPicture | None] = relationship(viewonly=True)


class Category(Model):
    """A heading of the menu."""

    __tablename__ = "categories"

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id", index=True)
    name: Mapped[str] = mapped_column(String(80))
    rank: Mapped[int] = mapped_column(default=0)
    is_hidden: Mapped[bool] = mapped_column(default=False)

    items: Mapped[list[MenuItem]] = relationship(order_by="MenuItem.rank, MenuItem.id")

    @property
    def shown(self) -> list[MenuItem]:
        """What stands on the menu under this heading."""
        return [] if self.is_hidden else [item for item in self.items if not item.is_hidden]
