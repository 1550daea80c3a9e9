"""Money is a whole number of minor units beside an ISO 4217 code; this is how it is spelt for people and programs."""

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision

from app import language

_SIGN_AFTER_LETTER = re.compile(r"(?<=[A-Za-z])[$£¥](?!\d)")
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")


def decimal_string(minor: int, currency: str) -> str:
    """`minor` units as a plain decimal number with the currency's own digits: 1250 EUR is `12.50`, 1250 JPY `1250`."""
    digits = get_currency_precision(currency)
    return str(Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits)))


def spoken(minor: int, currency: str, locale: str | None = None) -> str:
    """`minor` units as people read them; in English 1250 EUR is `€12.50`, 9000 KES `KES 90.00`."""
    return _spoken(minor, currency, locale or language.current())


@lru_cache(maxsize=4096)
def _spoken(minor: int, currency: str, locale: str) -> str:
    """Remembered: lists say the same sums over and over, and each costs Babel as much as a row of a table."""
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    words = format_currency(amount, currency, locale=locale)
    # Unicode's rule for a currency that is spelt in letters, which Babel leaves out and browsers follow.
    words = _LETTER_BEFORE_DIGIT.sub("\N{NO-BREAK SPACE}", words)
    # From right to left the sign of "JP¥" would go before its letters.
    return _SIGN_AFTER_LETTER.sub("\\g<0>\N{LEFT-TO-RIGHT MARK}", words)


def minor_units(amount: Decimal | str, currency: str) -> int | None:
    """What `decimal_string` spells, back in minor units; None where it is no amount that the currency can pay."""
    try:
        minor = Decimal(amount).scaleb(get_currency_precision(currency))
    except InvalidOperation:
        return None
    # Beyond that no column holds it.
    is_payable = minor.is_finite() and abs(minor) < 10**15 and minor == minor.to_integral_value()
    return int(minor) if is_payable else None
