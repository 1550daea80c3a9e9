"""A pass's code by text message: composed when it is sent, sent once, told of, and sent again only so often."""

import json
import re
import threading
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from app.contract.times import now
from app.domain import jobs, messages
from app.errors import Conflict, TooMany
from app.extensions import atomic, db
from app.models import EventLog, HotspotUser, Job, Payment, ProviderMessage, SmsMessage
from app.providers import sms
from app.providers.sms import NoAnswer
from tests.factories import place
from tests.passes import PHONE, pass_for
from tests.simulator import within
from tests.trail import trail

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture(autouse=True)
def silent(connected):
    """Nobody reports deliveries but where a test says so."""
    connected.set_sms(receipts="never")


def rows():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(SmsMessage).order_by(SmsMessage.id)).all()


def row():
    [only] = rows()
    return only


def passes():
    return db.session.scalar(select(func.count(HotspotUser.id)))


def told():
    events = db.session.scalars(select(EventLog).where(EventLog.name == "CredentialsSent").order_by(EventLog.id))
    return [(event.room, json.loads(event.data)) for event in events]


# -- Sending -------------------------------------------------------------------------------------------------------


def test_it_sends_the_code_to_the_guests_phone(cast, connected):
    given = pass_for(cast)
    messages.send_credentials(given.id, 1)
    [taken] = connected.messages()
    code = f"{given.code[:4]}-{given.code[4:]}"
    assert taken["text"] == f"Wi-Fi at The First Table: your code is {code}, 60 minutes from first use."
    message = row()
    assert (message.status, message.provider_id, message.phone) == ("sent", taken["id"], PHONE)
    assert message.sent_at is not None


@ON_SQLITE
def test_it_is_written_in_the_language_in_which_the_pass_was_bought(cast, connected):
    given = pass_for(cast)
    with atomic() as session:
        session.execute(update(Payment).where(Payment.id == given.payment_id).values(language="ar"))
    messages.send_credentials(given.id, 1)
    [taken] = connected.messages()
    assert (
        taken["text"]
        == f"واي فاي The First Table: رمزك {given.code[:4]}-{given.code[4:]}، لمدة 60 دقيقة من أول استخدام."
    )


def test_the_dashboard_hears_of_it_without_code_and_without_phone(cast):
    given = pass_for(cast)
    messages.send_credentials(given.id, 1)
    [(room, data)] = told()
    assert room == "dashboard-stats"
    assert (data["phone"], data["sms_status"]) == ("+254•••••678", "sent")
    assert data.keys() == {"phone", "sms_status", "sent_at", "event_id", "occurred_at"}
    assert given.code not in json.dumps(data)


def test_the_code_is_stored_nowhere_but_in_its_pass(cast):
    given = pass_for(cast)
    messages.send_credentials(given.id, 1)
    messages.resend(given, by=cast.admin)
    db.session.rollback()
    for table in db.metadata.sorted_tables:
        for found in db.session.execute(select(table)).mappings():
            text = " ".join(
                str(value) for name, value in found.items() if (table.name, name) != ("hotspot_users", "code")
            )
            assert given.code not in text.replace("-", ""), table.name


def test_the_providers_answer_is_kept_word_for_word(cast, connected):
    messages.send_credentials(pass_for(cast).id, 1)
    [kept] = db.session.scalars(select(ProviderMessage)).all()
    assert (kept.provider, kept.kind) == ("africastalking", "sms")
    assert json.loads(kept.body)["SMSMessageData"]["Recipients"][0]["messageId"] == connected.messages()[0]["id"]


def test_no_transaction_is_open_while_the_provider_is_asked(cast, monkeypatch):
    real, seen = sms.send, []
    monkeypatch.setattr(sms, "send", lambda *args: seen.append(db.session().in_transaction()) or real(*args))
    messages.send_credentials(pass_for(cast).id, 1)
    assert seen == [False]


@pytest.mark.parametrize("times", [2, 3])
def test_a_job_that_runs_again_sends_nothing(cast, connected, times):
    given = pass_for(cast)
    for _ in range(times):
        messages.send_credentials(given.id, 1)
    assert len(connected.messages()) == len(rows()) == len(told()) == 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "1 minute "), (60, "60 minutes "), (120, "2 hours "), (1440, "24 hours "), (2880, "2 days "), (90, "90 m")],
)
def test_it_says_how_long_in_words(cast, connected, minutes, words):
    messages.send_credentials(pass_for(cast, minutes=minutes).id, 1)
    assert f", {words}" in connected.messages()[0]["text"]


