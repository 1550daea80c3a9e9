"""M-Pesa's own statement, as the portal gives it, beside our receipts; and M-Pesa's words, as people see them."""

import pytest

from app.domain import provider_words, statement
from app.errors import Invalid
from app.models import Payment

PORTAL = """\ufeffShort Code:,174379,,
Account Holder:,"Mama Wanjiru, Ltd",,
Receipt No.,Completion Time,Details,Paid In,Withdrawn,Balance
QKA1,2026-11-29 10:00:00,Pay Bill from 2547******678,"1,250.00",,1250.00
qka2 ,2026-11-29 10:05:00,Pay Bill,20.5,,1270.50
QKA3,2026-11-29 10:06:00,Withdrawal,,-500.00,770.50
QKA4,2026-11-29 10:07:00,Reversal,-20.00,,750.50

short,row
"""


def test_it_reads_the_money_that_came_in_by_receipt():
    assert statement.read(PORTAL) == {"QKA1": 125_000, "QKA2": 2_050}


@pytest.mark.parametrize(
    "text",
    [
        *("", "a,b\n1,2", "Receipt No.,Paid In\nQKA1,many", "Receipt No.,Paid In\nQKA1,1e999999"),
        pytest.param(f'Receipt No.,Paid In\n"QKA1{"x" * 131_072}', id="a quote that is never closed"),
    ],
)
def test_what_is_no_statement_is_refused(text):
    with pytest.raises(Invalid):
        statement.read(text)


def test_too_many_rows_are_refused(monkeypatch):
    monkeypatch.setattr(statement, "MOST_ROWS", 1)
    with pytest.raises(Invalid):
        statement.read(PORTAL)


def paid(receipt: str | None, minor: int) -> Payment:
    return Payment(receipt=receipt, amount_minor=minor, currency="KES")


def test_both_sides_are_compared():
    ours = [paid("A", 100), paid("B", 200), paid("C", 300), paid(None, 5)]
    of_another_day = {"D": paid("D", 400)}
    found = statement.compare({"A": 100, "B": 250, "D": 400, "E": 500}, ours, of_another_day)
    assert found.agreed == 2
    assert found.not_ours == {"E": 500}
    assert [payment.receipt for payment in found.not_theirs] == ["C"]
    assert [(payment.receipt, minor) for payment, minor in found.other_amount] == [("B", 250)]
    assert not found.is_even
    assert statement.compare({"A": 100}, ours[:1], {}).is_even


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ('{"PhoneNumber":254712345678}', "2547•••••678"),
        ("Phone +254712345678 called", "Phone +2547•••••678 called"),
        ('{"TransactionDate":20191219102115}', "20191219102115"),
        ("not { json", "not { json"),
    ],
)
def test_a_providers_words_show_no_phone(body, seen):
    assert seen in provider_words.masked(body)
    assert "254712345678" not in provider_words.masked(body)
