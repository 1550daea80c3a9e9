"""Every line of the event table: fired at its moment, to its rooms, with exactly its fields."""

import json
import re
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract import events, rooms
from app.contract.events import EVENTS, Event
from app.contract.times import now
from app.domain import (
    access,
    board_settings,
    busy,
    drivers,
    item_ticks,
    messages,
    offers,
    orders,
    policy_changes,
    ticket_deadlines,
    wifi_sessions,
)
from app.domain.order_placement import Line
from app.extensions import db
from app.models import EventLog, LiveFix, Order
from app.models.board import ALERTS
from app.models.restaurant import DEADLINES
from tests.factories import order_in, place, session_of, ticket_in
from tests.passes import pass_for
from tests.wifi_rows import account, mint, package

# The contract's own words (CONTRACT.md, "The events"): event, kind of room, fields beside the stamps.
S2 = {
    *("order_id", "order_number", "current_status", "current_status_label", "previous_status", "changed_by", "total"),
    *("updated_at", "user", "items_count", "items_summary", "total_minor", "currency"),
}
S4 = {"driver_id", "driver_name", "latitude", "longitude", "last_location_updated_at", "minutes_away"}
CONTRACT = {
    ("OrderReceived", "vendor-orders.{id}"): {"order"},
    ("OrderCreated", "user.{id}.orders"): S2,
    ("OrderCreated", "admin.orders"): S2,
    ("OrderStatusChanged", "vendor-orders.{id}"): {"order", "previous_status", "changed_by"},
    ("OrderStatusChanged", "user.{id}"): {"order", "previous_status", "changed_by"},
    ("OrderStatusChanged", "order.{number}"): {
        *("number", "status", "label", "version", "promised_from", "promised_by")
    },
    ("order.status.updated", "user.{id}.orders"): S2,
    ("order.status.updated", "admin.orders"): S2,
    ("TicketOffered", "driver.{id}.tickets"): {"ticket"},
    ("TicketUpdated", "driver.{id}.tickets"): {"ticket"},
    ("TicketCancelled", "driver.{id}.tickets"): {"ticket"},
    ("ticket.offered", "customer.{id}.driver-location"): {
        *("ticket_id", "status", "driver_id", "driver_name", "message")
    },
    ("ticket.assigned", "customer.{id}.driver-location"): S4 | {"ticket_id", "status"},
    ("driver.location.updated", "customer.{id}.driver-location"): S4 | {"ticket_id"},
    ("driver.location.updated", "order.{number}"): S4 | {"ticket_id"},
    ("driver.location.updated", "admin.dispatch"): S4 | {"ticket_id"},
    ("PaymentCompleted", "dashboard-stats"): {"payment"},
    ("PaymentCompleted", "payments"): {"payment"},
    ("HotspotUserCreated", "dashboard-stats"): {"user", "package"},
    ("HotspotUserCreated", "hotspot-users"): {"user", "package"},
    ("CredentialsSent", "dashboard-stats"): {"phone", "sms_status", "sent_at"},
    ("SessionExpired", "dashboard-stats"): {"session", "duration", "data_used", "reason"},
    ("SessionExpired", "user.{id}"): {"session", "duration", "data_used", "reason"},
}
ORDER = {
    *("id", "number", "restaurant", "customer", "status", "status_label", "version", "fulfilment", "items", "total"),
    *("currency", "placed_at", "accept_by", "promised_from", "promised_by", "cancellation", "stop_acknowledged_at"),
    *("ticket", "payment"),
}


@pytest.mark.parametrize("key", CONTRACT, ids=lambda key: f"{key[0]} to {key[1]}")
def test_the_table_has_the_contracts_lines(key):
    [line] = [event for event in EVENTS if (event.name, event.room) == key]
    assert set(line.fields) == CONTRACT[key]
    assert {"event_id", "occurred_at"} <= set(line.stamp)


def test_it_refuses_data_that_is_not_the_lines():
    with pytest.raises(ValueError, match="order_version"):
        events.ORDER_RECEIVED.message("vendor-orders.1", {"order": {}, "event_id": "x", "occurred_at": "y"})


