"""Ordering without an account: a name and a phone, a session of this browser, and no pages of an account."""

import pytest

from app.extensions import db
from app.models import Order, Person
from tests.views.customer_pages import left_behind, number_in, order_form

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]
GUEST = {"who": "guest", "name": "Ann Guest", "phone": "+351 912 345 678"}


@pytest.fixture
def browser(cast, as_person):
    return as_person(None)


def order(cast, browser, **changes):
    return browser.post("/r/first", data=order_form(cast.items(), **{**GUEST, **changes}))


def test_a_guest_orders_and_sees_the_order_with_its_link(cast, browser):
    answer = order(cast, browser)
    assert answer.status_code == 303
    page = browser.get(answer.location).text
    assert "Keep the link to this order" in page
    assert "/t/" in page
    guest = db.session.query(Order).filter_by(number=number_in(answer.location)).one().customer
    assert (guest.is_guest, guest.name, guest.phone) == (True, "Ann Guest", "+351912345678")
    assert guest.email not in page


def test_the_browser_orders_again_as_the_same_guest(cast, browser):
    order(cast, browser)
    assert "You order as" in browser.get("/r/first").text
    assert order(cast, browser, key="another form").status_code == 303
    assert db.session.query(Person).filter_by(is_guest=True).count() == 1


def test_another_browser_sees_nothing_of_it(cast, browser, as_person):
    page = order(cast, browser).location
    assert as_person(None).get(page).status_code == 302
    assert as_person(cast.customer).get(page).status_code == 404


def test_a_form_that_is_sent_twice_is_one_order(cast, as_person):
    order(cast, as_person(None))
    order(cast, as_person(None))
    assert db.session.query(Order).count() == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": " "}, "How are you called?"),
        ({"phone": ""}, "Your phone number."),
        ({"phone": "912345678"}, "with the country&#39;s code"),
        ({"phone": "my number"}, "This is not a phone number"),
        ({"name": "x" * 121}, "At most 120 characters."),
    ],
)
def test_it_needs_a_name_and_a_phone(cast, browser, changes, says):
    answer = order(cast, browser, **changes)
    assert answer.status_code == 422
    assert says in answer.text
    assert left_behind() == 0
    assert db.session.query(Person).filter_by(is_guest=True).count() == 0


def test_a_guest_has_no_account_to_look_at(cast, browser):
    order(cast, browser)
    assert browser.get("/account").status_code == 409
    assert browser.post("/account/password", data={"old": "!", "password": "a long password"}).status_code == 409


def test_a_guest_is_forgotten_at_their_wish(cast, browser):
    page = order(cast, browser).location
    assert "Forget me here" in browser.get(page).text
    browser.post("/logout")
    assert browser.get(page).status_code == 302


def test_how_often_one_phone_orders_without_an_account_is_limited(cast, as_person):
    answers = [order(cast, as_person(None), key=f"form {turn}").status_code for turn in range(4)]
    assert answers == [303] * 3 + [429]
    assert order(cast, as_person(None), key="form 5", phone="+351 912 345 679").status_code == 303
    assert order(cast, as_person(cast.customer), key="form 6").status_code == 303


def test_the_browser_of_a_guest_is_limited_as_their_phone_is(cast, browser, as_person):
    answers = [order(cast, browser, key=f"form {turn}").status_code for turn in range(4)]
    assert answers == [303] * 3 + [429]
    assert order(cast, as_person(None), key="another browser").status_code == 429


def test_a_guest_who_asks_the_api_is_limited_too(cast, browser, bearer):
    number = number_in(order(cast, browser).location)
    guest = db.session.query(Order).filter_by(number=number).one().customer
    wanted = {
        "restaurant": "first",
        "items": [{"menu_item_id": cast.items()[0].id, "quantity": 1}],
        "fulfilment": "pickup",
        "payment": "cash",
    }
    headers = bearer(guest)
    answers = [browser.post("/api/orders", json=wanted, headers=headers).status_code for _ in range(3)]
    assert answers == [201] * 2 + [429]
    assert [browser.post("/api/orders", json=wanted, headers=bearer(cast.customer)).status_code for _ in range(4)] == (
        [201] * 4
    )


def test_what_is_refused_does_not_count(cast, as_person):
    assert {order(cast, as_person(None), fulfilment="delivery").status_code for _ in range(6)} == {422}
    assert order(cast, as_person(None)).status_code == 303
