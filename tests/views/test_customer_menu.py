"""A menu, its checkout, and what each refusal says and leaves behind: nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.contract.times import iso, now
from app.domain import capacity, opening_hours
from app.domain.opening import times_ahead
from app.extensions import atomic, db
from app.models import Order
from tests.cast import PASSWORD
from tests.factories import place
from tests.views.customer_pages import csrf_in, left_behind, number_in, order_form

pytestmark = pytest.mark.usefixtures("csrf_off")


@pytest.fixture
def order_with(cast, as_person):
    """Post the form of the first restaurant's menu, changed like this, as this person (the customer)."""

    def post(person="customer", **changes):
        browser = as_person(getattr(cast, person) if person else None)
        return browser.post("/r/first", data=order_form(cast.items(), **changes))

    return post


def only_order() -> Order:
    db.session.rollback()
    return db.session.query(Order).one()


def test_anybody_may_look(cast, as_person):
    page = as_person(None).get("/r/first").text
    assert "The First Table soup" in page
    assert "€4.50" in page
    assert "Sold out" in page
    assert "With my account" in page


def test_prices_are_in_the_currency_of_the_restaurant(cast, as_person):
    assert "¥450" in as_person(None).get("/r/second").text


def test_there_is_no_menu_of_a_restaurant_that_does_not_exist(cast, as_person):
    assert as_person(None).get("/r/nowhere").status_code == 404


def test_it_places_an_order_and_leads_to_its_page(cast, as_person, order_with):
    answer = order_with(note="Ring twice")
    order = only_order()
    assert (answer.status_code, number_in(answer.location)) == (303, order.number)
    assert (order.customer_id, order.status, order.total_minor, order.note) == (
        cast.customer.id,
        "placed",
        2150,
        "Ring twice",
    )
    assert [(item.quantity, item.note) for item in order.items] == [(2, ""), (1, "no onion")]


def test_it_shows_the_tracking_link_once(cast, as_person):
    browser = as_person(cast.customer)
    page = browser.post("/r/first", data=order_form(cast.items())).location
    assert "/t/" in browser.get(page).text
    assert "/t/" not in browser.get(page).text


def test_a_second_press_of_the_button_is_the_same_order(cast, order_with):
    first, second = order_with(), order_with()
    assert first.location == second.location
    only_order()


def test_the_same_page_sent_with_another_basket_asks_once_more(cast, order_with):
    order_with()
    answer = order_with(note="and bread")
    assert answer.status_code == 422
    assert "already sent an order" in answer.text
    assert 'value="a key of this form"' not in answer.text
    only_order()


def test_a_delivery_needs_an_address(cast, order_with):
    answer = order_with(fulfilment="delivery", address="  ")
    assert answer.status_code == 422
    assert "Where to?" in answer.text
    assert left_behind() == 0


def test_the_place_of_the_door_goes_with_a_delivery(order_with):
    order_with(fulfilment="delivery", address="1 Street", latitude="38.7274", longitude="-9.1334")
    order = only_order()
    assert (order.latitude, order.longitude) == (38.7274, -9.1334)


@pytest.mark.parametrize("changes", [{"latitude": ""}, {"fulfilment": "pickup"}])
def test_half_a_place_or_one_of_no_delivery_is_none(order_with, changes):
    place = {"fulfilment": "delivery", "address": "1 Street", "latitude": "38.7274", "longitude": "-9.1334"}
    assert order_with(**(place | changes)).status_code == 303
    assert only_order().latitude is None


@pytest.mark.parametrize("latitude", ["north", "nan", "91", "1e400"])
def test_a_place_that_is_nowhere_is_refused(order_with, latitude):
    answer = order_with(fulfilment="delivery", address="1 Street", latitude=latitude, longitude="-9.1334")
    assert answer.status_code == 422
    assert left_behind() == 0


def test_it_shows_again_what_was_typed(cast, order_with):
    answer = order_with(fulfilment="delivery", note="<b>Ring</b> twice")
    assert 'value="2"' in answer.text
    assert 'value="no onion"' in answer.text
    assert "&lt;b&gt;Ring&lt;/b&gt; twice" in answer.text


def test_it_can_be_ordered_for_a_later_time(cast, order_with):
    later = list(times_ahead(cast.restaurant, now()))[8]
    order_with(when="later", scheduled_for=iso(later))
    order = only_order()
    assert (order.status, order.scheduled_for) == ("scheduled", later)


