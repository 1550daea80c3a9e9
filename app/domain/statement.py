"""M-Pesa's own statement of a day, read from the CSV that its portal gives, and compared with our receipts.

The portal puts lines about the account above the table, thousands are parted by commas, and rows that take money out
have nothing (or less than nothing) under "Paid In".
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.errors import Invalid
from app.language import gettext as _
from app.models import Payment

_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,2})?")
_RECEIPT, _PAID_IN = "receipt no", "paid in"
MOST_ROWS = 5000


@dataclass(frozen=True, slots=True)
class Comparison:
    """Receipts that only one side knows, and those of which the sides say different amounts (minor units)."""

    agreed: int
    not_ours: Mapping[str, int]
    not_theirs: Sequence[Payment]
    other_amount: Sequence[tuple[Payment, int]]

    @property
    def is_even(self) -> bool:
        """Whether both sides say the same."""
        return not (self.not_ours or self.not_theirs or self.other_amount)


def read(text: str) -> dict[str, int]:
    """The money that came in, in minor units (cents), by receipt. Refuses with Invalid what is no such statement."""
    rows = csv.reader(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines())
    try:
        return _read(rows)
    except csv.Error as error:
        raise _not_one(_("It is no table of plain text.")) from error


def compare(theirs: Mapping[str, int], ours: Sequence[Payment], elsewhere: Mapping[str, Payment]) -> Comparison:
    """`theirs` against the payments of that day; `elsewhere` are ours of other days that the statement names."""
    known = {str(payment.receipt): payment for payment in ours if payment.receipt}
    both = {receipt: payment for receipt, payment in {**elsewhere, **known}.items() if receipt in theirs}
    return Comparison(
        agreed=sum(theirs[receipt] == payment.money_minor for receipt, payment in both.items()),
        not_ours={receipt: minor for receipt, minor in theirs.items() if receipt not in both},
        not_theirs=[payment for receipt, payment in known.items() if receipt not in theirs],
        other_amount=[
            (payment, theirs[receipt]) for receipt, payment in both.items() if theirs[receipt] != payment.money_minor
        ],
    )


def _read(rows: Iterator[list[str]]) -> dict[str, int]:
    places = _columns(rows)
    found: dict[str, int] = {}
    for row in rows:
        receipt, minor = _line(row, *places)
        if receipt and minor > 0:
            found[receipt] = found.get(receipt, 0) + minor
        if len(found) > MOST_ROWS:
            raise _not_one(_("More than %(most)s payments: give the statement of one day.", most=f"{MOST_ROWS:,}"))
    return found


def _columns(rows: Iterator[list[str]]) -> tuple[int, int]:
    """Where the receipt and the amount stand; `rows` go on below the line that says so."""
    for row in rows:
        names = [cell.strip().lower().rstrip(".") for cell in row]
        if _RECEIPT in names and _PAID_IN in names:
            return names.index(_RECEIPT), names.index(_PAID_IN)
    raise _not_one(_('There is no line with the columns "Receipt No." and "Paid In".'))


def _line(row: Sequence[str], receipt_at: int, amount_at: int) -> tuple[str, int]:
    if len(row) <= max(receipt_at, amount_at):
        return "", 0
    amount = row[amount_at].replace(",", "").strip() or "0"
    if not _AMOUNT.fullmatch(amount):
        raise _not_one(_('"%(amount)s" is no amount.', amount=row[amount_at][:40]))
    return row[receipt_at].strip().upper(), int(Decimal(amount) * 100)


def _not_one(why: str) -> Invalid:
    return Invalid(_("This is not M-Pesa's statement. %(why)s", why=why), errors={"statement": [why]})
