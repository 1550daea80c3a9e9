"""Invitations and resets of a password: a link works once, for its time, for its person, and no longer."""

import email
import email.policy
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.contract.tokens import digest
from app.domain import invitations, links, password_resets, passwords, people, sessions
from app.domain.actor import OPERATOR
from app.errors import Conflict, Invalid, LinkUnknown, WrongCredentials
from app.extensions import atomic, db
from app.jobs import forgetting, mail
from app.models import AuditEntry, Job, OneTimeLink, Person
from app.providers import mail as mail_provider
from tests.at_once import at_once
from tests.cast import PASSWORD
from tests.factories import session_of

NEW = "a new long password"
one_database = pytest.mark.parametrize("backend", ["sqlite"])


def reset_of(person):
    with atomic() as session:
        return links.make(session, links.PASSWORD_RESET, person, mailed=False)


def invite(cast, **more):
    details = {"email": "New@Example.com", "name": "New Person", "role": "customer", "mailed": False}
    return invitations.invite(by=cast.admin, **{**details, **more})


@pytest.fixture
def post(app, monkeypatch, tmp_path):
    """Sends what is due; the mails, oldest first."""
    monkeypatch.setitem(app.config, "PASSLINE", replace(app.config["PASSLINE"], mail_folder=str(tmp_path)))

    def send():
        for job in db.session.scalars(select(Job).where(Job.kind == "send_mail").order_by(Job.id)):
            mail.send(json.loads(job.payload))
        files = sorted(tmp_path.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in files]

    return send


def token_in(message):
    return re.search(r"/(?:invitation|password-reset)/([\w-]{43})\n", message.get_content())[1]


@one_database
def test_no_transaction_is_open_while_the_mail_server_is_asked(cast, post, monkeypatch):
    seen, real = [], mail_provider.send
    seeing = lambda *args, **more: seen.append(db.session().in_transaction()) or real(*args, **more)  # noqa: E731
    monkeypatch.setattr(mail_provider, "send", seeing)
    invite(cast, mailed=True)
    assert len(post()) == 1
    assert seen == [False]


@one_database
@pytest.mark.parametrize(
    ("own", "asked_in", "subject"),
    [
        (None, "ar", "كلمة مرورك الجديدة في Passline"),
        ("ar", "en", "كلمة مرورك الجديدة في Passline"),
        ("en", "ar", "Your new password at Passline"),
    ],
)
def test_a_mail_is_in_the_language_of_its_person_else_of_whoever_asked(cast, post, own, asked_in, subject):
    with atomic():
        cast.customer.language = own
    password_resets.request(cast.customer.email, asked_in)
    [mail] = post()
    assert mail["Subject"] == subject
    assert token_in(mail)


@one_database
def test_who_is_invited_chooses_a_password_and_logs_in(cast):
    person, token = invite(cast, role="vendor", restaurant=cast.restaurant)
    with pytest.raises(WrongCredentials):
        sessions.sign_in(person.email, "")
    invitations.accept(token, NEW)
    assert sessions.sign_in("new@example.com", NEW).person.restaurant_id == cast.restaurant.id
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["person.created", "person.invited", "person.invitation_accepted"]


@one_database
@pytest.mark.parametrize("purpose", [links.INVITATION, links.PASSWORD_RESET])
def test_a_link_works_once_and_for_its_time(cast, purpose):
    with atomic() as session:
        token = links.make(session, purpose, cast.customer, mailed=False)
    with time_machine.travel(now() + links.LASTS[purpose] - timedelta(minutes=1)):
        links.opened(token, purpose)
    with time_machine.travel(now() + links.LASTS[purpose]), pytest.raises(LinkUnknown):
        people.set_password_by_link(token, purpose, NEW)
    people.set_password_by_link(token, purpose, NEW)
    with pytest.raises(LinkUnknown):
        people.set_password_by_link(token, purpose, "another long password")
    assert passwords.matches(cast.customer.password_hash, NEW)


@one_database
def test_a_link_of_one_kind_opens_nothing_of_the_other(cast):
    with pytest.raises(LinkUnknown):
        invitations.accept(reset_of(cast.customer), NEW)


@one_database
@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda cast: reset_of(cast.customer),
        lambda cast: people.change_password(cast.customer, "another long password"),
        lambda cast: people.deactivate(cast.customer),
        lambda cast: password_resets.request(cast.customer.email),
    ],
    ids=["a newer one", "another password", "deactivated", "asked again"],
)
def test_a_link_ends_with(cast, meanwhile):
    token = reset_of(cast.customer)
    meanwhile(cast)
    with pytest.raises(LinkUnknown):
        password_resets.redeem(token, NEW)


