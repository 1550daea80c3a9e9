"""Money as people and programs read it."""

import pytest

from app.domain.money import decimal_string, spoken


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (1250, "EUR", "€12.50"),
        (1250, "JPY", "¥1,250"),
        (123456, "KES", "KES\N{NO-BREAK SPACE}1,234.56"),
        (0, "USD", "$0.00"),
    ],
)
def test_it_is_spoken(minor, currency, words):
    assert spoken(minor, currency) == words


def test_a_sign_behind_letters_stays_behind_them_from_right_to_left():
    assert spoken(1250, "JPY", "ar").endswith("JP¥\N{LEFT-TO-RIGHT MARK}")
    assert spoken(1250, "EUR", "ar").endswith("€")


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(1250, "EUR", "12.50"), (1250, "JPY", "1250"), (5, "KES", "0.05")]
)
def test_it_is_a_decimal_number_for_programs(minor, currency, text):
    assert decimal_string(minor, currency) == text
