"""Pictures of dishes: checked, kept beside the menu under their hash, and taken away again."""

import hashlib

from sqlalchemy.orm import Session

from app.contract.times import now
from app.errors import Invalid
from app.extensions import atomic
from app.language import gettext as _
from app.models import MenuItem, MenuPicture

from . import audit, picture_files
from .actor import Actor
from .locks import hold

# What a picture may weigh: a menu of fifty dishes is looked at on a phone.
LARGEST_PICTURE = 300_000
# Pixels of a side: that is what it unfolds to there, however few bytes it has.
LONGEST_SIDE = 4000


def hang(item: MenuItem, data: bytes, *, by: Actor) -> str:
    """Let `data` (JPEG, PNG or WebP) be the picture of `item`, in place of the one before; its hash.

    Refuses anything else, and what has more than LARGEST_PICTURE bytes or a side beyond LONGEST_SIDE, with Invalid.
    """
    kind, found = picture_files.kind(data), picture_files.sides(data)
    wrong = ""
    if kind is None or found is None or len(data) > LARGEST_PICTURE:
        wrong = _("A JPEG, PNG or WebP of at most %(most)s kB.", most=LARGEST_PICTURE // 1000)
    elif max(found) > LONGEST_SIDE:
        wrong = _("At most %(most)s pixels wide and high.", most=LONGEST_SIDE)
    if kind is None or wrong:
        raise Invalid(wrong, errors={"picture": [wrong]})
    digest = hashlib.sha256(data).hexdigest()
    with atomic() as session:
        hold(session, item)
        session.merge(MenuPicture(menu_item_id=item.id, hash=digest, kind=kind, data=data, at=now()))
        _tell(session, "menu.picture_hung", item, by)
    return digest


def take_down(item: MenuItem, *, by: Actor) -> bool:
    """Let `item` have no picture; whether it had one."""
    with atomic() as session:
        hold(session, item)
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
