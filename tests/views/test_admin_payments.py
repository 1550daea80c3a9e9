"""The admin's payments: the list, one payment with its story, what is decided there; and refunds as tasks."""

import re
from datetime import timedelta

import pytest

from app.contract.times import now
from app.domain import passes
from app.extensions import atomic, db
from app.models import Job, Payment, ProviderMessage, Refund
from tests.factories import order_in, payment_of, place, refund_of, wifi_package


@pytest.fixture
def admin(cast, as_person):
    return as_person(cast.admin)


def ids(page) -> list[int]:
    assert page.status_code == 200
    return [int(id) for id in re.findall(r'data-payment-id="(\d+)"', page.text)]


def refund_ids(page) -> list[int]:
    return [int(id) for id in re.findall(r'data-refund="(\d+)"', page.text)]


def flash_of(browser) -> str:
    return " ".join(browser.get("/admin/payments").text.split())


def test_the_list_is_newest_first_with_masked_phones(cast, admin):
    old = payment_of(place(cast).order)
    new = payment_of(wifi_package(cast.restaurant), "unknown")
    page = admin.get("/admin/payments")
    assert ids(page) == [new.id, old.id]
    assert "+254•••••678" in page.text
    assert "712345678" not in page.text


def test_it_narrows_by_state_method_and_day(cast, admin):
    order, yesterday = place(cast).order, now() - timedelta(days=1)
    cash = payment_of(order, method="cash", receipt=None, phone="")
    early = payment_of(order, at=yesterday)
    late = payment_of(order, at=now(), created_at=yesterday)
    failed = payment_of(order, "rejected", at=yesterday)
    with atomic():
        cast.restaurant.time_zone = cast.other_restaurant.time_zone = "UTC"
    assert ids(admin.get("/admin/payments?method=cash")) == [cash.id]
    assert ids(admin.get("/admin/payments?status=rejected")) == [failed.id]
    assert ids(admin.get(f"/admin/payments?day={now():%Y-%m-%d}")) == [late.id, cash.id]
    assert ids(admin.get(f"/admin/payments?day={yesterday:%Y-%m-%d}")) == [failed.id, early.id]
    assert ids(admin.get("/admin/payments?day=2020-01-01")) == []
    assert ids(admin.get(f"/admin/payments?day={yesterday:%Y-%m-%d}&status=paid&method=mpesa")) == [early.id]


