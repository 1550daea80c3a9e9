"""Order again, the receipt, the table that is eaten at, and pictures on the menu."""

import pytest

from app.domain import menu_pictures
from app.errors import Invalid
from app.extensions import atomic, db
from app.models import MenuPicture, Order
from tests.factories import place
from tests.pictures import png
from tests.views.customer_pages import left_behind, order_form

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]
PNG = png()


@pytest.fixture
def ordered(cast, as_person):
    """The customer's order of two soups and a stew, and their browser."""
    browser = as_person(cast.customer)
    browser.post("/r/first", data=order_form(cast.items()))
    return db.session.query(Order).one(), browser


def test_an_order_fills_the_basket_again(ordered):
    order, browser = ordered
    page = browser.get(f"/r/first?again={order.number}").text
    assert f"As in order {order.number}" in page
    assert "€21.50" in page
    assert 'value="no onion"' in page


def test_it_says_what_cannot_be_had_and_what_has_another_price(cast, ordered):
    order, browser = ordered
    with atomic():
        soup, stew, _ = cast.items()
        soup.price_minor, stew.available = 500, False
    page = browser.get(f"/r/first?again={order.number}").text
    assert "Not to be had now: The First Table stew." in page
    assert "At another price than then: The First Table soup." in page
    assert "€10.00" in page


def test_nobody_fills_a_basket_from_what_is_not_theirs(cast, ordered, as_person):
    order, browser = ordered
    assert as_person(cast.outsider).get(f"/r/first?again={order.number}").status_code == 404
    assert as_person(cast.vendor).get(f"/r/first?again={order.number}").status_code == 403
    assert as_person(None).get(f"/r/first?again={order.number}").status_code == 302
    assert browser.get(f"/r/second?again={order.number}").status_code == 404


def test_the_receipt_tells_what_was_had_and_what_it_cost(ordered):
    order, browser = ordered
    page = browser.get(f"/orders/{order.number}/receipt").text
    assert f"Receipt {order.number}" in page
    assert all(words in page for words in ("2&times; The First Table soup", "€9.00", "€21.50", "Customer Person"))
    assert "not paid yet" in page
    assert "receipt-roll.css" in browser.get(f"/orders/{order.number}/receipt?paper=80mm").text


def test_whoever_sits_at_a_table_says_which(cast, as_person):
    browser = as_person(cast.customer)
    page = browser.get("/r/first?table=Terrace+5").text
    assert 'value="Terrace 5"' in page
    answer = browser.post("/r/first", data=order_form(cast.items(), fulfilment="dine_in", table=" Terrace 5 "))
    order = db.session.query(Order).one()
    assert order.table_name == "Terrace 5"
    assert "<dt>Table</dt><dd><bdi>Terrace 5</bdi></dd>" in browser.get(answer.location).text
    assert "table Terrace 5" in as_person(cast.vendor).get("/vendor/").text


def test_what_is_not_eaten_here_has_no_table(cast, as_person):
    as_person(cast.customer).post("/r/first", data=order_form(cast.items(), table="5"))
    assert db.session.query(Order).one().table_name == ""


def test_a_table_of_many_words_is_refused(cast, as_person):
    form = order_form(cast.items(), fulfilment="dine_in", table="5" * 41)
    assert as_person(cast.customer).post("/r/first", data=form).status_code == 422
    assert left_behind() == 0


def test_a_dish_shows_its_picture_which_browsers_keep(cast, as_person):
    soup = cast.items()[0]
    digest = menu_pictures.hang(soup, PNG, by=cast.admin)
    browser = as_person(None)
    assert f'src="/pictures/{digest}"' in browser.get("/r/first").text
    answer = browser.get(f"/pictures/{digest}")
    assert (answer.data, answer.content_type) == (PNG, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_another_picture_has_another_address_and_none_is_gone(cast, as_person):
    soup = cast.items()[0]
    first, second = (menu_pictures.hang(soup, PNG + more, by=cast.admin) for more in (b"1", b"2"))
    assert as_person(None).get(f"/pictures/{first}").status_code == 404
    assert menu_pictures.take_down(soup, by=cast.admin)
    assert not menu_pictures.take_down(soup, by=cast.admin)
    assert as_person(None).get(f"/pictures/{second}").status_code == 404
    assert "/pictures/" not in as_person(None).get("/r/first").text


@pytest.mark.parametrize("data", [b"", b"<svg/>", PNG[:12], PNG + bytes(menu_pictures.LARGEST_PICTURE), png(1, 4001)])
def test_what_is_no_picture_or_too_large_is_refused(cast, data):
    with pytest.raises(Invalid):
        menu_pictures.hang(cast.items()[0], data, by=cast.admin)
    assert db.session.query(MenuPicture).count() == 0


def test_the_json_of_an_order_says_the_table(cast, as_person):
    order = place(cast, fulfilment="dine_in", table="7").order
    assert as_person(cast.customer).get(f"/api/orders/{order.number}").json["table"] == "7"