@pytest.mark.parametrize(
    "time", ["", "yesterday", "2020-01-01T12:00:00.000Z", "2999-01-01T12:00:00.000Z", "2026-11-20"]
)
def test_a_time_that_is_not_offered_is_refused(order_with, time):
    answer = order_with(when="later", scheduled_for=time)
    assert answer.status_code == 422
    assert 'id="scheduled_for-error"' in answer.text
    assert left_behind() == 0


def test_an_empty_basket_is_refused(cast, as_person):
    soup, stew, _ = cast.items()
    form = order_form(cast.items(), **{f"quantity-{soup.id}": "0", f"quantity-{stew.id}": ""})
    answer = as_person(cast.customer).post("/r/first", data=form)
    assert answer.status_code == 422
    assert "Your basket is empty" in answer.text
    assert left_behind() == 0


@pytest.mark.parametrize("quantity", ["100", "-1", "two", "1.5", "٣", "9" * 40])
def test_a_quantity_that_cannot_be_is_refused_beside_its_dish(cast, order_with, quantity):
    soup = cast.items()[0]
    answer = order_with(**{f"quantity-{soup.id}": quantity})
    assert answer.status_code == 422
    assert f'id="dish-{soup.id}-error"' in answer.text
    assert left_behind() == 0


def test_too_long_a_note_is_refused(cast, order_with):
    stew = cast.items()[1]
    assert order_with(**{f"note-{stew.id}": "x" * 201}).status_code == 422
    assert order_with(note="x" * 501).status_code == 422
    assert order_with(fulfilment="delivery", address="x" * 301).status_code == 422
    assert left_behind() == 0


def test_a_character_that_no_text_has_is_refused(cast, order_with):
    assert order_with(note="a\0b").status_code == 422
    assert left_behind() == 0


@pytest.mark.parametrize(
    "changes",
    [{"fulfilment": "drone"}, {"payment": "shells"}, {"payment": "mpesa"}, {"when": "never"}, {"key": "k" * 300}],
)
def test_a_choice_that_is_not_offered_is_refused(cast, order_with, changes):
    assert order_with(**changes).status_code == 422
    assert left_behind() == 0


def test_an_item_of_another_restaurant_is_refused(cast, order_with):
    foreign = cast.items(cast.other_restaurant)[0]
    answer = order_with(**{f"quantity-{foreign.id}": "1"})
    assert answer.status_code == 422
    assert "Not on this menu." in answer.text
    assert left_behind() == 0


def test_a_dish_that_was_sold_out_meanwhile_is_refused(cast, order_with):
    with atomic():
        cast.items()[0].available = False
    answer = order_with()
    assert answer.status_code == 409
    assert "Sold out: The First Table soup." in answer.text
    assert answer.text.count("Your order was not sent") == 1
    assert answer.text.index('id="checkout"') < answer.text.index('id="faults" tabindex="-1" autofocus')
    assert left_behind() == 0


def test_a_restaurant_that_paused_takes_no_order(cast, as_person, order_with):
    with atomic():
        cast.restaurant.mode = "paused"
    assert "No orders right now" in as_person(cast.customer).get("/r/first").text
    answer = order_with()
    assert answer.status_code == 409
    assert answer.text.count("Your order was not sent") == 1
    assert left_behind() == 0


def test_a_closed_restaurant_says_when_it_opens_and_takes_orders_for_later(cast, as_person, order_with):
    with atomic() as session:
        for hours in cast.restaurant.hours[1:]:  # Mondays stay
            session.delete(hours)
    db.session.refresh(cast.restaurant)
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        page = as_person(cast.customer).get("/r/first").text
        assert "Closed now" in page
        assert "opens on Monday at 00:00" in page
        assert order_with().status_code == 422
        assert left_behind() == 0
        monday = next(times_ahead(cast.restaurant, now()))
        assert order_with(when="later", scheduled_for=iso(monday)).status_code == 303


def test_a_visitor_logs_in_with_the_order(cast, order_with):
    answer = order_with(None, email="customer@example.com", password=PASSWORD)
    assert answer.status_code == 303
    assert only_order().customer_id == cast.customer.id


def test_a_visitor_with_a_wrong_password_keeps_the_basket(cast, order_with):
    answer = order_with(None, email="customer@example.com", password="wrong")
    assert answer.status_code == 422
    assert "E-mail or password is wrong." in answer.text
    assert 'value="no onion"' in answer.text
    assert left_behind() == 0


