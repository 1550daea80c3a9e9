"""Settings of the board: levels that grow, words of an allergy, stations that later orders know."""

import pytest
from sqlalchemy import select

from app.domain import board_settings
from app.domain.board_settings import AS_DELIVERED, Board
from app.errors import Forbidden, Invalid, NotFound
from app.extensions import db
from app.models import AuditEntry
from app.models.board import ALERTS
from tests.factories import place

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.mark.parametrize(
    "text", ["Allergic to peanuts", "NUTS!", "Anaphylaxis, EpiPen in the bag", "alérgico: allérgie"]
)
def test_a_note_that_names_an_allergy_is_known(text, backend):
    assert AS_DELIVERED.names_allergy(text)


@pytest.mark.parametrize("text", ["", "no onion", "donuts please", "extra chutney"])
def test_a_note_that_names_none_is_not(text, backend):
    assert not AS_DELIVERED.names_allergy(text)


def test_a_note_comes_in_pieces_that_make_it_up_again(backend):
    text = "Severe nut allergy - no nuts, thanks"
    pieces = AS_DELIVERED.parts(text)
    assert "".join(words for words, _ in pieces) == text
    assert [words for words, is_one in pieces if is_one] == ["nut", "allergy", "nuts"]


def test_a_restaurant_decides_for_itself_and_it_is_written_down(cast):
    alerts = ALERTS | {"preparing": (4, 0)}
    board_settings.change(cast.restaurant, alerts, "Nüsse, erdnuss", by=cast.vendor)
    assert board_settings.of(db.session(), cast.restaurant.id) == Board(alerts, ("nusse", "erdnuss"))
    assert board_settings.of(db.session(), cast.other_restaurant.id) == AS_DELIVERED
    [entry] = db.session.scalars(select(AuditEntry))
    assert (entry.action, entry.actor_name) == ("board.settings", cast.vendor.name)


def test_the_alarm_comes_after_the_warning(cast):
    with pytest.raises(Invalid) as refused:
        board_settings.change(cast.restaurant, ALERTS | {"placed": (5, 5)}, "", by=cast.vendor)
    assert list(refused.value.members["errors"]) == ["placed_alarm"]


def test_it_is_for_the_restaurants_own_people(cast):
    with pytest.raises(Forbidden):
        board_settings.change(cast.restaurant, ALERTS, "", by=cast.other_vendor)
    foreign = {dish.id: "Grill" for dish in cast.items(cast.other_restaurant)}
    with pytest.raises(NotFound):
        board_settings.assign(cast.restaurant, foreign, by=cast.vendor)


def test_orders_from_then_on_know_where_their_dishes_are_made(cast):
    before = place(cast).order
    soup, stew, _ = cast.items()
    board_settings.assign(cast.restaurant, {soup.id: "  Cold   kitchen ", stew.id: "Grill"}, by=cast.vendor)
    assert board_settings.stations(db.session(), cast.restaurant.id) == ["Cold kitchen", "Grill"]
    assert [item.station for item in place(cast).order.items] == ["Cold kitchen", "Grill"]
    assert {item.station for item in before.items} == {""}
