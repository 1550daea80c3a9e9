"""Delivery reports in any order: what a message is never goes back, and each report is kept."""

import itertools
import threading

import pytest
from sqlalchemy import select

from app.domain import sms_reports
from app.extensions import atomic, db
from app.models import ProviderMessage, SmsMessage
from tests.at_once import at_once
from tests.passes import PHONE, pass_for

BASE = {"phoneNumber": PHONE, "networkCode": "63902"}


@pytest.fixture
def message(cast):
    given = pass_for(cast)
    with atomic() as session:
        row = SmsMessage(
            kind="credentials", phone=PHONE, hotspot_user_id=given.id, status="sent", provider_id="ATXid_1"
        )
        session.add(row)
    return row


def report(status, id="ATXid_1", **more):
    return sms_reports.take(
        {"id": id, "status": status, **BASE, **more}, provider="africastalking", address="127.0.0.1"
    )


def state(message):
    db.session.rollback()
    db.session.refresh(message)
    return message.status


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        *(("Success", "delivered"), ("Failed", "failed"), ("Rejected", "failed")),
        *(("Sent", "sent"), ("Submitted", "sent"), ("Buffered", "sent"), ("Anything", "sent")),
    ],
)
def test_each_word_of_the_providers_is_understood(message, status, becomes):
    report(status)
    assert state(message) == becomes


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("order", list(itertools.permutations(["Sent", "Failed", "Success"])), ids="-".join)
def test_in_whatever_order_they_come_delivered_stands(message, order):
    for status in order:
        report(status, failureReason="UserIsInactive" if status == "Failed" else "")
    assert (state(message), message.error) == ("delivered", None)


@pytest.mark.parametrize("backend", ["postgresql"])
def test_one_that_comes_while_its_message_is_noted_as_taken_is_not_lost(app, message):
    with atomic():
        message.provider_id = None
    noted, reported = threading.Event(), threading.Event()

    def note() -> None:
        with atomic() as session:
            session.get_one(SmsMessage, message.id).provider_id = "ATXid_1"
            session.flush()
            sms_reports.catch_up(session, "ATXid_1", after=0)
            noted.set()
            reported.wait(0.5)

    def come() -> None:
        noted.wait(5)
        report("Success")
        reported.set()

    assert at_once(app, note, come) == [None, None]
    assert state(message) == "delivered"


def test_a_late_sent_does_not_undo_a_failure(message):
    assert report("Failed", failureReason="UserInBlackList") == "failed"
    assert report("Sent") == "noted"
    assert (state(message), message.error) == ("failed", "UserInBlackList")


def test_a_repeated_report_changes_nothing(message):
    assert report("Success") == "delivered"
    state(message)
    at = message.delivered_at
    assert report("Success") == "noted"
    state(message)
    assert message.delivered_at == at


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    ("form", "outcome"),
    [
        ({"id": "ATXid_2", "status": "Success"}, "unmatched"),
        ({"id": "", "status": "Success"}, "malformed"),
        ({"status": "Success"}, "malformed"),
        ({"id": "x" * 101, "status": "Success"}, "malformed"),
        ({}, "malformed"),
    ],
)
def test_what_is_not_ours_or_no_report_is_kept_and_moves_nothing(message, form, outcome):
    assert sms_reports.take(form, provider="africastalking", address="127.0.0.1") == outcome
    [kept] = db.session.scalars(select(ProviderMessage)).all()
    assert (kept.kind, kept.outcome, kept.processed_at is not None) == ("sms_receipt", outcome, True)
    assert state(message) == "sent"