def test_guessing_through_the_checkout_is_limited_as_log_in_is(cast, order_with):
    answers = [order_with(None, email="customer@example.com", password="?").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_it_refuses_a_quantity_of_thousands_of_digits(cast, order_with):
    answer = order_with(**{f"quantity-{cast.items()[0].id}": "00000" + "1" * 5000})
    assert answer.status_code == 422
    assert left_behind() == 0


def test_who_guesses_stops_nobody_who_is_logged_in(cast, order_with):
    for _ in range(6):
        order_with(None, email="nobody", password="?")
    assert order_with().status_code == 303


def test_orders_that_are_refused_are_no_guesses(cast, order_with):
    assert {order_with(fulfilment="delivery").status_code for _ in range(12)} == {422}


def test_a_visitor_whose_order_is_refused_is_logged_in_and_may_try_again(cast, as_person, app):
    browser = as_person(None)
    app.config["WTF_CSRF_ENABLED"] = True
    token = csrf_in(browser.get("/r/first").text)
    with atomic():
        cast.items()[0].available = False
    log_in = {"email": "customer@example.com", "password": PASSWORD}
    refused = browser.post("/r/first", data=order_form(cast.items(), csrf_token=token, **log_in))
    assert refused.status_code == 409
    with atomic():
        cast.items()[0].available = True
    again = browser.post("/r/first", data=order_form(cast.items(), csrf_token=csrf_in(refused.text)))
    assert again.status_code == 303


@pytest.mark.parametrize("who", ["vendor", "admin", "driver"])
def test_only_customers_order(cast, as_person, order_with, who):
    assert "Only customers place orders." in as_person(getattr(cast, who)).get("/r/first").text
    answer = order_with(who)
    assert answer.status_code == 403
    assert left_behind() == 0


def test_without_script_the_server_works_out_the_total(cast, order_with):
    answer = order_with(review="1")
    assert answer.status_code == 200
    assert "€21.50" in answer.text
    assert left_behind() == 0


def test_an_order_in_the_morning_of_another_zone_is_for_that_zones_clock(cast, as_person):
    with time_machine.travel("2026-11-20T16:00:00+00:00", tick=False):
        page = as_person(cast.customer).get("/r/second").text
    assert "01:30 (after midnight)" in page  # Tokyo: past midnight, still Friday's service


def test_the_list_of_restaurants_is_for_anybody(cast, as_person):
    with atomic():
        cast.restaurant.mode = "paused"
    page = as_person(None).get("/r/").text
    assert page.index("The Second Table") < page.index("The First Table")
    assert "Taking no orders right now" in page


@pytest.fixture
def noon(cast):
    """Noon by the restaurant's clock, and a kitchen that can cook one order of the form in a quarter of an hour."""
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        capacity.change(cast.restaurant, 15, 5, by=cast.vendor)
        yield now()


def test_who_looks_sees_from_when_on_a_full_kitchen_has_room(cast, noon, as_person):
    assert "Kitchen is busy" not in as_person(None).get("/r/first").text
    place(cast)
    page = as_person(None).get("/r/first").text
    assert "Kitchen is busy: earliest 12:45" in page
    assert "as many orders as it can cook until then" in page


def test_times_without_room_are_not_offered(cast, noon, as_person):
    two, quarter_past = noon + timedelta(hours=2), noon + timedelta(hours=2, minutes=15)
    place(cast, scheduled_for=two)
    page = as_person(None).get("/r/first").text
    assert f'value="{iso(quarter_past)}"' in page
    assert f'value="{iso(two)}"' not in page


def test_who_asks_for_a_time_that_is_full_is_offered_the_next(cast, noon, order_with):
    two, quarter_past = noon + timedelta(hours=2), noon + timedelta(hours=2, minutes=15)
    place(cast, scheduled_for=two)
    answer = order_with(when="later", scheduled_for=iso(two))
    assert answer.status_code == 409
    assert "The next free time: 14:15" in answer.text
    assert f'selected value="{iso(quarter_past)}"' in answer.text


def test_who_cannot_have_it_soon_orders_for_later(cast, noon, as_person, order_with):
    opening_hours.set_week(cast.restaurant, ["11:00-12:30"] * 7, by=cast.admin)
    place(cast)
    page = as_person(None).get("/r/first").text
    assert "The kitchen is full for now" in page
    assert 'name="when" value="now"' not in page
    assert order_with().status_code == 422
