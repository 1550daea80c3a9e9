"""A purchase of Wi-Fi, for whoever has its address: each state in neutral words, and the code once it is paid."""

import pytest

from app.contract.times import now
from app.domain import passes
from app.extensions import atomic, db
from app.models import HotspotUser, Payment
from app.views.wifi.access_point import _is_web, qr
from tests.factories import payment_of
from tests.wifi_rows import mint, package, paid

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def path_of(user: HotspotUser) -> str:
    return f"/wifi/first/{db.session.get(Payment, user.payment_id).transaction_id}"


@pytest.mark.parametrize(
    ("status", "says", "waits"),
    [
        ("initiated", "Asking M-Pesa", True),
        ("prompted", "Enter your M-Pesa PIN", True),
        ("unknown", "We have not heard from M-Pesa yet. Do not pay twice.", True),
        ("rejected", "Try again", False),
        ("needs_review", "ask at the counter", False),
        ("paid", "Your code is being made.", True),
    ],
)
def test_each_state_is_said_and_waited_for_where_there_is_something(cast, as_person, status, says, waits):
    payment = paid(package(cast), status=status)
    page = as_person(None).get(f"/wifi/first/{payment.transaction_id}")
    assert says in page.text
    assert ("data-waits" in page.text) is waits
    assert ('http-equiv="refresh"' in page.text) is waits
    assert payment.phone not in page.text, "masked"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"result_code": "2001", "result_text": "The initiator information is invalid."}, "The PIN was wrong."),
        ({"result_code": "77", "result_text": "Ask your bank."}, "M-Pesa says: Ask your bank."),
        ({"result_code": "0", "result_text": "Processed."}, "The staff looked at it and decided: ask them."),
        ({}, "M-Pesa says that the payment did not go through."),
    ],
)
def test_what_was_not_paid_says_why_where_the_provider_did(cast, as_person, said, why):
    payment = payment_of(package(cast), "rejected", **said)
    for path in ("", "/fragment"):
        assert why in as_person(None).get(f"/wifi/first/{payment.transaction_id}{path}").text


def test_once_it_is_paid_the_code_is_there_with_a_picture_of_it(cast, as_person):
    user = mint(package(cast))
    page = as_person(None).get(path_of(user))
    assert passes.shown(user.code) in page.text
    assert "<svg" in page.text
    assert "data-waits" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert passes.shown(user.code) in as_person(None).get(f"{path_of(user)}/fragment").text


def test_the_access_points_log_in_is_a_plain_form(cast, as_person):
    user = mint(package(cast))
    page = as_person(None).get(f"{path_of(user)}?link-login=https://wifi.example:8443/login?dst=x")
    assert '<form method="post" action="https://wifi.example:8443/login?dst=x"' in page.text
    assert f'name="password" value="{user.code}"' in page.text
    assert "csrf_token" not in page.text.partition("https://wifi.example")[2].partition("</form>")[0]
    assert "form-action 'self' https://wifi.example:8443;" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "http://", "ftp://x.example", "http://a b/"])
def test_what_is_no_address_of_the_web_is_left_out(cast, as_person, url):
    user = mint(package(cast))
    page = as_person(None).get(path_of(user), query_string={"link-login": url})
    assert "Go online" not in page.text
    assert "form-action 'self';" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "url",
    [
        "http://h;script-src *",
        "http://h/'",
        'http://h/"',
        "http://user:pw@h/",
        "http://h:999999/",
        "http://*/",
        "http://日本/",
        "http://[/",
        "http://" + "h" * 600,
    ],
)
def test_nothing_that_could_break_out_of_a_header_is_an_address(backend, url):
    assert not _is_web(url)


def test_a_picture_is_of_the_text_alone(backend):
    assert qr("ABCDEFGH") != qr("ABCDEFGJ")
    assert "ABCDEFGH" not in qr("ABCDEFGH")


def test_a_pass_that_ended_shows_no_code(cast, as_person):
    user = mint(package(cast))
    with atomic() as session:
        passes.end(session, user, "expired", "time", at=now())
    text = as_person(None).get(path_of(user)).text
    assert "This pass has ended" in text
    assert passes.shown(user.code) not in text
    assert user.code not in text


def test_it_is_found_by_its_key_alone_and_at_its_own_restaurant(cast, as_person):
    user = mint(package(cast))
    key = path_of(user).rpartition("/")[2]
    browser = as_person(cast.admin)
    assert browser.get(f"/wifi/first/{'0' * 32}").status_code == 404
    assert browser.get(f"/wifi/second/{key}").status_code == 404
    assert browser.get(f"/wifi/first/{key[:-1]}").status_code == 404
