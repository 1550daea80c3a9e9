"""Pictures of dishes: checked, kept beside the menu under their hash, and taken away again."""

import hashlib

from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Invalid
from app.extensions import atomic
from app.models import MenuItem, MenuPicture

from . import audit
from .actor import Actor
from .deliveries import kind_of_picture

# What a picture may weigh: a menu of fifty dishes is looked at on a phone.
LARGEST_PICTURE = 300_000


def hang(item: MenuItem, data: bytes, *, by: Actor) -> str:
    """Let `data` (JPEG, PNG or WebP) be the picture of `item`, in place of the one before; its hash.

    Refuses anything else, and what is larger than LARGEST_PICTURE bytes, with Invalid.
    """
    kind = kind_of_picture(data)
    if kind is None or len(data) > LARGEST_PICTURE:
        wrong = f"A JPEG, PNG or WebP of at most {LARGEST_PICTURE // 1000} kB."
        raise Invalid(wrong, errors={"picture": [wrong]})
    digest = hashlib.sha256(data).hexdigest()
    with atomic() as session:
        session.merge(MenuPicture(menu_item_id=item.id, hash=digest, kind=kind, data=data, at=now()))
        _tell(session, "menu.picture_hung", item, by)
    return digest


def take_down(item: MenuItem, *, by: Actor) -> bool:
    """Let `item` have no picture; whether it had one."""
    with atomic() as session:
        picture = session.get(MenuPicture, item.id)
        if picture is None:
            return False
        session.delete(picture)
        _tell(session, "menu.picture_taken_down", item, by)
    return True


def _tell(session: Session, action: str, item: MenuItem, by: Actor) -> None:
    session.flush()
    session.expire(item, ["picture"])
    audit.record(session, action, by=by, subject=("menu_item", item.id, item.name))
