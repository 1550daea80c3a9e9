"""What a restaurant decided about its board: when it warns and raises the alarm, which words are an allergy, and
where in the kitchen each dish is made.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import atomic
from app.language import gettext as _
from app.models import BoardSettings, MenuItem, Restaurant
from app.models.board import ALERTS, ALLERGY_WORDS, LONGEST_WORDS, MOST_ALERT_MINUTES
from app.models.menu import LONGEST_STATION

from . import audit, house_events, marks
from .actor import Actor
from .locks import hold

LEVELS = ("warn", "alarm")


@dataclass(frozen=True, slots=True)
class Board:
    """`alerts`: by state, the minutes until the board warns and until it raises the alarm (0: never)."""

    alerts: Mapping[str, tuple[int, int]]
    allergy_words: tuple[str, ...]

    def parts(self, text: str) -> list[tuple[str, bool]]:
        """`text` in pieces, and of each whether it names an allergy."""
        return list(_parts(text, self.allergy_words))

    def names_allergy(self, text: str) -> bool:
        """Whether a word of `text` begins like one of the words of an allergy."""
        return any(is_one for _piece, is_one in _parts(text, self.allergy_words))


AS_DELIVERED = Board(ALERTS, tuple(ALLERGY_WORDS.split()))


def of(session: Session, restaurant_id: int) -> Board:
    """What holds for this restaurant; where it decided nothing, what code says."""
    row = session.get(BoardSettings, restaurant_id, populate_existing=True)
    if row is None:
        return AS_DELIVERED
    alerts = {status: (getattr(row, f"{status}_warn"), getattr(row, f"{status}_alarm")) for status in ALERTS}
    return Board(alerts, tuple(row.allergy_words.split()))


def mark(board: Board) -> str:
    """The mark of what holds, for the form that decides anew."""
    return marks.of(asdict(board))


def change(
    restaurant: Restaurant,
    alerts: Mapping[str, tuple[int, int]],
    words: str,
    *,
    by: Actor,
    seen: str | None = None,
) -> None:
    """Decide anew. Refuses with Invalid minutes that do not grow from warning to alarm, and too many words.

    LostRace where something else holds than was `seen`.
    """
    _check_own(restaurant, by)
    wanted = " ".join(dict.fromkeys(_plain(words).replace(",", " ").split()))
    errors = {
        f"{status}_alarm": [_("The alarm comes after the warning.")]
        for status, (warn, alarm) in alerts.items()
        if warn and alarm and alarm <= warn
    }
    if len(wanted) > LONGEST_WORDS:
        errors["allergy_words"] = [_("%(longest)s characters at most.", longest=LONGEST_WORDS)]
    if any(not 0 <= minutes <= MOST_ALERT_MINUTES for pair in alerts.values() for minutes in pair):
        errors["alerts"] = [_("From 0 to %(most)s minutes.", most=MOST_ALERT_MINUTES)]
    if errors:
        raise Invalid(_("The board cannot be set like this."), errors=errors)
    columns = {
        f"{status}_{level}": minutes
        for status, pair in alerts.items()
        for level, minutes in zip(LEVELS, pair, strict=True)
    } | {"allergy_words": wanted}
    with atomic() as session:
        # One restaurant's settings are changed one after the other.
        hold(session, restaurant)
        marks.check(seen, asdict(of(session, restaurant.id)))
        row = session.get(BoardSettings, restaurant.id) or BoardSettings(restaurant_id=restaurant.id)
        before = {name: getattr(row, name) for name in columns}
        for name, value in columns.items():
            setattr(row, name, value)
        session.add(row)
        session.flush()
        subject = ("restaurant", restaurant.id, restaurant.name)
        audit.record(session, "board.settings", by=by, subject=subject, before=before, after=columns)
        house_events.board_changed(session, restaurant.id, now())


def mark_of_stations(dishes: Iterable[MenuItem]) -> str:
    """The mark of where these dishes are made, for the form that assigns all of them."""
    return marks.of({dish.id: dish.station for dish in dishes})


def assign(restaurant: Restaurant, stations: Mapping[int, str], *, by: Actor, seen: str | None = None) -> None:
    """Say where dishes are made, by their ids, for orders from now on. NotFound where not all of them are its own.

    LostRace where one of them is made elsewhere than was `seen`.
    """
    _check_own(restaurant, by)
    wanted = {id: " ".join(name.split())[:LONGEST_STATION] for id, name in stations.items()}
    with atomic() as session:
        hold(session, restaurant)
        query = select(MenuItem).where(MenuItem.restaurant_id == restaurant.id, MenuItem.id.in_(wanted))
        dishes = session.scalars(query.execution_options(populate_existing=True)).all()
        if len(dishes) != len(wanted):
            raise NotFound(_("Something of this is not on the menu any more: look at the page anew."))
        marks.check(seen, {dish.id: dish.station for dish in dishes})
        before = {dish.name: dish.station for dish in dishes}
        for dish in dishes:
            dish.station = wanted[dish.id]
        after = {dish.name: dish.station for dish in dishes}
        subject = ("restaurant", restaurant.id, restaurant.name)
        audit.record(session, "menu.stations", by=by, subject=subject, before=before, after=after)


def stations(session: Session, restaurant_id: int) -> list[str]:
    """The names of the kitchen's stations, in alphabetical order."""
    query = select(MenuItem.station).where(MenuItem.restaurant_id == restaurant_id, MenuItem.station != "").distinct()
    return sorted(session.scalars(query))


def _check_own(restaurant: Restaurant, by: Actor) -> None:
    if by.role != Role.ADMIN and getattr(by, "restaurant_id", None) != restaurant.id:
        raise Forbidden(_("That is another restaurant's board."))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def _parts(text: str, beginnings: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Runs of letters, and what stands between them; neighbours that are alike are one piece."""
    piece, was_one = "", False
    for token in _tokens(text):
        is_one = _plain(token).startswith(beginnings)
        if piece and is_one != was_one:
            yield piece, was_one
            piece = ""
        piece, was_one = piece + token, is_one
    if piece:
        yield piece, was_one


def _tokens(text: str) -> Iterator[str]:
    token = ""
    for character in text:
        # An accent of its own belongs to the letter before it.
        is_letter = character.isalnum() or bool(unicodedata.combining(character))
        if token and is_letter != token[-1].isalnum():
            yield token
            token = ""
        token += character
    if token:
        yield token
