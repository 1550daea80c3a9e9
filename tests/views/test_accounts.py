"""Logging in and out, where it leads, and how often one may guess."""

import pytest

from app.contract.tokens import SESSION_ID
from app.domain import people
from app.extensions import db
from app.models import Session
from app.views.local_paths import local_path
from tests.cast import PASSWORD
from tests.views.customer_pages import csrf_in

HOMES = {"admin": "/admin/", "vendor": "/vendor/", "driver": "/driver/", "customer": "/orders/"}


def log_in(browser, email="customer@example.com", password=PASSWORD, **more):
    token = csrf_in(browser.get("/login").text)
    return browser.post("/login", data={"email": email, "password": password, "csrf_token": token, **more})


def session_in(browser) -> str | None:
    with browser.session_transaction() as cookie:
        return cookie.get(SESSION_ID)


def lasting_sessions() -> int:
    db.session.rollback()
    return db.session.query(Session).filter(Session.ended_at.is_(None)).count()


def test_a_stranger_is_told_that_no_account_is_needed_to_order(cast, as_person):
    page = as_person(None).get("/login").text
    assert "Accounts come by invitation. To order, you need none." in page
    assert "whoever wants to order does so as a guest" in page


@pytest.mark.parametrize(("who", "home"), HOMES.items())
def test_it_leads_each_role_home(cast, as_person, who, home):
    browser = as_person(None)
    assert log_in(browser, f"{who}@example.com").location == "/"
    assert browser.get("/").location == home
    assert browser.get(home).status_code == 200


def test_it_sends_who_is_not_logged_in_to_the_login(as_person, cast):
    assert as_person(None).get("/").location == "/login"
    assert as_person(None).get("/orders/").location == "/login?next=/orders/"


def test_it_remembers_the_session_as_a_row(cast, as_person):
    browser = as_person(None)
    log_in(browser, "  Customer@Example.com ")
    row = db.session.get(Session, session_in(browser))
    assert (row.person_id, row.address, row.ended_at) == (cast.customer.id, "127.0.0.1", None)


@pytest.mark.parametrize(("email", "password"), [("customer@example.com", "guess-1"), ("nobody@example.com", PASSWORD)])
def test_it_says_the_same_for_a_wrong_password_and_an_unknown_person(cast, as_person, email, password):
    browser = as_person(None)
    answer = log_in(browser, email, password)
    assert answer.status_code == 422
    assert "E-mail or password is wrong." in answer.text
    assert f'value="{email}"' in answer.text
    assert password not in answer.text
    assert session_in(browser) is None


def test_it_asks_for_what_is_missing(cast, as_person):
    answer = log_in(as_person(None), "", "")
    assert answer.status_code == 422
    assert "Your e-mail address." in answer.text
    assert "Your password." in answer.text


def test_it_refuses_who_was_deactivated(cast, as_person):
    people.deactivate(cast.customer)
    assert log_in(as_person(None)).status_code == 422


def test_it_refuses_a_form_without_a_token(cast, as_person):
    answer = as_person(None).post("/login", data={"email": "customer@example.com", "password": PASSWORD})
    assert answer.status_code == 400


def test_it_goes_on_to_where_one_was_going(cast, as_person):
    assert log_in(as_person(None), next="/r/first?a=1").location == "/r/first?a=1"


@pytest.mark.parametrize(
    "next",
    ["https://evil.test/", "//evil.test", "/\\evil.test", "/\t/evil.test", "evil", "javascript:alert(1)", "", None],
)
def test_it_never_leads_to_a_stranger(next):
    assert local_path(next) == "/"


def test_a_log_in_ends_the_session_that_the_browser_had(cast, as_person, csrf_off):
    browser = as_person(cast.vendor)
    browser.post("/login", data={"email": "customer@example.com", "password": PASSWORD})
    assert lasting_sessions() == 1
    assert browser.get("/").location == "/orders/"


def test_a_log_in_keeps_nothing_of_the_cookie_before(cast, as_person):
    browser = as_person(None)
    token = csrf_in(browser.get("/login").text)
    log_in(browser)
    assert browser.post("/logout", data={"csrf_token": token}).status_code == 400


def test_logging_out_ends_this_session_alone(cast, as_person, csrf_off):
    here, there = as_person(cast.customer), as_person(cast.customer)
    assert here.post("/logout").location == "/login"
    assert here.get("/orders/").location.startswith("/login")
    assert there.get("/orders/").status_code == 200


def test_an_old_cookie_opens_nothing_after_logging_out(cast, as_person, csrf_off):
    browser = as_person(cast.customer)
    old = session_in(browser)
    browser.post("/logout")
    with browser.session_transaction() as cookie:
        cookie[SESSION_ID] = old
    assert browser.get("/orders/").location.startswith("/login")


def test_logging_out_everywhere_ends_all_sessions(cast, as_person, csrf_off):
    here, there, other = as_person(cast.customer), as_person(cast.customer), as_person(cast.other_customer)
    here.post("/logout-everywhere")
    assert there.get("/orders/").location.startswith("/login")
    assert other.get("/orders/").status_code == 200


def test_logging_out_without_a_session_is_no_error(cast, as_person, csrf_off):
    assert as_person(None).post("/logout").status_code == 302


def test_it_refuses_the_sixth_guess_at_one_person(cast, as_person, csrf_off):
    guesses = [
        as_person(None).post("/login", data={"email": "customer@example.com", "password": "?"}) for _ in range(6)
    ]
    assert [guess.status_code for guess in guesses] == [422] * 5 + [429]
    assert "Wait a minute" in guesses[-1].text
    assert guesses[-1].headers["Retry-After"]


def test_it_refuses_the_eleventh_guess_from_one_address(cast, as_person, csrf_off):
    guesses = [as_person(None).post("/login", data={"email": f"p{n}@example.com", "password": "?"}) for n in range(11)]
    assert guesses[-1].status_code == 429


def test_logging_in_rightly_is_never_counted(cast, as_person, csrf_off):
    right = {"email": "customer@example.com", "password": PASSWORD}
    assert {as_person(None).post("/login", data=right).status_code for _ in range(12)} == {302}


@pytest.mark.parametrize(("who", "home"), HOMES.items())
def test_no_shared_cache_keeps_a_page_of_somebody(cast, as_person, who, home):
    assert as_person(getattr(cast, who)).get(home).headers["Cache-Control"] == "private, no-cache"