@ON_SQLITE
def test_of_a_pass_in_use_it_says_until_when(cast, connected):
    given = pass_for(cast, status="active", first_seen_at=now())
    messages.send_credentials(given.id, 1)
    assert re.search(r", open until \d\d:\d\d on \d\d\.\d\d\.$", connected.messages()[0]["text"])


@ON_SQLITE
def test_a_long_name_leaves_room_for_the_code_in_one_message(cast, connected):
    with atomic():
        cast.restaurant.name = "The Restaurant At The End Of A Very Long Street " * 2
    messages.send_credentials(pass_for(cast, minutes=44640).id, 1)
    assert len(connected.messages()[0]["text"]) <= 160


@ON_SQLITE
def test_a_pass_without_a_phone_is_sent_nowhere(cast, connected):
    messages.send_credentials(pass_for(cast, phone="").id, 1)
    messages.send_credentials(10**9, 1)
    assert rows() == connected.messages() == []


@pytest.mark.parametrize("status", ["expired", "revoked"])
def test_a_pass_that_is_over_is_not_sent_any_more(cast, connected, status):
    messages.send_credentials(pass_for(cast, status=status).id, 1)
    assert (row().status, connected.messages(), told()) == ("failed", [], [])
    assert row().error == "The pass was over before its code was sent."


# -- What goes wrong -------------------------------------------------------------------------------------------------


def test_a_refusal_is_final_and_says_why(cast, connected):
    connected.set_sms(send="blacklist")
    given = pass_for(cast)
    messages.send_credentials(given.id, 1)
    assert (row().status, row().error, told()) == ("failed", "UserInBlacklist", [])
    connected.set_sms(send="take")
    messages.send_credentials(given.id, 1)
    assert connected.messages() == []


def test_an_error_is_raised_noted_and_mended_by_the_next_run(cast, connected):
    connected.set_sms(send="error")
    given = pass_for(cast)
    with pytest.raises(NoAnswer):
        messages.send_credentials(given.id, 1)
    assert (row().status, row().sent_at) == ("queued", None)
    assert row().error.startswith("The provider answered 500")
    connected.set_sms(send="take")
    messages.send_credentials(given.id, 1)
    assert (row().status, row().error, len(told())) == ("sent", None, 1)


class Killed(BaseException):
    """The worker dies here."""


def test_killed_between_the_providers_yes_and_our_note_it_sends_once_more_and_mints_nothing(
    cast, connected, monkeypatch
):
    given = pass_for(cast)
    before = passes()

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(messages, "_note_sent", die)
        with pytest.raises(Killed):
            messages.send_credentials(given.id, 1)
    assert (row().status, len(connected.messages())) == ("queued", 1)
    for _ in range(3):
        messages.send_credentials(given.id, 1)
    texts = [taken["text"] for taken in connected.messages()]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    assert (len(rows()), row().status, len(told()), passes()) == (1, "sent", 1, before)


# -- Delivery reports come back -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "status", "error"),
    [
        ("delivered", "delivered", None),
        ("twice", "delivered", None),
        ("out_of_order", "delivered", None),
        ("failed", "failed", "DeliveryFailure"),
    ],
)
def test_a_report_says_how_it_went(cast, connected, switch, status, error):
    connected.set_sms(receipts=switch)
    messages.send_credentials(pass_for(cast).id, 1)
    count = 3 if switch == "twice" else 2
    within(10, lambda: len(connected.messages()[0]["reports"]) == count)
    assert (row().status, row().error) == (status, error)
    assert all(report.endswith(": 200") for report in connected.messages()[0]["reports"])


def test_a_report_that_is_faster_than_our_note_is_not_lost(cast, connected, monkeypatch):
    connected.set_sms(receipts="out_of_order")
    real = messages._note_sent

    def slow(message, *args):
        within(10, lambda: len(connected.messages()[0]["reports"]) == 2)
        assert row().status == "queued"
        real(message, *args)

    monkeypatch.setattr(messages, "_note_sent", slow)
    messages.send_credentials(pass_for(cast).id, 1)
    assert (row().status, row().delivered_at is not None, len(told())) == ("delivered", True, 1)
    kept = select(ProviderMessage.outcome).where(ProviderMessage.kind == "sms_receipt").order_by(ProviderMessage.id)
    assert db.session.scalars(kept).all() == ["delivered", "noted"]


# -- Again ----------------------------------------------------------------------------------------------------------


