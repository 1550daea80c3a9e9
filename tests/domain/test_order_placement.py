"""An order is checked against the restaurant and the menu as they are when it is written, not as they were read."""

import pytest

from app.domain import availability, busy, menus, order_placement
from app.domain.menus import Terms
from app.domain.order_placement import Line
from app.errors import Conflict, RestaurantClosed
from app.extensions import db
from app.models import MenuItem, Order, Person, Restaurant
from tests.at_once import behind


@pytest.fixture
def placed_behind(app, cast):
    """What comes of an order for a soup that begins while somebody changes something."""
    customer_id, restaurant_id, soup_id = cast.customer.id, cast.restaurant.id, cast.items()[0].id

    def placed():
        # What a page has read is older than what its form asks for.
        customer, restaurant, soup = (
            db.session.get_one(table, id)
            for table, id in ((Person, customer_id), (Restaurant, restaurant_id), (MenuItem, soup_id))
        )
        lines = [Line(soup.id, 2)]
        return order_placement.place(customer, restaurant, lines, fulfilment="pickup", payment="cash").order.total_minor

    return lambda change: behind(app, change, placed)


def test_it_is_refused_behind_a_pause(cast, placed_behind):
    told = placed_behind(lambda: busy.set_mode(cast.restaurant, "paused", by=cast.vendor))
    assert isinstance(told, RestaurantClosed)
    assert Order.query.count() == 0


def test_it_is_refused_behind_the_last_portion(cast, placed_behind):
    told = placed_behind(lambda: availability.sell_out(cast.items()[0], by=cast.vendor))
    assert isinstance(told, Conflict)
    assert Order.query.count() == 0


def test_it_costs_what_the_menu_says_by_then(cast, placed_behind):
    soup, plates = cast.items()[0], menus.categories(cast.restaurant)[0]
    terms = Terms(name=soup.name, description="", price_minor=500)
    assert placed_behind(lambda: menus.change_item(cast.restaurant, soup, terms, plates, by=cast.admin)) == 1000
