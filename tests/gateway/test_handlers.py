"""What a client may say: subscribe, unsubscribe, and what is neither."""

from app.contract import rooms
from app.domain import tracking
from gateway import refusals
from gateway.rooms import MOST_EXTRA
from tests.factories import place
from tests.gateway.rows import head_now, numbers, write
from tests.gateway.rows import place as place_of


def refused(refusal):
    return {"ok": False, **refusal.data}


def channels(cast, order):
    """Every room of the contract, with who may hear it beside the admin."""
    return {
        rooms.vendor_orders(cast.restaurant.id): {"vendor", "colleague"},
        rooms.user(cast.customer.id): {"customer"},
        rooms.user_orders(cast.customer.id): {"customer"},
        rooms.driver_location(cast.customer.id): {"customer"},
        rooms.driver_tickets(cast.driver.id): {"driver"},
        rooms.order(order.number): {"vendor", "colleague", "customer"},
        rooms.ADMIN_ORDERS: set(),
        rooms.DASHBOARD_STATS: set(),
        rooms.PAYMENTS: set(),
        rooms.HOTSPOT_USERS: set(),
    }


def test_it_lets_each_of_the_cast_hear_their_own_rooms_and_no_other(cast, screen):
    order = place(cast).order
    for name, person in cast.people().items():
        connected = screen(person)
        connected.ready()
        for channel, hearers in channels(cast, order).items():
            answer = connected.ask("subscribe", {"channel": channel})
            assert answer["ok"] is (name == "admin" or name in hearers), (name, channel)
            assert answer["ok"] or answer == refused(refusals.CHANNEL_REFUSED)


def test_a_vendor_does_not_hear_an_order_that_is_not_the_kitchens_business_yet(cast, screen):
    order = place(cast, payment="mpesa").order
    vendor = screen(cast.vendor)
    vendor.ready()
    assert vendor.ask("subscribe", {"channel": rooms.order(order.number)}) == refused(refusals.CHANNEL_REFUSED)


def test_it_answers_unknown_channels_like_forbidden_ones(cast, screen):
    admin = screen(cast.admin)
    admin.ready()
    for channel in ("nowhere", "!access", "order.", "user.1.", "private-!access", "vendor-orders.x"):
        assert admin.ask("subscribe", {"channel": channel}) == refused(refusals.CHANNEL_REFUSED), channel