def test_again_is_a_message_and_a_job_of_its_own_and_the_same_code(cast, connected):
    given = pass_for(cast)
    messages.send_credentials(given.id, 1)
    before = passes()
    again = messages.resend(given, by=cast.admin)
    assert (again.number, again.status) == (2, "queued")
    [job] = db.session.scalars(select(Job)).all()
    assert (job.kind, job.key, json.loads(job.payload)) == (
        "send_credentials",
        f"pass:{given.id}:2",
        {"pass": given.id, "send": 2},
    )
    messages.send_credentials(given.id, 2)
    texts = [taken["text"] for taken in connected.messages()]
    assert len(texts) == 2
    assert texts[0] == texts[1]
    assert passes() == before


def test_who_has_it_sent_again_is_told_without_code_and_number(cast):
    given = pass_for(cast)
    messages.resend(given, by=cast.admin)
    assert trail() == [(cast.admin.name, "wifi_pass.code_resent", f"Pass {given.id}", {}, {"phone": "+254•••••678"})]


def test_again_before_the_first_has_gone_is_the_second(cast):
    assert messages.resend(pass_for(cast), by=cast.admin).number == 2


def test_a_phone_gets_three_again_in_ten_minutes_and_ten_a_day(cast):
    given, other = pass_for(cast), pass_for(cast)
    start = now()
    done = []
    for minutes in (*range(0, 48, 3), 23 * 60):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            try:
                # Whichever of its passes: the phone counts.
                messages.resend(given if len(done) % 2 else other, by=cast.admin)
            except TooMany:
                continue
            done.append(minutes)
    assert done == [0, 3, 6, 12, 15, 18, 24, 27, 30, 36]
    with time_machine.travel(start + timedelta(hours=24, minutes=1), tick=False):
        messages.resend(given, by=cast.admin)


def test_the_fourth_within_ten_minutes_is_refused_and_leaves_nothing(cast):
    given = pass_for(cast)
    for _ in range(3):
        messages.resend(given, by=cast.admin)
    with pytest.raises(TooMany) as refused:
        messages.resend(given, by=cast.admin)
    assert refused.value.status == 429
    assert len(rows()) == db.session.scalar(select(func.count(Job.id))) == 3
    messages.resend(pass_for(cast, phone="+254798765432"), by=cast.admin)


def test_what_came_by_itself_does_not_count(cast):
    for _ in range(5):
        messages.send_credentials(pass_for(cast).id, 1)
    messages.resend(pass_for(cast), by=cast.admin)


def test_of_many_who_ask_at_once_three_are_served(app, cast):
    given = pass_for(cast)
    start, answers = threading.Barrier(8), Counter()

    def ask():
        with app.app_context():
            mine = db.session.get(HotspotUser, given.id)
            start.wait()
            try:
                messages.resend(mine, by=cast.admin)
                answers["sent"] += 1
            except TooMany:
                answers["refused"] += 1

    askers = [threading.Thread(target=ask) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert answers == {"sent": 3, "refused": 5}
    assert [message.number for message in rows()] == [2, 3, 4]


@ON_SQLITE
@pytest.mark.parametrize("status", ["expired", "revoked"])
def test_what_is_over_is_not_sent_again(cast, status):
    with pytest.raises(Conflict, match="over"):
        messages.resend(pass_for(cast, status=status), by=cast.admin)


@ON_SQLITE
def test_without_a_phone_there_is_nowhere_to_send_it(cast):
    with pytest.raises(Conflict, match="no phone"):
        messages.resend(pass_for(cast, phone=""), by=cast.admin)


@ON_SQLITE
def test_it_looks_at_the_pass_as_it_is_now(cast):
    given = pass_for(cast)
    with atomic() as session:
        session.execute(update(HotspotUser).values(status="revoked").execution_options(synchronize_session=False))
    with pytest.raises(Conflict):
        messages.resend(given, by=cast.admin)


def test_its_job_is_known_to_the_queues():
    assert jobs.KINDS["send_credentials"].queue == "default"


# -- Codes that came with orders -----------------------------------------------------------------------------------


@ON_SQLITE
def test_one_phone_is_sent_only_so_many_codes_of_gifts(cast, connected):
    gifts = [gift_for(cast) for _ in range(4)]
    for given in gifts:
        messages.send_credentials(given.id, 1)
    assert [message.status for message in rows()] == ["sent"] * 3 + ["failed"]
    assert len(connected.messages()) == 3
    bought = pass_for(cast)
    messages.send_credentials(bought.id, 1)
    assert len(connected.messages()) == 4, "what was paid for is sent"
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        messages.send_credentials(gift_for(cast).id, 1)
    assert len(connected.messages()) == 5


def gift_for(cast) -> HotspotUser:
    """A pass that came with an order, to the phone that passes are bought with."""
    given = pass_for(cast)
    with atomic():
        given.payment_id, given.order_id = None, place(cast).order.id
    return given
