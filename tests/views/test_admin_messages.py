"""The list of text messages: what it shows, what it hides, and sending one again from it."""

import re

import pytest
from sqlalchemy import event, select

from app.domain import messages
from app.extensions import atomic, db
from app.models import Job, SmsMessage
from tests.passes import pass_for

PROBLEM = {"Accept": "application/problem+json"}
pytestmark = [pytest.mark.usefixtures("csrf_off"), pytest.mark.parametrize("backend", ["sqlite"])]


@pytest.fixture
def admin(cast, as_person):
    return as_person(cast.admin)


def page(browser, path="/admin/messages"):
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.text


def sent(cast, status="sent", **more):
    """A message in a state, of a pass of its own."""
    details = {"status": status, **more}
    given = details.pop("given", None) or pass_for(cast)
    with atomic() as session:
        row = SmsMessage(kind="credentials", phone=given.phone, hotspot_user_id=given.id, **details)
        session.add(row)
    return row


def test_an_empty_list_says_what_will_be_here(admin):
    assert "No messages yet" in page(admin)


@pytest.mark.parametrize(
    ("status", "words"),
    [("queued", "Waiting to be sent"), ("sent", "Sent"), ("delivered", "Delivered"), ("failed", "Failed")],
)
def test_each_says_how_far_it_came(cast, admin, status, words):
    sent(cast, status)
    assert f"<span>{words}</span>" in page(admin)


def test_phones_are_masked_and_codes_are_not_there(cast, admin):
    given = pass_for(cast)
    messages.resend(given, by=cast.admin)
    text = page(admin)
    assert "+254•••••678" in text
    for hidden in (given.phone, given.phone[4:], given.code, f"{given.code[:4]}-{given.code[4:]}"):
        assert hidden not in text


def test_a_failure_says_why(cast, admin):
    sent(cast, "failed", error="UserInBlacklist")
    assert "UserInBlacklist" in page(admin)


def test_the_newest_stand_first_and_older_ones_on_pages(cast, admin, monkeypatch):
    monkeypatch.setattr("app.views.admin.messages._PAGE", 2)
    ids = [sent(cast).id for _ in range(5)]
    found, path = [], "/admin/messages"
    while path:
        text = page(admin, path)
        found += [int(id) for id in re.findall(r'data-message="(\d+)"', text)]
        older = re.search(r'href="([^"]+)" rel="next"', text)
        path = older and older[1]
    assert found == ids[::-1]


def test_the_list_alone_is_a_fragment_of_the_page(cast, admin):
    sent(cast)
    [url] = re.findall(r'class="pl-messages" data-fragment="([^"]+)"', page(admin))
    assert "data-message=" in page(admin, url)
    assert "<html" not in page(admin, url)


@pytest.mark.parametrize(
    ("status", "moves"), [("queued", True), ("sent", True), ("delivered", False), ("failed", False)]
)
def test_it_looks_again_while_something_may_yet_be_reported(cast, admin, status, moves):
    sent(cast, status)
    assert ("data-moving" in page(admin)) == moves


def test_one_is_sent_again(cast, admin):
    first = sent(cast, "failed", error="UserIsInactive")
    answer = admin.post(f"/admin/messages/{first.id}/resend")
    assert (answer.status_code, answer.location) == (303, "/admin/messages")
    text = page(admin)
    assert "The code goes to +254•••••678 once more." in text
    assert "sent again (2)" in text
    assert [job.key for job in db.session.scalars(select(Job))] == [f"pass:{first.hotspot_user_id}:2"]


def test_too_often_is_refused_in_words(cast, admin):
    first = sent(cast)
    for _ in range(3):
        admin.post(f"/admin/messages/{first.id}/resend")
    admin.post(f"/admin/messages/{first.id}/resend")
    assert "sent again often enough" in page(admin)
    answer = admin.post(f"/admin/messages/{first.id}/resend", headers=PROBLEM)
    assert (answer.status_code, answer.json["code"]) == (429, "too_many")


@pytest.mark.parametrize(
    ("status", "again"), [("minted", True), ("active", True), ("expired", False), ("revoked", False)]
)
def test_only_what_still_opens_something_can_be_sent_again(cast, admin, status, again):
    row = sent(cast, given=pass_for(cast, status=status))
    assert ("/resend" in page(admin)) == again
    assert admin.post(f"/admin/messages/{row.id}/resend", headers=PROBLEM).status_code == (303 if again else 409)


def test_what_waits_goes_by_itself(cast, admin):
    sent(cast, "queued")
    assert "/resend" not in page(admin)


@pytest.mark.parametrize("path", ["/admin/messages?after=-1", "/admin/messages?after=x"])
def test_there_is_no_such_page(admin, path):
    assert admin.get(path).status_code == 422


def test_what_is_not_there_cannot_be_sent_again(admin):
    for id in (1, 10**30):
        assert admin.post(f"/admin/messages/{id}/resend").status_code == 404


def test_it_takes_the_same_few_statements_however_long_it_is(cast, admin):
    def statements():
        seen = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731  (removed again below)
        event.listen(db.engine, "before_cursor_execute", listen)
        page(admin)
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    sent(cast)
    few = statements()
    for _ in range(6):
        sent(cast)
    assert statements() == few
