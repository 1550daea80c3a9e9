"""One's own account, and the links that lead into it."""

import re

import pyotp
import pytest

from app.contract.times import now
from app.domain import links, passwords, second_factors
from app.extensions import atomic, db
from app.models import OneTimeLink, Person, Session
from tests.cast import PASSWORD
from tests.factories import token_of
from tests.trail import trail

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]
NEW = "a new long password"


def token_of_link(person, purpose):
    with atomic() as session:
        return links.make(session, purpose, person, mailed=False)


def kept(person):
    return db.session.get_one(Person, person.id)


@pytest.mark.parametrize("who", ["admin", "vendor", "driver", "customer"])
def test_everybody_has_a_page_of_their_own(cast, as_person, who):
    page = as_person(getattr(cast, who)).get("/account").text
    assert f"{who}@example.com" in page
    assert "Where you are logged in" in page


def test_it_changes_name_and_phone(cast, as_person):
    answer = as_person(cast.customer).post("/account", data={"name": " Ada ", "phone": "+351 (91) 000-0002"})
    assert answer.status_code == 303
    assert (kept(cast.customer).name, kept(cast.customer).phone) == ("Ada", "+351910000002")
    wrong = as_person(cast.customer).post("/account", data={"name": "Ada", "phone": "0700"})
    assert wrong.status_code == 422
    assert "With the country&#39;s code" in wrong.text


def test_another_password_asks_for_the_old_one_and_ends_every_log_in(cast, as_person):
    browser, other = as_person(cast.customer), as_person(cast.customer)
    wrong = browser.post("/account/password", data={"old": "a guess", "password": NEW})
    assert (wrong.status_code, passwords.matches(kept(cast.customer).password_hash, PASSWORD)) == (422, True)
    assert browser.post("/account/password", data={"old": PASSWORD, "password": NEW}).location == "/login"
    assert passwords.matches(kept(cast.customer).password_hash, NEW)
    assert other.get("/account").location.startswith("/login")


def test_guesses_at_the_old_password_are_counted(cast, as_person):
    browser = as_person(cast.customer)
    wrong = {"old": "a guess", "password": NEW}
    assert [browser.post("/account/password", data=wrong).status_code for _ in range(6)] == [422] * 5 + [429]


def test_a_second_factor_is_set_up_and_taken_away(cast, as_person):
    browser = as_person(cast.customer)
    secret = begun(browser)
    assert browser.post("/account/second-factor/confirmation", data={"code": "1"}).status_code == 422
    right = {"code": pyotp.TOTP(secret).at(now())}
    codes = re.findall(r"<li>([\w-]{19})</li>", browser.post("/account/second-factor/confirmation", data=right).text)
    assert len(codes) == 10
    assert "10 recovery codes are left" in browser.get("/account").text
    fresh = browser.post("/account/second-factor/recovery-codes", data={"code": codes[0]})
    assert fresh.text.count("<li>") == 10
    assert browser.post("/account/second-factor/removal", data={"code": codes[1]}).status_code == 422
    [code, *_] = re.findall(r"<li>([\w-]{19})</li>", fresh.text)
    assert browser.post("/account/second-factor/removal", data={"code": code}).status_code == 303
    assert second_factors.of(cast.customer) is None


def begun(browser):
    """The secret of a second factor that is being set up."""
    page = browser.post("/account/second-factor", data={"current": PASSWORD}).text
    return re.search(r"Or type this into the app: </span>([A-Z2-7 ]+)<", page)[1].replace(" ", "")


def test_a_second_factor_needs_the_password_and_ends_other_log_ins(cast, as_person):
    browser, other = as_person(cast.customer), as_person(cast.customer)
    assert browser.post("/account/second-factor").status_code == 422
    wrong = [browser.post("/account/second-factor", data={"current": "a guess"}) for _ in range(4)]
    assert {(answer.status_code, "Or type this" in answer.text) for answer in wrong} == {(422, False)}
    secret = begun(browser)
    assert begun(other) != secret
    right = {"code": pyotp.TOTP(secret).at(now())}
    assert other.post("/account/second-factor/confirmation", data=right).status_code == 422
    assert browser.post("/account/second-factor/confirmation", data=right).status_code == 200
    assert other.get("/account").location.startswith("/login")
    assert browser.get("/account").status_code == 200
    assert Session.query.filter(Session.ended_at.is_(None)).one().second_factor


def test_it_ends_ones_own_log_ins_and_shows_no_cookies_secret(cast, as_person):
    browser, other = as_person(cast.customer), as_person(cast.customer)
    token_of(cast.customer)
    page = browser.get("/account").text
    assert not [row.id for row in Session.query if row.id in page]
    ends = re.findall(r'action="(/account/accesses/\w+/end)"', page)
    assert len(ends) == 2
    assert {browser.post(end).status_code for end in ends} == {303}
    assert [told[:2] for told in trail()] == [(cast.customer.name, "person.access_ended")] * 2
    assert other.get("/account").location.startswith("/login")
    assert browser.post(ends[0]).status_code == 404
    assert as_person(cast.vendor).post(ends[0]).status_code == 404


@pytest.mark.parametrize("known", [True, False])
def test_who_forgot_a_password_is_told_the_same(cast, as_person, known):
    address = "customer@example.com" if known else "somebody@example.com"
    answer = as_person(None).post("/password-reset", data={"email": address})
    assert answer.status_code == 200
    shown = re.sub(address, "ADDRESS", answer.text)
    assert 'If <strong class="pl-name">ADDRESS</strong> has an account here' in shown
    assert OneTimeLink.query.one().person_id == (cast.customer.id if known else None)


def test_mails_to_one_address_are_few(cast, as_person):
    ask = {"email": "customer@example.com"}
    assert [as_person(None).post("/password-reset", data=ask).status_code for _ in range(4)] == [200] * 3 + [429]


@pytest.mark.parametrize(
    ("path", "purpose"), [("invitation", links.INVITATION), ("password-reset", links.PASSWORD_RESET)]
)
def test_a_link_sets_the_password_once_and_tells_nobody(cast, as_person, path, purpose):
    token = token_of_link(cast.customer, purpose)
    browser = as_person(None)
    for _ in range(2):
        page = browser.get(f"/{path}/{token}")
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert browser.post(f"/{path}/{token}", data={"password": "short"}).status_code == 422
    assert browser.post(f"/{path}/{token}", data={"password": NEW}).location == "/login"
    assert passwords.matches(kept(cast.customer).password_hash, NEW)
    for answer in (browser.get(f"/{path}/{token}"), browser.post(f"/{path}/{token}", data={"password": NEW})):
        assert answer.status_code == 404
        assert "A link for a password works once" in answer.text
        assert "A link to an order" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_link_of_somebody_else_changes_nothing_of_who_is_logged_in(cast, as_person):
    browser = as_person(cast.vendor)
    browser.post(f"/password-reset/{token_of_link(cast.customer, links.PASSWORD_RESET)}", data={"password": NEW})
    assert passwords.matches(kept(cast.vendor).password_hash, PASSWORD)
    assert browser.get("/vendor/").status_code == 200