def test_it_refuses_a_message_without_its_fields(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    for payload in ((), ("x",), (None,), ([],), ({},), ({"channel": 7},), ({"channel": ""},), ({}, {})):
        for name in ("subscribe", "unsubscribe", "seen"):
            assert vendor.ask(name, *payload) == refused(refusals.PAYLOAD_MALFORMED), (name, payload)


def test_it_refuses_a_message_that_it_does_not_know(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    assert vendor.ask("shout", {"x": 1}) == refused(refusals.EVENT_UNKNOWN)


def test_a_tracking_link_may_only_listen(cast, screen):
    order = place(cast).order
    follower = screen(auth={"tracking": tracking.create_link(order)})
    follower.ready()
    assert follower.ask("subscribe", {"channel": rooms.order(order.number)}) == refused(refusals.READ_ONLY)
    receipt = {"order_number": order.number, "version": 1, "audible": True, "visible": True}
    assert follower.ask("seen", receipt) == refused(refusals.READ_ONLY)


def test_it_says_channel_position_and_recovered(cast, screen):
    admin = screen(cast.admin)
    _, position = admin.ready()
    answer = admin.ask("subscribe", {"channel": "user.1", "auth": {"headers": {}}})
    assert answer == {"ok": True, "channel": "user.1", "position": position, "recovered": None}


def test_it_sends_what_was_subscribed_to_and_stops_when_unsubscribed(cast, screen):
    admin = screen(cast.admin)
    admin.ready()
    room = rooms.user(cast.driver.id)
    admin.ask("subscribe", {"channel": room})
    write(room, 1)
    assert numbers([admin.event()]) == [1]
    assert admin.ask("unsubscribe", {"channel": room}) == {"ok": True, "channel": room}
    write(room, 2)
    write("admin.orders", 3)
    assert numbers([admin.event()]) == [3]


def test_it_names_the_channel_as_the_socket_spelt_it(cast, screen):
    bare, prefixed = screen(cast.vendor), screen(cast.vendor)
    room = rooms.vendor_orders(cast.restaurant.id)
    bare.ready()
    prefixed.ready()
    prefixed.ask("subscribe", {"channel": f"private-{room}"})
    write(room, 1)
    write(room, 2)
    assert [event[1] for event in (bare.event(), bare.event())] == [room, room]
    events = prefixed.listen(0.5)
    assert [event[1] for event in events] == [f"private-{room}"] * 2
    assert numbers(events) == [1, 2]


def test_it_speaks_with_laravel_echo(cast, screen):
    """Trap: Echo subscribes under `private-`, without asking for an answer, and drops what comes under another name."""
    echo, room = screen(cast.customer), rooms.user_orders(cast.customer.id)
    echo.ready()
    echo.send(f'42["subscribe",{{"channel":"private-{room}","auth":{{"headers":{{}}}}}}]')
    echo.ask("nothing")
    write(room, 1)
    name, channel, data, position = echo.event()
    assert (name, channel, data["n"], position) == ("passline.test", f"private-{room}", 1, head_now())


def test_it_limits_the_channels_of_one_socket(cast, screen):
    admin = screen(cast.admin)
    admin.ready()
    for number in range(MOST_EXTRA):
        assert admin.ask("subscribe", {"channel": f"user.{number + 1_000_000}"})["ok"]
    full = admin.ask("subscribe", {"channel": "user.2000000"})
    assert full == refused(refusals.TOO_MANY_CHANNELS)
    admin.ask("unsubscribe", {"channel": "user.1000000"})
    assert admin.ask("subscribe", {"channel": "user.2000000"})["ok"]


def test_it_replays_a_channel_out_of_place(cast, screen):
    """Rows say their own place in their data; the argument is the socket's current position and never falls."""
    room = rooms.user(cast.driver.id)
    admin = screen(cast.admin)
    _, since = admin.ready()
    write(room, 1, 2)
    write("admin.orders", 3)
    position = admin.event()[3]
    answer = admin.ask("subscribe", {"channel": f"private-{room}", "since": since})
    assert answer == {"ok": True, "channel": f"private-{room}", "position": position, "recovered": True}
    replayed = admin.listen(0.2)
    assert numbers(replayed) == [1, 2]
    assert [event[3] for event in replayed] == [position, position]
    assert [place_of(event[2]["position"]) for event in replayed] == [place_of(since) + 1, place_of(since) + 2]


def subscribed(screen, channel, since):
    """What a subscription replays."""
    answer = screen.ask("subscribe", {"channel": channel, "since": since})
    assert answer["recovered"] is True
    return screen.listen(0.2)


def test_it_replays_nothing_that_it_was_given_already(cast, screen):
    room = rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor)
    _, since = vendor.ready()
    write(room, 1, 2)
    assert numbers([vendor.event(), vendor.event()]) == [1, 2]
    assert subscribed(vendor, room, since) == []
    assert subscribed(vendor, f"private-{room}", since) == []
    write(room, 3)
    assert [(event[1], event[2]["n"]) for event in vendor.listen(0.4)] == [(f"private-{room}", 3)]


def test_it_replays_once_what_a_room_had_before_the_socket_was_in_it(cast, gateway, screen):
    room, since = rooms.vendor_orders(cast.restaurant.id), head_now()
    write(room, 1, 2)
    gateway.reaches(place_of(since) + 2)
    vendor = screen(cast.vendor)
    vendor.ready()
    write(room, 3)
    assert numbers([vendor.event()]) == [3]
    assert numbers(subscribed(vendor, room, f"{since.partition('-')[0]}-{place_of(since) + 1}")) == [2]
    assert numbers(subscribed(vendor, room, since)) == [1]
    assert subscribed(vendor, room, since) == []


def test_it_replays_an_extra_channel_once(cast, screen):
    room, since = rooms.user(cast.driver.id), head_now()
    admin = screen(cast.admin)
    admin.ready()
    write(room, 1)
    write(rooms.ADMIN_ORDERS, "there")
    admin.event()
    assert numbers(subscribed(admin, room, since)) == [1]
    assert subscribed(admin, room, since) == []
    assert admin.ask("unsubscribe", {"channel": room})["ok"]
    assert numbers(subscribed(admin, room, since)) == [1]


def test_it_does_not_take_connect_for_an_event(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    vendor.send('42["connect",{"token":"x"}]')
    vendor.until_closed()
    assert not vendor.disconnected
