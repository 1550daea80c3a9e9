"""Phone numbers: what somebody types, as it is stored, and as it may be shown."""

import pytest

from app.domain import phones
from app.errors import Invalid


@pytest.mark.parametrize("text", ["0712345678", "0712 345 678", "+254712345678", "254712345678", "+254 (0)712-345678"])
def test_it_is_read_however_it_is_written(text):
    assert phones.parse(text, "KE") == "+254712345678"


@pytest.mark.parametrize("text", ["", "hello", "071234567", "07123456789", "+1"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Invalid) as refused:
        phones.parse(text, "KE")
    assert "phone" in refused.value.members["errors"]


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("+254712345678", "+254•••••678"), ("+351910000001", "+351•••••001"), ("+3581234", "+358•234"), ("", "")],
)
def test_the_middle_of_it_is_hidden(phone, shown):
    assert phones.masked(phone) == shown
