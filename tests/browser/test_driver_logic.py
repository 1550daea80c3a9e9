"""The driver's page, as far as it is arithmetic: its modules are asked in a browser, without any page around them."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit

AT_REST, WALKING = None, 1.4
SPOT = {"latitude": 38.7139, "longitude": -9.1334, "accuracy": 8}


@pytest.fixture
def ask(visit: Visit) -> Any:
    """Call a function of a module with values."""
    page: Page = visit(None, "/login")

    def answer(module: str, function: str, *values: Any) -> Any:
        call = f"module.{function}(...{json.dumps(values)})"
        return page.evaluate(f"import('/static/js/driver/{module}.js').then((module) => {call})")

    return answer


def fix(seconds: float, *, metres: float = 0, speed: float | None = AT_REST, accuracy: float = 8) -> dict[str, Any]:
    """A position so many seconds after the first, so many metres north of it."""
    return {
        **SPOT,
        "latitude": SPOT["latitude"] + metres / 111_195,
        "speed": speed,
        "accuracy": accuracy,
        "at": 1_000_000_000 + 1000 * seconds,
    }


@pytest.mark.parametrize(
    ("later", "is_due"),
    [
        (fix(1, metres=5), False),
        (fix(1, metres=11), True),
        # Indoors a fix wanders by as much as it may be wrong by.
        (fix(1, metres=11, accuracy=60), False),
        (fix(29, metres=5, speed=WALKING), False),
        (fix(30, metres=5, speed=WALKING), True),
        (fix(59), False),
        (fix(60), True),
    ],
)
def test_a_position_is_told_each_ten_metres_half_minute_or_minute(ask, later, is_due):
    assert ask("fixes", "isDue", fix(0), later, 0) is is_due


def test_who_moved_a_moment_ago_is_on_the_move(ask):
    moved_at = fix(0)["at"]
    assert ask("fixes", "interval", fix(10), moved_at) == 30_000
    assert ask("fixes", "interval", fix(70), moved_at) == 60_000


def test_positions_are_kept_for_a_quarter_of_an_hour_as_a_track(ask):
    kept: list[Any] = []
    for second in range(0, 1800, 2):
        kept = ask("fixes", "keep", kept, fix(second))
    ages = [(fix(1798)["at"] - one["at"]) / 1000 for one in kept]
    assert max(ages) < 900
    assert ages == sorted(ages, reverse=True)
    assert 70 < len(kept) < 95


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (None, "later"),
        ({"status": 200, "document": {}}, "done"),
        ({"status": 500, "document": {}}, "later"),
        ({"status": 429, "document": {}}, "later"),
        ({"status": 401, "document": {}}, "login"),
        ({"status": 404, "document": {}}, "refused"),
        ({"status": 422, "document": {}}, "refused"),
        ({"status": 409, "document": {"code": "changed_meanwhile"}}, "refused"),
        ({"status": 409, "document": {"code": "idempotency_in_flight"}}, "later"),
        ({"status": 400, "document": {"code": "csrf"}}, "reload"),
    ],
)
def test_what_an_answer_means_for_a_step(ask, answer, meaning):
    assert ask("answers", "outcome", answer) == meaning


def test_the_pause_grows_to_half_a_minute(ask):
    assert [ask("answers", "pause", tries, 0.5) for tries in (1, 2, 3, 20)] == [1000, 2000, 4000, 30_000]


@pytest.mark.parametrize(
    ("status", "steps", "leads_to"),
    [
        ("assigned", ["at-pickup", "picked-up", "at-dropoff", "delivered"], "delivered"),
        ("at_pickup", ["failed"], "unassigned"),
        ("at_dropoff", ["failed", "returning", "returned"], "returned"),
        ("offered", ["accept"], "assigned"),
        ("picked_up", [], "picked_up"),
    ],
)
def test_a_ticket_is_shown_where_its_steps_lead(ask, status, steps, leads_to):
    then = ask("steps", "ahead", {"status": status, "version": 3}, [{"verb": verb} for verb in steps])
    assert then == {"status": leads_to, "version": 3 + len(steps)}


@pytest.mark.parametrize(
    ("agent", "where", "address"),
    [
        ("Android 16", SPOT, "geo:38.7139,-9.1334?q=38.7139%2C-9.1334"),
        ("Android 16", {"latitude": None, "address": "1 Street"}, "geo:0,0?q=1%20Street"),
        ("iPhone", SPOT, "https://maps.apple.com/?daddr=38.7139%2C-9.1334"),
        ("X11", {"latitude": None, "address": "1 Street"}, "https://www.openstreetmap.org/search?query=1%20Street"),
    ],
)
def test_the_way_is_shown_by_what_the_phone_has(ask, agent, where, address):
    assert ask("formats", "directions", where, agent) == address


@pytest.mark.parametrize(
    ("minor", "currency", "spoken"), [(1250, "EUR", "€12.50"), (1250, "JPY", "¥1,250"), (9000, "KES", "KES\xa090.00")]
)
def test_money_is_said_as_the_server_says_it(ask, minor, currency, spoken):
    assert ask("formats", "money", minor, currency) == spoken


@pytest.mark.parametrize(("metres", "words"), [(847, "850 m"), (2350, "2.4 km"), (None, None)])
def test_distances_are_said_as_the_server_says_them(ask, metres, words):
    assert ask("formats", "distance", metres) == words
