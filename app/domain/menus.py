"""What a menu says: its headings and dishes, their words, prices and order. What is sold out: availability.py.

A dish is never deleted: orders tell of it. It is taken off the menu, and can be put back. Prices are in minor units of
the restaurant's currency; an order keeps the price of its moment.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app.contract.times import now
from app.errors import Conflict, Invalid, LostRace
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import Category, MenuItem, Restaurant
from app.models.restaurant import MOST_WORK_MINUTES

from . import audit, house_events, marks
from .actor import Actor
from .locks import hold

LONGEST_HEADING = 80
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 500
MOST_MINOR = 1_000_000_000


class Terms(TypedDict):
    """What is said of a dish. `work_minutes`: None is as usual; left out, it stays as it is."""

    name: str
    description: str
    price_minor: int
    work_minutes: NotRequired[int | None]


def categories(restaurant: Restaurant) -> list[Category]:
    """The headings with their dishes, in the menu's order."""
    query = (
        select(Category)
        .where(Category.restaurant_id == restaurant.id, Category.is_hidden.is_(False))
        .options(selectinload(Category.items))
        .order_by(Category.rank, Category.id)
    )
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def add_category(restaurant: Restaurant, name: str, *, by: Actor) -> Category:
    """A heading below the others. Refuses with Invalid."""
    name = heading(name)
    with atomic() as session:
        hold(session, restaurant)
        last = session.scalar(select(func.max(Category.rank)).where(Category.restaurant_id == restaurant.id))
        category = Category(restaurant_id=restaurant.id, name=name, rank=(last or 0) + 1)
        session.add(category)
        session.flush()
        _told(session, restaurant, "menu.category_added", by, category, None, {"name": name})
    return category


def rename_category(restaurant: Restaurant, category: Category, name: str, *, by: Actor) -> None:
    """Refuses with Invalid."""
    name = heading(name)
    with atomic() as session:
        hold(session, restaurant)
        before = {"name": category.name}
        category.name = name
        session.flush()
        _told(session, restaurant, "menu.category_changed", by, category, before, {"name": name})


def remove_category(restaurant: Restaurant, category: Category, *, by: Actor) -> None:
    """Take an empty heading off the menu. Conflict while a dish stands under it."""
    with atomic() as session:
        hold(session, restaurant)
        session.refresh(category, ["items"])
        if category.shown:
            raise Conflict(_("Dishes stand under this heading: move them or take them off the menu first."))
        category.is_hidden = True
        session.flush()
        _told(session, restaurant, "menu.category_removed", by, category, {"name": category.name}, None)


def add_item(restaurant: Restaurant, category: Category, terms: Terms, *, by: Actor) -> MenuItem:
    """A dish at the end of a heading. Refuses with Invalid, and with LostRace where the heading is gone."""
    check(terms)
    with atomic() as session:
        hold(session, restaurant)
        _must_stand(session, category)
        last = session.scalar(select(func.max(MenuItem.rank)).where(MenuItem.category_id == category.id))
        item = MenuItem(restaurant_id=restaurant.id, category_id=category.id, rank=(last or 0) + 1, **terms)
        session.add(item)
        session.flush()
        _told(session, restaurant, "menu.item_added", by, item, None, dict(terms))
    return item


def mark(item: MenuItem) -> str:
    """The mark of what is said of a dish, for the form that changes it."""
    return marks.of(_said(item))


def change_item(
    restaurant: Restaurant, item: MenuItem, terms: Terms, category: Category, *, by: Actor, seen: str | None = None
) -> None:
    """Change what is said of it, and the heading that it stands under.

    Refuses as `add_item` does, and with LostRace where it is not as it was `seen`.
    """
    check(terms)
    with atomic() as session:
        hold(session, restaurant)
        _must_stand(session, category)
        hold(session, item)
        before = _said(item)
        marks.check(seen, before)
        for name, value in terms.items():
            setattr(item, name, value)
        item.category_id = category.id
        session.flush()
        _told(session, restaurant, "menu.item_changed", by, item, before, {**terms, "category_id": category.id})


def remove_item(restaurant: Restaurant, item: MenuItem, *, by: Actor) -> None:
    """Take it off the menu; orders that had it keep it."""
    _show(restaurant, item, hidden=True, action="menu.item_removed", by=by)


def restore_item(restaurant: Restaurant, item: MenuItem, *, by: Actor) -> None:
    """Put it back on the menu, under the heading where it stood."""
    _show(restaurant, item, hidden=False, action="menu.item_restored", by=by)


