"""Pictures of dishes: the bytes, known by their hash. Beside the menu, so that whoever reads it reads no pictures."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, reference


class MenuPicture(Model):
    """The picture of one dish. `hash` is the SHA-256 of `data` as hex: an address that never means another picture."""

    __tablename__ = "menu_pictures"

    menu_item_id: Mapped[int] = reference("menu_items.id", primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime] = mapped_column(Instant, default=now)
