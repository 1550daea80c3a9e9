"""Orders: placed, listed, searched, read; each person sees what is theirs, and nothing else."""

import re
from datetime import timedelta

import pytest

from app.contract.positions import Position
from app.contract.times import iso, now
from app.contract.tokens import digest
from app.domain import capacity, orders
from app.domain.order_json import whole
from app.extensions import atomic, db
from app.models import IdempotencyKey, Order, TrackingLink
from app.models.event_log import head
from tests.factories import order_in, place

from .conftest import close, refused

ORDER = {
    "id", "number", "restaurant", "customer", "status", "status_label", "version", "fulfilment", "address", "note",
    "table", "items", "total", "currency", "created_at", "scheduled_for", "placed_at", "accept_by", "prep_minutes",
    "promised_from", "promised_by", "cancellation", "stop_acknowledged_at", "ticket", "payment",
}  # fmt: skip
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def cook(program, cast):
    with atomic():
        cast.colleague.staff_role = "cook"
    return program(cast.colleague)


@pytest.fixture
def customer(program, cast):
    return program(cast.customer)


# -- Placing -----------------------------------------------------------------------------------------------------------


def test_it_places_an_order(customer, cast, wanted):
    answer = customer.post("/orders", wanted)
    assert answer.status_code == 201
    order = answer.json
    assert order.keys() == ORDER | {"tracking_url"}
    assert (order["status"], order["version"]) == ("placed", 1)
    assert (order["total"], order["currency"]) == (2 * 450 + 1250, "EUR")
    assert order["items"] == [
        {"name": "The First Table soup", "quantity": 2, "unit_price": 450, "note": "no onion"},
        {"name": "The First Table stew", "quantity": 1, "unit_price": 1250, "note": ""},
    ]
    assert order["restaurant"] == {"id": cast.restaurant.id, "slug": "first", "name": "The First Table"}
    assert order["customer"] == {"id": cast.customer.id, "name": "Customer Person"}
    assert order["payment"] == {"status": "unpaid", "method": "cash"}
    assert answer.headers["Location"] == f"/api/orders/{order['number']}"


def test_it_keeps_where_the_door_is(customer, wanted):
    door = {"latitude": 38.7274, "longitude": -9}
    customer.post("/orders", wanted | door | {"fulfilment": "delivery", "address": "1 Street"})
    assert (Order.query.one().latitude, Order.query.one().longitude) == (38.7274, -9.0)


@pytest.mark.parametrize(
    ("door", "field"),
    [
        ({"latitude": 38.7}, "longitude"),
        ({"longitude": -9.1}, "latitude"),
        ({"latitude": 90.1, "longitude": 0}, "latitude"),
        ({"latitude": "38.7", "longitude": 0}, "latitude"),
        ({"latitude": True, "longitude": 0}, "latitude"),
        ({"latitude": 0, "longitude": None}, "longitude"),
    ],
)
def test_it_refuses_a_door_that_is_nowhere(customer, wanted, nothing_left, door, field):
    order = wanted | door | {"fulfilment": "delivery", "address": "1 Street"}
    with nothing_left():
        assert list(refused(customer.post("/orders", order), 422, "invalid")["errors"]) == [field]


def test_its_times_end_in_z(customer, wanted):
    order = customer.post("/orders", wanted).json
    for field in ("created_at", "placed_at", "accept_by", "promised_from", "promised_by"):
        assert TIME.fullmatch(order[field]), field


def test_its_tracking_link_opens_that_order(customer, wanted):
    order = customer.post("/orders", wanted).json
    token = re.fullmatch(r"http://localhost/t/([\w-]{22})", order["tracking_url"])[1]
    assert TrackingLink.query.filter_by(token_hash=digest(token)).one().order_id == order["id"]


def test_an_order_with_mpesa_waits_for_its_payment(customer, wanted):
    order = customer.post("/orders", wanted | {"payment": "mpesa"}).json
    assert (order["status"], order["placed_at"], order["accept_by"]) == ("awaiting_payment", None, None)


def test_it_schedules_an_order(customer, wanted):
    at = iso(now() + timedelta(hours=3))
    order = customer.post("/orders", wanted | {"scheduled_for": at}).json
    assert (order["status"], order["scheduled_for"], order["promised_from"]) == ("scheduled", at, at)


def test_a_delivery_keeps_its_address(customer, wanted):
    order = customer.post("/orders", wanted | {"fulfilment": "delivery", "address": "1 Long Street"}).json
    assert (order["fulfilment"], order["address"]) == ("delivery", "1 Long Street")


