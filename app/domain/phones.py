"""Phone numbers: stored as E.164 (`+254712345678`), and shown in lists and logs with the middle hidden."""

import phonenumbers

from app.errors import Invalid

_SHOWN_AT_THE_END = 3


def parse(text: str, region: str) -> str:
    """The number that somebody in `region` (ISO 3166, `KE`) means by `text`, as E.164. Refuses with Invalid."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise Invalid("That is no phone number.", errors={"phone": ["That is no phone number."]}) from error
    if not phonenumbers.is_valid_number(number):
        raise Invalid("There is no such phone number.", errors={"phone": ["There is no such phone number."]})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def masked(phone: str) -> str:
    """`phone` (E.164) with its country and its last digits: `+254•••••678`."""
    hidden = max(len(phone) - 4 - _SHOWN_AT_THE_END, 0)
    return (
        f"{phone[: -hidden - _SHOWN_AT_THE_END]}{'•' * min(hidden, 5)}{phone[-_SHOWN_AT_THE_END:]}" if hidden else phone
    )
