"""Every room times every member of the cast: who is put into it, and who may ask for it."""

import pytest

from app.contract import rooms
from app.contract.identity import Identity, Role

PEOPLE = {
    "admin": Identity("session:a", 1, Role.ADMIN),
    "vendor": Identity("session:b", 2, Role.VENDOR, restaurant_id=7),
    "other vendor": Identity("session:c", 3, Role.VENDOR, restaurant_id=8),
    "customer": Identity("session:d", 4, Role.CUSTOMER),
    "outsider": Identity("session:e", 5, Role.CUSTOMER),
    "driver": Identity("session:f", 6, Role.DRIVER),
    "link": Identity("tracking:1", order_number="ABCD234"),
}
JOINED = {
    "admin": {"admin.orders", "dashboard-stats", "payments", "hotspot-users", "user.1"},
    "vendor": {"vendor-orders.7", "user.2"},
    "other vendor": {"vendor-orders.8", "user.3"},
    "customer": {"user.4.orders", "customer.4.driver-location", "user.4"},
    "outsider": {"user.5.orders", "customer.5.driver-location", "user.5"},
    "driver": {"driver.6.tickets", "user.6"},
    "link": {"order.ABCD234"},
}
EVERY_ROOM = sorted({"admin.dispatch"}.union(*JOINED.values()))


@pytest.mark.parametrize("who", PEOPLE)
def test_it_joins_the_rooms_of_who_one_is(who):
    assert set(rooms.rooms_for(PEOPLE[who])) == JOINED[who]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("room", EVERY_ROOM)
def test_it_lets_nobody_hear_what_is_not_theirs(who, room):
    allowed = who == "admin" or (who != "link" and room in JOINED[who])
    assert rooms.may_hear(PEOPLE[who], room) == allowed


@pytest.mark.parametrize(
    "room", ["", "!access", "orders", "user.", "user.x", "user.1.order", "vendor-orders.1.2", "order.abc", "user.1\n"]
)
def test_it_knows_no_other_room(room):
    assert not rooms.exists(room)
    assert not any(rooms.may_hear(identity, room) for identity in PEOPLE.values())


def test_it_takes_the_prefix_off_a_private_channel():
    assert rooms.bare("private-user.1") == ("private-", "user.1")
    assert rooms.bare("user.1") == ("", "user.1")
