"""The status of an order for whoever holds its link, and the making and withdrawing of links."""

from datetime import timedelta

import pytest
import time_machine

from app.contract.times import now
from app.domain import orders, tracking
from app.extensions import db
from app.models import EventLog
from tests.factories import order_in, place

NOTE, ADDRESS, PLEA = "no onion", "17 Hidden Lane", "Ring at the Smiths"


@pytest.fixture
def placed(cast):
    """A delivery with a note on a dish, a note and an address."""
    return place(cast, fulfilment="delivery", address=ADDRESS, note=PLEA)


def test_it_says_what_the_link_shows(cast, as_person, placed):
    page = as_person(None).get(f"/t/{placed.tracking_token}").text
    assert "The link shows the dishes and the status, and where it is once it is on its way" in page
    page = as_person(None).get(f"/t/{place(cast).tracking_token}").text
    assert "The link shows the dishes and the status, and nothing about who ordered it." in page


@pytest.mark.parametrize("path", ["/t/{}", "/t/{}/fragment"])
def test_it_opens_without_a_log_in(cast, as_person, placed, path):
    page = as_person(None).get(path.format(placed.tracking_token))
    assert page.status_code == 200
    assert placed.order.number in page.text
    assert "The First Table soup" in page.text


@pytest.mark.parametrize("path", ["/t/{}", "/t/{}/fragment"])
@pytest.mark.parametrize("status", ["placed", "accepted", "cancelled"])
def test_it_says_nothing_personal(cast, as_person, placed, path, status):
    order = placed.order
    if status == "accepted":
        orders.accept(order, by=cast.vendor, note="for the Smiths")
        orders.request_cancellation(order, by=cast.customer, note="We had a baby")
    if status == "cancelled":
        orders.cancel(order, by=cast.vendor, reason_code="out_of_area", note="Hidden Lane is too far")
    page = as_person(None).get(path.format(placed.tracking_token)).text
    people = [cast.customer, cast.vendor]
    personal = [text for person in people for text in (person.name, person.email, person.phone)]
    for secret in (*personal, NOTE, ADDRESS, PLEA, "Smiths", "Hidden Lane", "baby", order.handover_code):
        assert secret not in page
    # The foot has one for the language.
    assert "<form" not in page.partition("</main>")[0]


def test_it_says_nothing_of_who_is_logged_in_either(cast, as_person, placed):
    assert cast.customer.name not in as_person(cast.customer).get(f"/t/{placed.tracking_token}").text


@pytest.mark.parametrize("path", ["/t/{}", "/t/{}/fragment", "/t/{}nonsense"])
def test_its_address_goes_nowhere(cast, as_person, placed, path):
    headers = as_person(None).get(path.format(placed.tracking_token)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"


def test_its_address_goes_nowhere_with_a_refusal_for_a_program_either(cast, as_person):
    headers = as_person(None).get("/t/nonsense", headers={"Accept": "application/json"}).headers
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("token", ["nonsense", "A" * 22, "%00", "ä" * 22])
def test_an_unknown_link_leads_nowhere(cast, as_person, token):
    assert as_person(None).get(f"/t/{token}").status_code == 404


def test_it_ends_two_days_after_the_order(cast, as_person, placed):
    orders.cancel(placed.order, by=cast.customer)
    assert as_person(None).get(f"/t/{placed.tracking_token}").status_code == 200
    with time_machine.travel(now() + timedelta(hours=48, minutes=1)):
        assert as_person(None).get(f"/t/{placed.tracking_token}").status_code == 404


def test_the_page_hands_its_token_to_the_gateway_and_its_place_in_the_log(cast, as_person, placed):
    page = as_person(None).get(f"/t/{placed.tracking_token}").text
    assert f'<meta name="passline-tracking" content="{placed.tracking_token}">' in page
    assert '<meta name="passline-position"' in page


def test_its_customer_makes_another_link_that_is_shown_once(cast, as_person, csrf_off):
    order = place(cast).order
    browser = as_person(cast.customer)
    answer = browser.post(f"/orders/{order.number}/links")
    link = browser.get(answer.location).text.split('value="http://localhost')[1].split('"')[0]
    assert as_person(None).get(link).status_code == 200
    assert "data-copy-source" not in browser.get(answer.location).text


def test_withdrawn_links_open_no_more_and_their_sockets_hear_of_it(cast, as_person, placed, csrf_off):
    order = placed.order
    as_person(cast.customer).post(f"/orders/{order.number}/links/withdrawal")
    assert as_person(None).get(f"/t/{placed.tracking_token}").status_code == 404
    assert db.session.query(EventLog).filter_by(name="access.ended").count() == 1


def test_there_is_no_new_link_to_an_order_that_is_done(cast, as_person, csrf_off):
    order = order_in(cast, "cancelled")
    browser = as_person(cast.customer)
    answer = browser.post(f"/orders/{order.number}/links")
    assert "nothing left to follow" in browser.get(answer.location).text


@pytest.mark.parametrize("path", ["links", "links/withdrawal"])
def test_links_are_the_customers_own_business(cast, as_person, placed, csrf_off, path):
    url = f"/orders/{placed.order.number}/{path}"
    assert as_person(cast.other_customer).post(url).status_code == 404
    assert as_person(cast.vendor).post(url).status_code == 403
    assert tracking.by_token(placed.tracking_token) is not None
