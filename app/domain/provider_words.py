"""What a provider said, as a person may see it: laid out, and with phones that can be told apart and not be dialled.

And in plain words, by what it was asked and what came of it.
"""

import re
from collections.abc import Mapping

import orjson

from app.language import N_
from app.language import gettext as _
from app.models import ProviderMessage

_HEARD: Mapping[str, str] = {
    "push": N_("M-Pesa answered"),
    "query": N_("M-Pesa was asked how it went"),
    "callback": N_("M-Pesa called back"),
}
# The outcomes of payment_push.py and of the tables in payment_messages.py and payment_outcomes.py.
_MEANT: Mapping[str | None, str] = {
    None: N_("Nobody has looked at it yet."),
    "prompted": N_("It puts the prompt onto the phone."),
    "refused": N_("It did not ask the phone."),
    "unanswered": N_("It gave no answer."),
    "pending": N_("It goes on; there is no end yet."),
    "settled": N_("It is paid."),
    "says_paid": N_("It is paid; the receipt is yet to come."),
    "rejected": N_("It is not paid."),
    "confirms_paid": N_("The prompt that the callback named was paid."),
    "confirms_no": N_("The prompt that the callback named was not paid."),
    "repeated": N_("It said so before."),
    "contradicts": N_("It contradicts what was said before."),
    "wrong_amount": N_("Another amount came than was asked for."),
    "wrong_phone": N_("The money came from another phone than the one that was asked."),
    "no_receipt": N_("It is paid, it says, and names no receipt."),
    "order_gone": N_("It is paid, after the order was given up."),
    "paid_twice": N_("It is paid a second time."),
    "malformed": N_("It cannot be read."),
    "unmatched": N_("It is about no payment of ours."),
    "unverified": N_("Nobody knows yet whether it is true; M-Pesa is asked."),
    "unconfirmed": N_("M-Pesa did not confirm it when asked, and it is not believed."),
    "forged": N_("It names another payment than it came for, and is not believed."),
}

# Ten to thirteen digits are a phone; fourteen are a moment.
_PHONE = re.compile(r"(?<!\d)(\d{4})\d{3,6}(\d{3})(?!\d)")


def heard(message: ProviderMessage) -> str:
    """On what occasion the provider said it."""
    return _(_HEARD.get(message.kind, message.kind))


def meant(message: ProviderMessage) -> str:
    """What came of it, in a sentence."""
    return _(_MEANT.get(message.outcome) or str(message.outcome).replace("_", " "))


def masked(body: str) -> str:
    """`body` in lines where it is JSON, as it came where it is not; phones as `2547•••••678`."""
    return _PHONE.sub(r"\1•••••\2", _laid_out(body))


def _laid_out(body: str) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body
