"""Who a client is: session, bearer token or tracking link, or a numbered refusal."""

import json
from datetime import timedelta

from sqlalchemy import update

from app.contract.rooms import order as order_room
from app.contract.times import now
from app.contract.tokens import new_bearer_token
from app.domain import tracking
from app.extensions import atomic
from app.models import ApiToken, Person, Session, TrackingLink
from gateway import refusals
from gateway.auth import cookies_in
from tests.factories import place, token_of
from tests.gateway.rows import write

_CUSTOMER = ["user.{id}.orders", "customer.{id}.driver-location", "user.{id}"]
_VENDOR = ["vendor-orders.{restaurant}", "user.{id}"]
ROOMS = {
    "admin": ["admin.orders", "dashboard-stats", "payments", "hotspot-users", "user.{id}"],
    "vendor": _VENDOR,
    "colleague": _VENDOR,
    "other_vendor": _VENDOR,
    "customer": _CUSTOMER,
    "other_customer": _CUSTOMER,
    "driver": ["driver.{id}.tickets", "user.{id}"],
    "other_driver": ["driver.{id}.tickets", "user.{id}"],
    "outsider": _CUSTOMER,
}
OVER = ({"ended_at": now()}, {"expires_at": now() - timedelta(seconds=1)})


def refusal_of(screen):
    """The data of the CONNECT_ERROR that came, as a stock client hands it to its page."""
    answer = screen.answer()
    assert answer.startswith("44")
    return json.loads(answer[2:])["data"]


def rooms_of(name, person):
    return [room.format(id=person.id, restaurant=person.restaurant_id) for room in ROOMS[name]]


def change(table, **values):
    with atomic() as session:
        session.execute(update(table).values(**values))


def test_it_puts_each_of_the_cast_into_their_own_rooms(cast, screen, cookie_of):
    assert set(ROOMS) == set(cast.people())
    for name, person in cast.people().items():
        for connected in (screen(cookie=cookie_of(person)), screen(person)):
            data, _ = connected.ready()
            assert data["channels"] == rooms_of(name, person)


def test_it_lets_a_token_in_without_an_origin(cast, screen):
    data, _ = screen(cast.driver, origin=None).ready()
    assert data["channels"] == rooms_of("driver", cast.driver)


def test_it_puts_a_tracking_link_into_the_room_of_its_order_alone(cast, screen):
    order = place(cast).order
    data, _ = screen(auth={"tracking": tracking.create_link(order)}).ready()
    assert data["channels"] == [order_room(order.number)]


def test_it_answers_with_a_sid_and_a_pid_first(cast, screen):
    answer = screen(cast.vendor).answer()
    assert answer.startswith("40")
    assert list(json.loads(answer[2:])) == ["sid", "pid"]


def test_it_refuses_who_shows_nothing(app, screen):
    assert refusal_of(screen()) == refusals.NO_IDENTITY.data


def test_it_refuses_an_auth_that_does_not_have_its_form(app, screen):
    for auth in (
        {"token": 7},
        {"token": ""},
        {"token": "x" * 201},
        {"token": "a", "tracking": "b"},
        {"tracking": ["a"]},
        {"token": "a", "screen": "tablet"},
        {"token": "a", "screen": {"id": 3}},
        {"token": "a", "screen": {"id": "x" * 41}},
        {"token": "half \ud800"},
        {"token": "a", "screen": {"id": "half \ud800"}},
        {"token": "a", "screen": {"name": "nothing \0"}},
        # Half a character, and none: no database stores them, and one receipt must not cost everybody theirs.
        {"token": "a", "screen": {"id": "\ud800"}},
        {"token": "a", "screen": {"id": "a", "name": "\0"}},
        {"token": "\ud800"},
        {"tracking": "\ud800"},
    ):
        assert refusal_of(screen(auth=auth)) == refusals.AUTH_MALFORMED.data, auth


def test_it_refuses_an_unknown_token_and_an_unknown_link(app, screen):
    assert refusal_of(screen(auth={"token": new_bearer_token()})) == refusals.TOKEN_UNKNOWN.data
    assert refusal_of(screen(auth={"tracking": "nothing"})) == refusals.LINK_UNKNOWN.data


def test_it_does_not_rescue_a_bad_token_by_the_cookie(cast, screen, cookie_of):
    refused = screen(auth={"token": "wrong"}, cookie=cookie_of(cast.vendor))
    assert refusal_of(refused) == refusals.TOKEN_UNKNOWN.data


def test_it_prefers_the_token_to_the_cookie(cast, screen, cookie_of):
    data, _ = screen(cast.driver, cookie=cookie_of(cast.vendor)).ready()
    assert data["channels"] == rooms_of("driver", cast.driver)


def test_it_refuses_the_cookie_without_an_origin_of_ours(cast, gateway, screen, cookie_of):
    for origin in (None, gateway.http):
        refused = screen(cookie=cookie_of(cast.vendor), origin=origin)
        assert refusal_of(refused) == refusals.COOKIE_WITHOUT_ORIGIN.data


def test_it_refuses_a_forged_cookie(cast, screen, cookie_of):
    assert refusal_of(screen(cookie=cookie_of(cast.vendor) + "x")) == refusals.SESSION_UNKNOWN.data


def test_it_refuses_a_session_that_is_over(cast, screen, cookie_of):
    for over in OVER:
        cookie = cookie_of(cast.vendor)
        change(Session, **over)
        assert refusal_of(screen(cookie=cookie)) == refusals.SESSION_UNKNOWN.data


def test_it_refuses_a_token_that_is_over(cast, screen):
    for over in OVER:
        token = token_of(cast.vendor)
        change(ApiToken, **over)
        assert refusal_of(screen(auth={"token": token})) == refusals.TOKEN_UNKNOWN.data


def test_it_refuses_a_link_that_is_over(cast, screen):
    order = place(cast).order
    for over in OVER:
        link = tracking.create_link(order)
        change(TrackingLink, **over)
        assert refusal_of(screen(auth={"tracking": link})) == refusals.LINK_UNKNOWN.data


def test_it_refuses_a_deactivated_person(cast, screen):
    token = token_of(cast.driver)
    change(Person, is_active=False)
    assert refusal_of(screen(auth={"token": token})) == refusals.PERSON_INACTIVE.data


def test_nothing_reaches_a_refused_client(cast, screen):
    refused = screen()
    refusal_of(refused)
    write(f"vendor-orders.{cast.restaurant.id}", 1)
    assert refused.until_closed() == []


def test_it_never_logs_what_a_client_holds(cast, gateway, screen, cookie_of):
    cookie, token = cookie_of(cast.vendor), token_of(cast.vendor)
    link = tracking.create_link(place(cast).order)
    for connected in (screen(cookie=cookie), screen(auth={"token": token}), screen(auth={"tracking": link})):
        connected.ready()
    refusal_of(screen(auth={"token": f"{token}x"}))
    assert not [secret for secret in (cookie, token, link) if secret in gateway.logged()]


def test_it_takes_the_first_cookie_of_a_name_as_it_stands():
    """Browsers send that of the longest path first."""
    found = cookies_in({"HTTP_COOKIE": 'a=1; passline_session=x.y-z_==;b="q"; a=2;; lonely'})
    assert found == {"a": "1", "passline_session": "x.y-z_==", "b": '"q"', "": "", "lonely": ""}
    assert cookies_in({}) == {"": ""}
