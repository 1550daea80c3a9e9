"""From the log to the screens of a room."""

from tests.gateway.rows import head_now, write


def test_it_sends_a_committed_row_to_the_room(cast, screen):
    vendor = screen(cast.vendor)
    vendor.ready()
    room = f"vendor-orders.{cast.restaurant.id}"
    write(room, 1)
    name, channel, data, position = vendor.event()
    assert (name, channel, data["n"]) == ("passline.test", room, 1)
    assert position == head_now()
