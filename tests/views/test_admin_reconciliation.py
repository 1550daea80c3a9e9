"""The daily reconciliation: the page, the CSV, and M-Pesa's statement beside it."""

import csv
import io

import pytest

from app.contract.times import now
from app.extensions import atomic
from tests.factories import order_in, payment_of, place, refund_of

TODAY = now().date().isoformat()
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def admin(cast, as_person):
    with atomic():
        cast.restaurant.time_zone = cast.other_restaurant.time_zone = "UTC"
    return as_person(cast.admin)


def table(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_a_day_without_money_says_so(admin):
    page = admin.get("/admin/reconciliation?day=2020-02-29").text
    assert "Nothing came in on this day." in page
    assert 'href="/admin/reconciliation?day=2020-02-28"' in page
    assert 'href="/admin/reconciliation?day=2020-03-01"' in page


def test_the_page_has_sums_receipts_and_what_does_not_add_up(cast, admin):
    payment = payment_of(order_in(cast, "awaiting_payment"), amount_minor=2150)
    page = admin.get("/admin/reconciliation").text
    assert "€21.50" in page
    assert payment.receipt in page
    assert "Paid, and the order does not count as paid" in page


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "1026-01-01", "9999-12-31"])
def test_what_is_no_day_is_refused(admin, day):
    assert admin.get(f"/admin/reconciliation?day={day}").status_code == 422


def test_the_csv_has_every_line_and_runs_nothing(cast, admin):
    with atomic():
        cast.restaurant.name = "=HYPERLINK(1)"
    order = order_in(cast, "awaiting_payment")
    with atomic():
        order.payment_status = "paid"
    paid = payment_of(order, amount_minor=2150)
    waiting = payment_of(order_in(cast, "awaiting_payment"), "needs_review", review_reason="+why")
    refund_of(payment_of(order_in(cast, "cancelled")))
    rows = table(admin.get(f"/admin/reconciliation.csv?day={TODAY}"))
    assert [row["what"] for row in rows] == ["payment", "payment", "refund owed", "under review"]
    first = rows[0]
    assert (first["receipt"], first["amount"], first["currency"]) == (paid.receipt, "21.50", "EUR")
    assert (first["restaurant"], first["phone"]) == ("'=HYPERLINK(1)", "'+254•••••678")
    assert (rows[3]["payment"], rows[3]["note"]) == (str(waiting.id), "'+why")


def test_the_csv_names_an_order_that_no_payment_is_for(cast, admin):
    order = order_in(cast, "placed")
    with atomic():
        order.payment_method, order.payment_status = "mpesa", "paid"
    [row] = table(admin.get("/admin/reconciliation.csv"))
    assert (row["what"], row["order"], row["amount"]) == ("difference", order.number, "21.50")


@pytest.mark.usefixtures("csrf_off")
def test_a_statement_is_put_beside_our_receipts(cast, admin):
    for receipt, minor in (("QKA1", 10_000), ("QKA2", 20_000), ("QKA3", 30_000)):
        payment_of(place(cast).order, receipt=receipt, amount_minor=minor)
    text = "Receipt No.,Paid In\nQKA1,100\nQKA2,150.00\nQKA9,7\n"
    page = admin.post("/admin/reconciliation", data={"text": text})
    assert page.status_code == 200
    assert "1 receipt agrees." in page.text
    for line in ("We do not know it", "Not on the statement", "Another amount"):
        assert page.text.count(f"<td>{line}</td>") == 1
    file = (io.BytesIO(b"Receipt No.,Paid In\nQKA1,100\nQKA2,200\nQKA3,300\n"), "statement.csv")
    page = admin.post("/admin/reconciliation", data={"file": file}, content_type="multipart/form-data")
    assert "Both sides know the same 3 receipts." in page.text


@pytest.mark.usefixtures("csrf_off")
def test_what_is_no_statement_is_said_beside_the_form(admin):
    page = admin.post("/admin/reconciliation", data={"text": "hello"})
    assert page.status_code == 422
    assert "There is no line with the columns" in page.text
