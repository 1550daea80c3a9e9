"""Menus: categories and items, prices in minor units of the restaurant's currency."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model

from .columns import Key, reference
from .menu_picture import MenuPicture


class MenuItem(Model):
    """Something one can order. `available` is what the kitchen says now."""

    __tablename__ = "menu_items"
    __table_args__ = (CheckConstraint("price_minor >= 0", name="price_not_negative"),)

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id", index=True)
    category_id: Mapped[int] = reference("categories.id", index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(String(500), default="")
    price_minor: Mapped[int]
    available: Mapped[bool] = mapped_column(default=True)
    rank: Mapped[int] = mapped_column(default=0)

    # Without its bytes; written by domain/menu_pictures.py alone.
    picture: Mapped[MenuPicture | None] = relationship(viewonly=True)


class Category(Model):
    """A heading of the menu."""

    __tablename__ = "categories"

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id", index=True)
    name: Mapped[str] = mapped_column(String(80))
    rank: Mapped[int] = mapped_column(default=0)

    items: Mapped[list[MenuItem]] = relationship(order_by="MenuItem.rank, MenuItem.id")