def arrange(
    restaurant: Restaurant,
    category: Category,
    item_ids: Sequence[int],
    *,
    by: Actor,
    seen: Sequence[int] | None = None,
) -> None:
    """Have the dishes of a heading in this order. LostRace where they are others, or stand otherwise than `seen`."""
    with atomic() as session:
        hold(session, restaurant)
        session.refresh(category, ["items"])
        items = {item.id: item for item in category.shown}
        if sorted(items) != sorted(item_ids) or (seen is not None and list(items) != list(seen)):
            raise LostRace(_("Somebody else changed this part of the menu meanwhile. Look at it, then move again."))
        before = {"order": [item.name for item in items.values()]}
        for rank, id in enumerate(item_ids, 1):
            items[id].rank = rank
        session.flush()
        after = {"order": [items[id].name for id in item_ids]}
        _told(session, restaurant, "menu.arranged", by, category, before, after)


def arrange_categories(
    restaurant: Restaurant, category_ids: Sequence[int], *, by: Actor, seen: Sequence[int] | None = None
) -> None:
    """Have the headings in this order. LostRace where they are others, or stand otherwise than `seen`."""
    with atomic() as session:
        hold(session, restaurant)
        known = {category.id: category for category in categories(restaurant)}
        if sorted(known) != sorted(category_ids) or (seen is not None and list(known) != list(seen)):
            raise LostRace(_("Somebody else changed the menu meanwhile. Look at it, then move again."))
        before = {"order": [category.name for category in known.values()]}
        for rank, id in enumerate(category_ids, 1):
            known[id].rank = rank
        session.flush()
        after = {"order": [known[id].name for id in category_ids]}
        _told(session, restaurant, "menu.arranged", by, restaurant, before, after)


def heading(name: str) -> str:
    """The words of a heading as they are kept; Invalid where they cannot be one."""
    words = " ".join(name.split())
    if not 1 <= len(words) <= LONGEST_HEADING:
        wrong = _("From %(shortest)s to %(longest)s characters.", shortest=1, longest=LONGEST_HEADING)
        raise Invalid(_("A heading needs words. %(wrong)s", wrong=wrong), errors={"name": [wrong]})
    return words


def check(terms: Terms) -> None:
    """Refuse what cannot be said of a dish (Invalid)."""
    errors: dict[str, list[str]] = {}
    if not 1 <= len(terms["name"]) <= LONGEST_NAME:
        errors["name"] = [_("From %(shortest)s to %(longest)s characters.", shortest=1, longest=LONGEST_NAME)]
    if len(terms["description"]) > LONGEST_DESCRIPTION:
        errors["description"] = [_("At most %(longest)s characters.", longest=LONGEST_DESCRIPTION)]
    if not 0 <= terms["price_minor"] <= MOST_MINOR:
        errors["price"] = ["Nothing, or more."]
    work = terms.get("work_minutes")
    if work is not None and not 0 <= work <= MOST_WORK_MINUTES:
        errors["work_minutes"] = [_("From 0 to %(most)s minutes.", most=MOST_WORK_MINUTES)]
    if errors:
        raise Invalid(_("The dish is not right yet."), errors=errors)


def _must_stand(session: Session, category: Category) -> None:
    """Refuse a heading that somebody took off the menu meanwhile: what stands under it is on no page."""
    session.refresh(category, ["is_hidden"])
    if category.is_hidden:
        raise LostRace(_("Somebody else took this heading off the menu meanwhile. Choose another one."))


def _said(item: MenuItem) -> dict[str, object]:
    return {name: getattr(item, name) for name in (*Terms.__annotations__, "category_id")}


def _show(restaurant: Restaurant, item: MenuItem, *, hidden: bool, action: str, by: Actor) -> None:
    with atomic() as session:
        hold(session, restaurant)
        hold(session, item)
        if item.is_hidden == hidden:
            return
        item.is_hidden = hidden
        if not hidden:
            session.get_one(Category, item.category_id, populate_existing=True).is_hidden = False
        session.flush()
        _told(session, restaurant, action, by, item, {"is_hidden": not hidden}, {"is_hidden": hidden})


def _told(
    session: Session,
    restaurant: Restaurant,
    action: str,
    by: Actor,
    about: Category | MenuItem | Restaurant,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
) -> None:
    kind = {Category: "category", MenuItem: "menu_item", Restaurant: "restaurant"}[type(about)]
    audit.record(session, action, by=by, subject=(kind, about.id, about.name), before=before, after=after)
    house_events.changed(session, restaurant, now())
