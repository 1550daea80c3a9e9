"""Phone numbers as people write them, in E.164, and masked."""

import pytest

from app.domain import phones
from app.errors import Invalid


@pytest.mark.parametrize("text", ["0712345678", "0712 345 678", "+254 712-345-678", "+254712345678", "712345678"])
def test_it_reads_a_number_however_it_is_written(text):
    assert phones.parse(text, phones.region_of("KES")) == "+254712345678"


@pytest.mark.parametrize("text", ["", "12", "0912", "+254 12", "my number", "0712345678901234", "+999123456789"])
def test_it_refuses_what_cannot_be_dialled(text):
    with pytest.raises(Invalid) as refusal:
        phones.parse(text, "KE")
    assert "phone" in refusal.value.members["errors"]


def test_without_a_country_a_number_needs_its_code():
    assert phones.region_of("EUR") is None
    assert phones.parse("+351910000001", None) == "+351910000001"
    with pytest.raises(Invalid):
        phones.parse("910000001", None)


@pytest.mark.parametrize(("phone", "shown"), [("+254712345678", "+254•••••678"), ("1234", "•••••")])
def test_it_masks_what_could_be_dialled(phone, shown):
    assert phones.masked(phone) == shown
