"""The captive page: what is sold, and the form that asks a phone to pay, for whoever stands in the restaurant."""

import pytest

from app.errors import Conflict
from app.views import payment_limits
from app.views.wifi import paying
from tests.wifi_rows import package, paid

pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    """What the page asked M-Pesa for, in place of asking: how a payment is made has tests of its own."""
    calls = []

    def pay(of, *, phone, by):
        calls.append((of.id, phone, by))
        payment_limits.note_prompt()
        return paid(of, status="rejected")

    monkeypatch.setattr(paying, "pay", pay)
    return calls


def buy(browser, **form):
    return browser.post("/wifi/first", data=form)


def test_it_shows_what_is_sold_cheapest_first(cast, as_person):
    package(cast, name="Long", price_minor=9000, minutes=1440, devices=3, down_kbps=10000, data_mb=5000)
    package(cast, name="Short", price_minor=1000, down_kbps=None)
    package(cast, name="Gone", is_sold=False)
    text = as_person(None).get("/wifi/first").text
    assert "Gone" not in text
    assert text.index("Short") < text.index("Long")
    for fact in ("€90.00", "1 day", "3 devices", "10 Mbit/s", "5 GB", "1 hour", "1 device"):
        assert fact in text


def test_it_says_so_where_nothing_is_sold(cast, as_person):
    text = as_person(None).get("/wifi/first").text
    assert "No Wi-Fi is sold here" in text
    assert "<form" not in text.partition("</main>")[0]


def test_there_is_no_such_restaurant(cast, as_person):
    assert as_person(None).get("/wifi/nowhere").status_code == 404


def test_a_purchase_asks_the_phone_and_leads_to_its_own_page(cast, as_person, asked):
    of = package(cast)
    answer = buy(as_person(None), package=str(of.id), phone="+254 712 345 678")
    assert asked == [(of.id, "+254712345678", None)]
    assert answer.status_code == 303
    path = answer.headers["Location"]
    assert path.startswith("/wifi/first/")
    assert len(path.removeprefix("/wifi/first/")) == 32
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_who_is_logged_in_buys_for_themselves(cast, as_person, asked):
    of = package(cast)
    buy(as_person(cast.customer), package=str(of.id), phone="+254712345678")
    assert asked[0][2].id == cast.customer.id


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"phone": "+254712345678"}, "Choose one."),
        ({"package": "one", "phone": ""}, "Which phone pays?"),
        ({"package": "one", "phone": "12"}, "This is not a phone number"),
        ({"package": "stopped", "phone": "+254712345678"}, "Not a valid choice"),
        ({"package": "x", "phone": "+254712345678"}, "Not a valid choice"),
    ],
)
def test_what_is_not_right_is_said_beside_it(cast, as_person, asked, form, says):
    ids = {"one": str(package(cast).id), "stopped": str(package(cast, is_sold=False).id)}
    package(cast, name="Another")
    answer = buy(as_person(None), **{name: ids.get(value, value) for name, value in form.items()})
    assert answer.status_code == 422
    assert says in answer.text
    assert asked == []


def test_a_refusal_keeps_what_was_typed(cast, as_person, monkeypatch):
    def refuse(of, *, phone, by):
        raise Conflict("M-Pesa is away.")

    monkeypatch.setattr(paying, "pay", refuse)
    of = package(cast)
    answer = buy(as_person(None), package=str(of.id), phone="0712")
    assert answer.status_code == 422
    answer = buy(as_person(None), package=str(of.id), phone="+254712345678")
    assert answer.status_code == 409
    assert "M-Pesa is away." in answer.text
    assert 'value="+254712345678"' in answer.text


def test_an_attempt_that_was_begun_leads_to_its_page_whatever_became_of_it(cast, as_person, monkeypatch):
    def refuse(of, *, phone, by):
        raise Conflict("M-Pesa did not answer.", transaction_id="f" * 32)

    monkeypatch.setattr(paying, "pay", refuse)
    answer = buy(as_person(None), package=str(package(cast).id), phone="+254712345678")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/wifi/first/{'f' * 32}")


def test_who_tries_again_finds_package_and_phone_as_they_were(cast, as_person, asked):
    package(cast, name="Short", price_minor=1000)
    of, browser = package(cast), as_person(None)
    purchase = buy(browser, package=str(of.id), phone="+254700000123").location
    again = f"/wifi/first?again={purchase.rpartition('/')[2]}"
    assert f'href="{again}"' in browser.get(purchase).text
    form = browser.get(again).text
    assert f'value="{of.id}" checked' in form
    assert 'value="+254700000123"' in form
    for nobody in (as_person(None).get(again).text, browser.get("/wifi/first").text):
        assert "checked" not in nobody
        assert "+254700000123" not in nobody


def test_one_phone_is_not_asked_without_end(cast, as_person, asked):
    of, browser = package(cast), as_person(None)
    assert buy(browser, package=str(of.id), phone="12").status_code == 422, "which asked no phone, and does not count"
    numbers = ["+254712345678", "+254 712 345678", "+254712345678x12", "+25471234567٨"] * 2
    answers = [buy(browser, package=str(of.id), phone=number).status_code for number in numbers]
    assert answers == [303] * 6 + [429] * 2
    assert buy(browser, package=str(of.id), phone="+254712345679").status_code == 303, "another phone"
    assert payment_limits.PER_PHONE == "6 per 10 minutes", "of the page and of the API together"


def test_the_access_point_is_kept_on_the_way(cast, as_person, asked):
    of = package(cast)
    text = as_person(None).get("/wifi/first?link-login-only=http://10.5.0.1/login").text
    assert 'name="link-login" value="http://10.5.0.1/login"' in text
    form = {"package": str(of.id), "phone": "+254712345678", "link-login": "http://10.5.0.1/login"}
    assert buy(as_person(None), **form).headers["Location"].endswith("?link-login=http://10.5.0.1/login")