@one_database
def test_it_changes_the_password_of_its_own_person_alone(cast):
    token, row, other = reset_of(cast.customer), session_of(cast.customer), session_of(cast.vendor)
    assert password_resets.redeem(token, NEW).id == cast.customer.id
    assert passwords.matches(cast.vendor.password_hash, PASSWORD)
    assert (sessions.by_id(row.id), sessions.by_id(other.id) is None) == (None, False)


@one_database
def test_a_password_that_is_too_short_leaves_the_link(cast):
    token = reset_of(cast.customer)
    with pytest.raises(Invalid):
        password_resets.redeem(token, "short")
    password_resets.redeem(token, NEW)


def test_of_two_who_press_at_once_one_sets_the_password(app, cast):
    token = reset_of(cast.customer)
    told = at_once(app, *[lambda n=n: password_resets.redeem(token, f"{NEW} {n}") for n in range(4)])
    assert [type(answer) for answer in told if not isinstance(answer, Person)] == [LinkUnknown] * 3


def test_of_two_links_that_are_used_at_once_one_counts(app, cast):
    with atomic() as session:
        tokens = {purpose: links.make(session, purpose, cast.customer, mailed=False) for purpose in links.LASTS}
    told = at_once(app, *[lambda p=p, t=t: people.set_password_by_link(t, p, f"{NEW} {p}") for p, t in tokens.items()])
    assert [type(answer) for answer in told if not isinstance(answer, Person)] == [LinkUnknown]


def test_of_two_requests_at_once_one_link_stays(app, cast):
    address = cast.customer.email
    at_once(app, *[lambda: password_resets.request(address) for _ in range(4)])
    db.session.rollback()
    assert OneTimeLink.query.filter(OneTimeLink.ended_at.is_(None)).count() == 1


@one_database
def test_a_request_leaves_the_same_behind_for_nobody(cast):
    left = []
    for address in (cast.customer.email, "nobody@example.com"):
        password_resets.request(address)
        link = OneTimeLink.query.order_by(OneTimeLink.id.desc()).first()
        job = Job.query.order_by(Job.id.desc()).first()
        left.append((link.purpose, link.token_hash, job.kind, json.loads(job.payload) == {"link": link.id}))
    assert left == [("password_reset", None, "send_mail", True)] * 2


@one_database
def test_the_mail_goes_to_its_person_and_to_nobody_else(cast, post):
    for address in (" Customer@Example.com", "nobody@example.com"):
        password_resets.request(address)
    [message] = post()
    assert (message["To"], message["Subject"]) == ("customer@example.com", "Your new password at Passline")
    password_resets.redeem(token_in(message), NEW)


@one_database
def test_its_secret_is_in_the_mail_alone(cast, post):
    invite(cast, mailed=True)
    [message] = post()
    token = token_in(message)
    kept = [*db.session.scalars(select(Job.payload)), *db.session.scalars(select(OneTimeLink.token_hash))]
    assert token not in " ".join(kept)
    assert digest(token) in kept


@one_database
def test_a_mail_that_is_sent_again_has_another_token(cast, post):
    password_resets.request(cast.customer.email)
    first, second = token_in(post()[0]), token_in(post()[1])
    with pytest.raises(LinkUnknown):
        password_resets.redeem(first, NEW)
    password_resets.redeem(second, NEW)


@one_database
def test_no_mail_goes_out_for_a_link_that_has_ended(cast, post):
    password_resets.request(cast.customer.email)
    people.change_password(cast.customer, NEW)
    assert post() == []


@one_database
def test_a_mailed_and_a_shown_invitation_end_each_other(cast, post):
    _, shown = invite(cast, mailed=True)
    [message] = post()
    invitations.accept(token_in(message), NEW)
    with pytest.raises(LinkUnknown):
        invitations.accept(shown, "another long password")


@one_database
def test_an_admins_link_is_handed_to_the_operator_alone(cast):
    with pytest.raises(Conflict):
        password_resets.hand_over(cast.admin, by=cast.admin)
    password_resets.redeem(password_resets.hand_over(cast.admin, by=OPERATOR), NEW)
    password_resets.hand_over(cast.vendor, by=cast.admin)


@one_database
def test_who_has_a_password_is_not_invited_again(cast):
    person, token = invite(cast)
    again = invitations.renew(person, by=cast.admin, mailed=False)
    with pytest.raises(LinkUnknown):
        invitations.accept(token, NEW)
    invitations.accept(again, NEW)
    with pytest.raises(Conflict):
        invitations.renew(person, by=cast.admin, mailed=False)


@one_database
def test_old_links_are_forgotten(cast):
    reset_of(cast.customer)
    assert forgetting.forget_links() == 0
    with time_machine.travel(now() + timedelta(days=31)):
        assert forgetting.forget_links() == 1