@pytest.mark.parametrize("name", ["vendor", "driver", "admin"])
def test_only_customers_place_orders(program, cast, wanted, nothing_left, name):
    client = program(getattr(cast, name))
    with nothing_left():
        refused(client.post("/orders", wanted), 403, "forbidden")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"restaurant": "nowhere"}, "restaurant"),
        ({"restaurant": ""}, "restaurant"),
        ({"items": []}, "items"),
        ({"items": [{"menu_item_id": 10**9, "quantity": 1}]}, "items"),
        ({"items": [{"menu_item_id": 2**63, "quantity": 1}]}, "items.0.menu_item_id"),
        ({"fulfilment": "drone"}, "fulfilment"),
        ({"fulfilment": "delivery"}, "address"),
        ({"fulfilment": "delivery", "address": "  "}, "address"),
        ({"payment": "barter"}, "payment"),
        ({"address": "x" * 301}, "address"),
        ({"note": "x" * 501}, "note"),
        ({"scheduled_for": "2020-01-01T12:00:00Z"}, "scheduled_for"),
        ({"scheduled_for": "2099-01-01T12:00:00Z"}, "scheduled_for"),
        ({"total": 1}, "total"),
    ],
)
def test_it_refuses_what_cannot_be_ordered(customer, wanted, nothing_left, change, field):
    with nothing_left():
        assert list(refused(customer.post("/orders", wanted | change), 422, "invalid")["errors"]) == [field]


@pytest.mark.parametrize("quantity", [0, -1, 100, 10**12, 2**70])
def test_it_refuses_a_zero_or_huge_quantity(customer, cast, wanted, nothing_left, quantity):
    items = [{"menu_item_id": cast.items()[0].id, "quantity": quantity}]
    with nothing_left():
        problem = refused(customer.post("/orders", wanted | {"items": items}), 422, "invalid")
    assert list(problem["errors"]) == ["items.0.quantity"]


def test_it_refuses_more_lines_than_a_kitchen_can_read(customer, cast, wanted, nothing_left):
    items = [{"menu_item_id": cast.items()[0].id, "quantity": 1}] * 51
    with nothing_left():
        assert list(refused(customer.post("/orders", wanted | {"items": items}), 422, "invalid")["errors"]) == ["items"]


def test_it_refuses_an_item_of_another_restaurant(customer, cast, wanted, nothing_left):
    theirs = cast.items(cast.other_restaurant)[0].id
    wanted["items"].append({"menu_item_id": theirs, "quantity": 1})
    with nothing_left():
        assert list(refused(customer.post("/orders", wanted), 422, "invalid")["errors"]) == ["items"]


def test_it_refuses_what_is_sold_out(customer, cast, wanted, nothing_left):
    wanted["items"].append({"menu_item_id": cast.items()[2].id, "quantity": 1})
    with nothing_left():
        problem = refused(customer.post("/orders", wanted), 409, "conflict")
    assert problem["sold_out"] == ["The First Table special"]


def test_it_refuses_while_the_kitchen_has_paused(customer, cast, wanted, nothing_left):
    with atomic():
        cast.restaurant.mode = "paused"
    with nothing_left():
        refused(customer.post("/orders", wanted), 409, "restaurant_closed")


def test_it_refuses_when_the_restaurant_is_closed(customer, cast, wanted, nothing_left):
    close(cast.restaurant)
    with nothing_left():
        refused(customer.post("/orders", wanted), 409, "restaurant_closed")


def test_it_refuses_a_time_for_which_the_kitchen_is_full(customer, cast, wanted):
    """And says when there is room; for as soon as possible, that is what it promises."""
    capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
    wished = (now() + timedelta(hours=5)).replace(minute=30, second=0, microsecond=0)
    assert customer.post("/orders", wanted | {"scheduled_for": iso(wished)}).status_code == 201
    refusal = refused(customer.post("/orders", wanted | {"scheduled_for": iso(wished)}), 409, "kitchen_full")
    assert refusal["next_time"] == iso(wished + timedelta(minutes=15))
    assert customer.post("/orders", wanted | {"scheduled_for": refusal["next_time"]}).status_code == 201
    first, second = (customer.post("/orders", wanted).json for _ in "ab")
    assert first["promised_by"] < second["promised_from"]


def test_it_stores_no_tracking_token(customer, wanted):
    order = customer.post("/orders", wanted, key="once").json
    token = order["tracking_url"].rpartition("/")[2]
    assert token not in IdempotencyKey.query.one().answer


# -- Lists -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def some(cast):
    """Orders of two customers in two restaurants."""
    return {
        "mine": place(cast).order,
        "mine_elsewhere": place(cast, restaurant=cast.other_restaurant).order,
        "theirs": place(cast, customer=cast.other_customer).order,
        "unpaid": order_in(cast, "awaiting_payment"),
    }


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("customer", ["unpaid", "mine_elsewhere", "mine"]),
        ("other_customer", ["theirs"]),
        ("vendor", ["theirs", "mine"]),
        ("colleague", ["theirs", "mine"]),
        ("other_vendor", ["mine_elsewhere"]),
        ("admin", ["unpaid", "theirs", "mine_elsewhere", "mine"]),
        ("driver", []),
        ("outsider", []),
    ],
)
def test_everybody_sees_their_own_newest_first(program, cast, some, name, seen):
    listed = program(getattr(cast, name)).get("/orders").json["items"]
    assert [order["number"] for order in listed] == [some[each].number for each in seen]


def test_it_lists_whole_orders(customer, cast, some):
    [order] = customer.get("/orders", restaurant="second").json["items"]
    assert order == whole(some["mine_elsewhere"], "customer")
    assert order.keys() == ORDER