def test_it_finds_a_payment_by_each_of_its_names(cast, admin):
    order = place(cast).order
    payment = payment_of(order, receipt="QK7ABC1234", checkout_request_id="ws_CO_7")
    payment_of(place(cast).order)
    for text in ("qk7abc1234", payment.transaction_id, "ws_CO_7", order.number.lower()):
        assert ids(admin.get("/admin/payments", query_string={"q": text})) == [payment.id]
    assert "No payment matches" in admin.get("/admin/payments?q=QK7").text


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    "query",
    [
        "status=eaten",
        "method=shells",
        "day=yesterday",
        "day=9999-12-31",
        "day=0001-01-01",
        "after=-1",
        f"q={'x' * 101}",
    ],
)
def test_what_cannot_be_asked_is_refused(admin, query):
    assert admin.get(f"/admin/payments?{query}").status_code == 422


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_page_begins_below_the_one_before(cast, admin):
    order = place(cast).order
    made = [payment_of(order).id for _ in range(42)]
    first = admin.get("/admin/payments?status=paid")
    assert ids(first) == made[:1:-1]
    [older] = re.findall(r'href="([^"]+)" rel="next"', first.text)
    assert ids(admin.get(older.replace("&amp;", "&"))) == made[1::-1]
    [fragment] = re.findall(r'pl-payments" data-fragment="([^"]+)"', first.text)
    assert ids(admin.get(fragment)) == made[:1:-1]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_one_payment_tells_all_that_happened_in_order(cast, admin):
    at = now() - timedelta(minutes=1)
    payment = payment_of(order_in(cast, "cancelled"), prompted_at=at + timedelta(seconds=1), at=at, queries=1)
    told = {"provider": "mpesa", "kind": "callback", "payment_id": payment.id, "outcome": "settled"}
    with atomic() as session:
        body = '{"PhoneNumber":254712345678,"Note":"<b>"}'
        message = ProviderMessage(body=body, received_at=at + timedelta(seconds=2), **told)
        session.add(message)
        session.flush()
        for kind, key in (("process_payment", f"message:{message.id}"), ("query_payment", f"payment:{payment.id}:1")):
            session.add(Job(queue="payments", kind=kind, key=key, created_at=at + timedelta(seconds=3)))
        session.add(Job(queue="payments", kind="query_payment", key=f"payment:{payment.id}1:1"))
    refund_of(payment)
    page = admin.get(f"/admin/payments/{payment.id}").text
    words = re.findall(r"<strong>([^<]+)</strong>", page[page.index("pl-timeline") :])
    assert sorted(words[:2]) == ["The guest asked to pay", "The money is there"]
    assert words[2:4] == ["The prompt was on the phone", "M-Pesa called back"]
    assert sorted(words[4:6]) == ["Asking M-Pesa how it went", "Looking at what M-Pesa said"]
    assert words[6:] == ["The money has to go back"]
    assert "2547•••••678" in page
    assert "254712345678" not in page
    assert "&lt;b&gt;" in page


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_admin_confirms_and_denies(cast, admin):
    first, second = (payment_of(order_in(cast, "awaiting_payment"), "needs_review") for _ in range(2))
    said = {"expected_version": "1", "note": "seen in the portal"}
    answer = admin.post(f"/admin/payments/{first.id}/confirmation", data=said)
    assert (answer.status_code, answer.location) == (303, f"/admin/payments/{first.id}")
    admin.post(f"/admin/payments/{second.id}/denial", data={**said, "refund": "y"})
    db.session.expire_all()
    assert [db.session.get(Payment, each.id).status for each in (first, second)] == ["paid", "paid"]
    assert db.session.query(Refund).one().payment_id == second.id
    assert "Decide</h2>" not in admin.get(f"/admin/payments/{first.id}").text


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("verb", ["confirmation", "denial"])
def test_why_must_be_said(cast, admin, verb):
    payment = payment_of(order_in(cast, "awaiting_payment"), "needs_review")
    admin.post(f"/admin/payments/{payment.id}/{verb}", data={"expected_version": "1", "note": " " * 3})
    assert "Write down" in flash_of(admin)
    assert db.session.get(Payment, payment.id, populate_existing=True).status == "needs_review"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_not_there_is_not_found(admin):
    for path in ("/admin/payments/7", "/admin/payments/9223372036854775808", "/admin/payments/7/sheet"):
        assert admin.get(path).status_code == 404


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_refunds_are_tasks_until_they_are_sent(cast, admin):
    first, second = (refund_of(payment_of(place(cast).order)) for _ in range(2))
    page = admin.get("/admin/refunds")
    assert refund_ids(page) == [first.id, second.id]
    assert "The money came after the order was given up" in page.text
    answer = admin.post(f"/admin/refunds/{first.id}/sending", data={"reference": "QKBACK1"})
    assert (answer.status_code, answer.location) == (303, "/admin/refunds")
    page = admin.get("/admin/refunds")
    assert refund_ids(page) == [second.id, first.id]
    assert "by Admin Person" in page.text
    answer = admin.post(f"/admin/refunds/{second.id}/sending", data={"reference": "", "on": "payment"})
    assert answer.location == f"/admin/payments/{second.payment_id}"
    assert "What proves that it was sent?" in admin.get("/admin/refunds").text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_where_nothing_is_owed_it_says_so(admin):
    assert "Nothing to send back" in admin.get("/admin/refunds").text


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_admin_takes_a_pass_back_and_owes_its_money_once(cast, admin):
    payment = payment_of(wifi_package(cast.restaurant))
    with atomic() as session:
        user = passes.mint_for_payment(session, payment, at=now())
    address = f"/admin/payments/{payment.id}"
    assert "End the pass and refund" in admin.get(address).text
    answers = [admin.post(f"{address}/wifi-refund") for _ in range(2)]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, address)}
    refund = db.session.query(Refund).one()
    assert (refund.payment_id, refund.reason, refund.status) == (payment.id, "wifi_revoked", "owed")
    db.session.refresh(user)
    assert (user.status, user.end_reason) == ("revoked", "refund")
    assert "End the pass and refund" not in admin.get(address).text


@pytest.mark.usefixtures("csrf_off")
@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_no_paid_wifi_is_not_taken_back(cast, admin):
    package = wifi_package(cast.restaurant)
    for payment in (payment_of(place(cast).order), payment_of(package, "unknown"), payment_of(package, "rejected")):
        assert "End the pass and refund" not in admin.get(f"/admin/payments/{payment.id}").text
        admin.post(f"/admin/payments/{payment.id}/wifi-refund")
    assert db.session.query(Refund).count() == 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_order_leads_to_each_of_its_payments(cast, admin):
    order = place(cast).order
    payments = [payment_of(order, status) for status in ("rejected", "paid")]
    other = payment_of(place(cast).order)
    page = admin.get(f"/admin/orders/{order.number}").text
    assert [f"/admin/payments/{each.id}" in page for each in (*payments, other)] == [True, True, False]
