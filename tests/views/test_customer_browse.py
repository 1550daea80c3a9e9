"""Finding a restaurant: whether it is open, when it opens, by its name, by a dish and by its kitchen."""

from datetime import time

import pytest
import time_machine

from app.domain import menus
from app.extensions import atomic, db

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
SATURDAY = "2026-11-21T21:30:00+00:00"  # 21:30 in Lisbon


@pytest.fixture
def browse(cast, as_person):
    """The page of the restaurants, asked like this by a stranger."""
    with atomic():
        cast.restaurant.kitchen, cast.other_restaurant.kitchen = "Portuguese", "Japanese"
        cast.items()[1].description = "With feijão and CHOURIÇO"
    return lambda query="": as_person(None).get(f"/r/{query}").text


@pytest.mark.parametrize(
    ("query", "first", "second"),
    [
        ("", True, True),
        ("?q=first", True, False),
        ("?q=japanese", False, True),
        ("?q=SOUP", True, True),
        ("?q=feijao+chourico", True, False),
        ("?q=special", False, False),
        ("?q=first+feijao", True, False),
        ("?q=soup&kitchen=Japanese", False, True),
        ("?kitchen=Portuguese", True, False),
        ("?kitchen=Nobody%27s", False, False),
        ("?q=%25", False, False),
    ],
)
def test_it_finds_restaurants_by_words_and_kitchen(browse, query, first, second):
    page = browse(query)
    assert ('href="/r/first"' in page, 'href="/r/second"' in page) == (first, second)


def test_it_names_the_dishes_that_were_meant(browse):
    assert "The First Table stew" in browse("?q=feijao")
    assert "The First Table soup" not in browse("?q=feijao")


def test_it_finds_nothing_that_was_taken_off_the_menu(cast, browse):
    assert 'href="/r/first"' in browse("?q=feijao")
    menus.remove_item(cast.restaurant, cast.items()[1], by=cast.admin)
    assert 'href="/r/first"' not in browse("?q=feijao")


def test_it_shows_what_was_searched_and_the_way_back(browse):
    page = browse("?q=<b>nothing</b>")
    assert "Nothing found" in page
    assert 'value="&lt;b&gt;nothing&lt;/b&gt;"' in page
    assert "Show all restaurants" in page


@pytest.mark.parametrize(
    ("weekday", "opens", "says"),
    [
        (5, time(22), 'opens <time datetime="2026-11-21T22:00:00.000Z">at 22:00</time>'),
        (6, time(11), ">tomorrow at 11:00</time>"),
        (1, time(9, 30), ">on Tuesday at 09:30</time>"),
    ],
)
def test_a_closed_one_says_when_it_opens_in_words(cast, browse, weekday, opens, says):
    with atomic() as session:
        kept, *rest = cast.restaurant.hours
        for hours in rest:
            session.delete(hours)
        kept.weekday, kept.opens, kept.closes = weekday, opens, time(23)
    db.session.refresh(cast.restaurant)
    with time_machine.travel(SATURDAY, tick=False):
        assert says in browse("?q=first")