def test_it_finds_by_status(program, cast, some):
    orders.accept(some["theirs"], by=cast.vendor)
    listed = program(cast.vendor).get("/orders", status="accepted").json["items"]
    assert [order["number"] for order in listed] == [some["theirs"].number]


def test_it_finds_by_words(program, cast, some):
    admin = program(cast.admin)
    number = some["theirs"].number
    for text in (number, number.lower()[:4], "other cust", "OTHER"):
        found = [order["number"] for order in admin.get("/orders", q=text).json["items"]]
        assert number in found, text
    assert admin.get("/orders", q="zebra").json["items"] == []


def test_a_search_shows_nothing_that_is_not_yours(program, cast, some):
    assert program(cast.outsider).get("/orders", q=some["mine"].number).json["items"] == []


def test_its_pages_show_each_order_once(customer, cast):
    numbers = [place(cast).order.number for _ in range(5)]
    seen, after = [], ""
    while after is not None:
        page = customer.get("/orders", limit=2, after=after).json
        seen += [order["number"] for order in page["items"]]
        after = page["next"]
        assert page.keys() == {"items", "next"}
    assert seen == numbers[::-1]


def test_what_is_placed_meanwhile_moves_no_page(customer, cast):
    numbers = [place(cast).order.number for _ in range(3)]
    first = customer.get("/orders", limit=1).json
    place(cast)
    second = customer.get("/orders", limit=1, after=first["next"]).json
    assert [page["items"][0]["number"] for page in (first, second)] == numbers[:0:-1]


# -- One ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["customer", "vendor", "colleague", "admin"])
def test_it_shows_an_order_to_whom_it_concerns(program, cast, name):
    order, person = place(cast).order, getattr(cast, name)
    answer = program(person).get(f"/orders/{order.number}")
    assert answer.json == whole(order, person.role)


@pytest.mark.parametrize("name", ["other_vendor", "other_customer", "driver", "outsider"])
@pytest.mark.parametrize("path", ["", "/history"])
def test_it_hides_an_order_from_everybody_else(program, cast, name, path):
    order = place(cast).order
    refused(program(getattr(cast, name)).get(f"/orders/{order.number}{path}"), 404, "not_found")


def test_a_kitchen_sees_no_unpaid_order(program, cast):
    number = order_in(cast, "awaiting_payment").number
    refused(program(cast.vendor).get(f"/orders/{number}"), 404, "not_found")


@pytest.mark.parametrize("number", ["2222222", "nonsense", "%F0%9F%8D%B2", "x" * 300, "1%20or%201"])
def test_it_finds_no_other_number(customer, number):
    refused(customer.get(f"/orders/{number}"), 404, "not_found")


@pytest.mark.parametrize("listed", [True, False])
def test_its_position_is_the_logs_head_before_the_rows(app, customer, cast, listed):
    order = place(cast).order
    path = "/orders" if listed else f"/orders/{order.number}"
    told = Position.parse(customer.get(path).headers["Passline-Position"])
    assert told == head(db.session)


# -- History -----------------------------------------------------------------------------------------------------------


def test_it_tells_the_history_oldest_first(program, cast):
    order = order_in(cast, "preparing")
    told = program(cast.vendor).get(f"/orders/{order.number}/history").json
    assert [(row["from"], row["to"], row["version"]) for row in told["items"]] == [
        (None, "placed", 1),
        ("placed", "accepted", 2),
        ("accepted", "preparing", 3),
    ]
    assert told["items"][1].keys() == {"from", "to", "version", "actor", "role", "reason_code", "note", "at"}
    assert told["items"][1]["actor"] == {"id": cast.vendor.id, "name": "Vendor Person"}
    assert TIME.fullmatch(told["items"][1]["at"])
    assert told["next"] is None


def test_its_history_has_pages(program, cast):
    order, client = order_in(cast, "preparing"), program(cast.admin)
    first = client.get(f"/orders/{order.number}/history", limit=2).json
    second = client.get(f"/orders/{order.number}/history", limit=2, after=first["next"]).json
    assert [row["version"] for row in first["items"] + second["items"]] == [1, 2, 3]


def test_a_customer_learns_no_name_of_staff(customer, cast):
    order = order_in(cast, "cancelled")
    told = customer.get(f"/orders/{order.number}/history")
    assert told.json["items"][1]["actor"] == {"id": None, "name": "The First Table"}
    assert "Vendor Person" not in told.text
    assert "Vendor Person" not in customer.get(f"/orders/{order.number}").text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_cook_reads_what_stands_on_the_board_and_nothing_that_is_over(cook, cast):
    stopped = order_in(cast, "accepted")
    orders.cancel(stopped, by=cast.admin, reason_code="other")
    assert cook.get(f"/orders/{order_in(cast, 'preparing').number}").status_code == 200
    assert cook.get(f"/orders/{stopped.number}").status_code == 200, "until they say that they stopped"
    orders.acknowledge_stop(stopped, by=cast.vendor)
    for order in (stopped, order_in(cast, "collected")):
        refused(cook.get(f"/orders/{order.number}"), 403, "forbidden")
