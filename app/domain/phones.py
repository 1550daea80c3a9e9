"""Phone numbers: read as people write them, kept in E.164, and masked wherever somebody else may read them."""

import phonenumbers

from app.errors import Invalid
from app.language import gettext as _

# In which country a number without its code is meant, by the currency that is paid there.
_REGIONS = {"KES": "KE"}
_DOTS = "•" * 5


def parse(text: str, region: str | None) -> str:
    """`text` in E.164 (`+254712345678`); without a country's code it is one of `region`'s (ISO 3166, `KE`).

    Refuses what is no number that can be dialled with Invalid.
    """
    number = known(text, region)
    if number is None:
        raise _not_one(region)
    return number


def known(text: str, region: str | None) -> str | None:
    """The same, and None for what is none: one number however it is spelt, with an extension or in other digits."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def region_of(currency: str) -> str | None:
    """The country whose numbers are meant where `currency` is paid; None: numbers need their country's code."""
    return _REGIONS.get(currency)


def masked(phone: str) -> str:
    """A number of E.164 that can be told from others and not be dialled: `+254•••••678`."""
    return f"{phone[:4]}{_DOTS}{phone[-3:]}" if len(phone) > 7 else _DOTS


def _not_one(region: str | None) -> Invalid:
    wrong = (
        _("This is not a phone number: write it like 0712 345 678.")
        if region
        else _("This is not a phone number: write it like +351 912 345 678, with the country's code.")
    )
    return Invalid(wrong, errors={"phone": [wrong]})
