"""An admin's own filters of the list of orders: kept under a name, put in place of the one of that name, taken away."""

from sqlalchemy import func, select

from app.errors import Conflict, NotFound
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Person, SavedFilter

from .locks import alone

MOST = 30


def of(person: Person) -> list[SavedFilter]:
    """The filters of `person`, by name."""
    mine = select(SavedFilter).where(SavedFilter.person_id == person.id)
    return list(db.session.scalars(mine.order_by(func.lower(SavedFilter.name), SavedFilter.id)))


def save(person: Person, name: str, query: str) -> SavedFilter:
    """Keep `query` (the list's address) as `name`, which then means this; refuses with Conflict the one too many."""
    with atomic() as session:
        # Two of the same name at once are one, and none is the one too many.
        alone(session, f"filters of {person.id}")
        mine = select(SavedFilter).where(SavedFilter.person_id == person.id)
        kept = session.scalars(mine.where(SavedFilter.name == name)).one_or_none()
        if kept is None:
            count = session.scalars(select(func.count()).select_from(mine.subquery())).one()
            if count >= MOST:
                raise Conflict(_("You have %(most)s saved filters. Remove one first.", most=MOST))
            kept = SavedFilter(person_id=person.id, name=name, query=query)
            session.add(kept)
        kept.query = query
    return kept


def remove(person: Person, filter_id: int) -> SavedFilter:
    """Take one of the filters of `person` away; NotFound where it is none of theirs."""
    with atomic() as session:
        kept = session.get(SavedFilter, filter_id)
        if kept is None or kept.person_id != person.id:
            raise NotFound
        session.delete(kept)
    return kept