@pytest.fixture
def story(cast, connected) -> list[tuple[EventLog, dict]]:
    """Every event that is built, fired by the verbs that fire it."""
    busy.set_mode(cast.restaurant, "busy", minutes=20, by=cast.vendor)
    board_settings.change(cast.restaurant, ALERTS, "nuts", by=cast.vendor)
    paid = order_in(cast, "awaiting_payment")
    orders.settle(paid, by=cast.admin, note="RKT1")
    order = order_in(cast, "preparing")
    item_ticks.tick(order, order.items[0].id, by=cast.vendor, done=True)
    policy_changes.change_deadlines(
        cast.restaurant,
        {**DEADLINES, "acceptance_minutes": 12},
        open_orders=True,
        by=cast.admin,
        seen=cast.restaurant.policy_version,
    )
    orders.request_cancellation(order, by=cast.customer, note="please")
    orders.cancel(order, by=cast.vendor, reason_code="customer_asked", note="ok")
    orders.acknowledge_stop(order, by=cast.vendor)
    ticket_in(cast, "delivered")
    drivers.go_off_duty(cast.driver, by=cast.driver)
    offers.withdraw(ticket_in(cast, "offered"), by=cast.admin)
    drivers.go_off_duty(cast.driver, by=cast.driver)
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        ticket_in(cast, "picked_up", driver=cast.other_driver)
        ticket_deadlines.renew_promises()
    messages.send_credentials(pass_for(cast).id, 1)
    access.end(session_of(cast.customer), reason="logged_out")
    account(mint(package(cast), person_id=cast.customer.id), "S1", began=now(), acctstoptime=now())
    wifi_sessions.sync_accounting()
    rows = db.session.scalars(select(EventLog).order_by(EventLog.id)).all()
    told = db.session.scalars(select(LiveFix).where(LiveFix.data.is_not(None))).all()
    fixes = [EventLog(room=fix.room, name=events.DRIVER_MOVED, data=fix.data) for fix in told]
    return [(row, json.loads(row.data)) for row in (*rows, *fixes)]


def line_of(row: EventLog) -> Event:
    fixed = (
        *(rooms.ADMIN_ORDERS, rooms.ADMIN_DISPATCH, rooms.ACCESS),
        *(rooms.DASHBOARD_STATS, rooms.PAYMENTS, rooms.HOTSPOT_USERS),
    )
    kind = row.room if row.room in fixed else re.sub(r"\.(\d+)", ".{id}", row.room)
    kind = re.sub(r"^order\..*", "order.{number}", kind)
    [line] = [event for event in EVENTS if (event.name, event.room) == (row.name, kind)]
    return line


def test_it_fires_every_live_event_with_exactly_its_fields(story):
    fired = set()
    for row, data in story:
        line = line_of(row)
        assert set(data) == {*line.fields, *line.stamp}
        fired.add((line.name, line.room))
    assert fired == {(event.name, event.room) for event in EVENTS if event.live}


def test_it_stamps_every_event(story):
    for _row, data in story:
        assert re.fullmatch(r"[0-9a-f]{32}", data["event_id"])
        assert data["occurred_at"].endswith("Z")
        assert datetime.fromisoformat(data["occurred_at"]).tzinfo is not None
        assert type(data.get("order_version", 1)) is int


def test_it_sends_the_whole_order(story):
    for row, data in story:
        if "order" in data and row.name.startswith("Order"):
            assert set(data["order"]) >= ORDER
            assert type(data["order"]["id"]) is int
            assert type(data["order"]["total"]) is int, "minor units"
            assert set(data["order"]["items"][0]) == {"name", "quantity", "unit_price", "note"}
            assert "handover" not in row.data


def test_it_sends_s2s_fields_in_their_types(story):
    for row, data in story:
        if row.name in ("OrderCreated", "order.status.updated"):
            assert type(data["order_id"]) is int
            assert re.fullmatch(r"\d+\.\d\d", data["total"]), "a decimal string of euros"
            assert data["total"].replace(".", "").lstrip("0") == str(data["total_minor"])
            assert set(data["user"]) == {"id", "name", "email"}
            assert data["items_count"] == 3
            assert data["items_summary"][0] == {"product_name": "The First Table soup", "quantity": 2}
            assert set(data["changed_by"]) == {"id", "name", "role"}
            assert data["updated_at"].endswith("Z")


def test_it_summarises_three_items_at_most(cast):
    soup, stew, _ = cast.items()
    lines = [Line(item.id, 1) for item in (soup, stew, soup, stew)]
    order = place(cast, lines=lines).order
    row = db.session.scalars(select(EventLog).where(EventLog.order_id == order.id).order_by(EventLog.id)).first()
    assert len(json.loads(row.data)["items_summary"]) == 3


def test_a_links_holder_learns_nothing_of_a_person(story, cast):
    told = [data for row, data in story if row.room.startswith("order.")]
    assert told
    for data in told:
        people = data if data.get("driver_name") is None else data | {"driver_name": None}
        text = json.dumps(people)
        for secret in (cast.customer.name, cast.customer.email, cast.customer.phone, cast.vendor.name, "Street"):
            assert secret not in text


def test_one_event_has_one_id_in_all_its_rooms(story):
    ids: dict[tuple[str, str], set[tuple[int, int | None]]] = {}
    for row, data in story:
        ids.setdefault((row.name, data["event_id"]), set()).add((row.order_id, data.get("order_version")))
    assert all(len(what) == 1 for what in ids.values())


def test_it_never_tells_a_kitchen_of_an_unpaid_order(cast):
    order: Order = order_in(cast, "awaiting_payment")
    orders.cancel(order, by=cast.customer)
    assert not db.session.scalars(
        select(EventLog).where(EventLog.room == rooms.vendor_orders(cast.restaurant.id))
    ).all()
