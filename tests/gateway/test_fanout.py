"""From the log to the screens of a room: everything, once, in order, and to nobody else."""

import threading

from app.contract import rooms
from app.domain import orders, tracking
from tests.factories import place as place_order
from tests.gateway.rows import head_now, numbers, place, unnumbered, until, write


def test_it_sends_a_committed_row_to_the_room(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    room = rooms.vendor_orders(cast.restaurant.id)
    write(room, 1)
    name, channel, data, position = vendor.event()
    assert (name, channel, data["n"]) == ("passline.test", room, 1)
    assert position == head_now()


def test_it_sends_the_row_as_it_was_written(cast, screen):
    """The data are not parsed on the way: what JSON text was stored is in the frame."""
    vendor = screen(cast.vendor)
    vendor.ready()
    room = rooms.vendor_orders(cast.restaurant.id)
    write(room, 'Quotes " and \\ and ü and \u2028 and 🍜')
    event = vendor.event()
    assert numbers([event]) == ['Quotes " and \\ and ü and \u2028 and 🍜']
    frame = vendor.frames[-1]
    assert frame.startswith(f'42["passline.test","{room}",{{"n":"Quotes \\" and \\\\ and ü')
    assert frame.endswith(f',"{event[3]}"]')


def test_every_screen_of_a_vendor_gets_the_same(cast, screen):
    screens = [screen(cast.vendor), screen(cast.vendor), screen(cast.colleague)]
    for each in screens:
        each.ready()
    write(rooms.vendor_orders(cast.restaurant.id), 1, 2, 3)
    for each in screens:
        assert numbers([each.event() for _ in range(3)]) == [1, 2, 3]


def test_nobody_hears_what_is_not_theirs(cast, screen):
    people = cast.people()
    screens = {name: screen(person) for name, person in people.items()}
    for each in screens.values():
        each.ready()
    for name, person in people.items():
        write(rooms.user(person.id), name)
    write(rooms.vendor_orders(cast.restaurant.id), "kitchen")
    write(rooms.ADMIN_ORDERS, "desk")
    heard = {name: numbers(each.listen(0.6 if name == "admin" else 0.05)) for name, each in screens.items()}
    expected = {name: [name] for name in people}
    expected["vendor"].append("kitchen")
    expected["colleague"].append("kitchen")
    expected["admin"].append("desk")
    assert heard == expected


def test_an_order_is_heard_by_everybody_whose_it_is(cast, gateway, screen):
    """The whole way: a verb of the domain, its rows, its rooms, its screens."""
    order = place_order(cast).order
    until(lambda: not unnumbered())
    gateway.reaches(place(head_now()))
    connected = {
        "vendor": screen(cast.vendor),
        "customer": screen(cast.customer),
        "admin": screen(cast.admin),
        "link": screen(auth={"tracking": tracking.create_link(order)}),
        "other_vendor": screen(cast.other_vendor),
        "other_customer": screen(cast.other_customer),
    }
    for each in connected.values():
        each.ready()
    orders.accept(order, by=cast.vendor)
    heard = {
        name: sorted((event[0], event[1]) for event in each.listen(0.6 if name == "vendor" else 0.05))
        for name, each in connected.items()
    }
    assert heard == {
        "vendor": [("OrderStatusChanged", rooms.vendor_orders(cast.restaurant.id))],
        "customer": [
            ("OrderStatusChanged", rooms.user(cast.customer.id)),
            ("order.status.updated", rooms.user_orders(cast.customer.id)),
        ],
        "admin": [("order.status.updated", rooms.ADMIN_ORDERS)],
        "link": [("OrderStatusChanged", rooms.order(order.number))],
        "other_vendor": [],
        "other_customer": [],
    }


def test_nothing_is_lost_or_disordered_under_many_writers(app, cast, screen):
    """Four writers at once; each writer's rows arrive in its order, positions only grow, and none is missing."""
    room = rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor)
    vendor.ready()

    def write_many(name):
        with app.app_context():
            for n in range(50):
                write(room, [name, n], [name, n + 0.5])

    writers = [threading.Thread(target=write_many, args=(name,)) for name in "abcd"]
    for writer in writers:
        writer.start()
    events = [vendor.event(15) for _ in range(400)]
    for writer in writers:
        writer.join()
    places = [place(event[3]) for event in events]
    assert places == sorted(set(places))
    for name in "abcd":
        assert [n for of, n in numbers(events) if of == name] == [n / 2 for n in range(100)]
    assert vendor.listen(0.2) == []
