"""A payment as JSON: what the API answers and what its event carries. The phone is masked wherever it appears."""

from typing import Any

from app.contract.times import iso, iso_or_none
from app.language import N_
from app.language import gettext as _
from app.models import Payment

from .phones import masked

# What the codes of M-Pesa mean for the guest. What is not here is said in M-Pesa's own words.
_REASONS = {
    "1": N_("There is not enough money in the M-Pesa account."),
    "1001": N_("The phone is busy with another M-Pesa payment. Finish that one, then try again."),
    "1019": N_("The prompt was not answered in time."),
    "1025": N_("The prompt could not be sent to the phone."),
    "1032": N_("The prompt was cancelled on the phone."),
    "1037": N_("The phone could not be reached, or nobody answered the prompt."),
    "2001": N_("The PIN was wrong."),
    "9999": N_("The prompt could not be sent to the phone."),
    "500.001.1001": N_("The phone is busy with another M-Pesa payment. Finish that one, then try again."),
    "no_token": N_("M-Pesa is not reachable just now."),
    "unreachable": N_("M-Pesa is not reachable just now."),
}


def glance(payment: Payment) -> dict[str, Any]:
    """What its event tells: no name and no phone. Amounts in minor units."""
    return {
        "id": payment.id,
        "amount": payment.amount_minor,
        "currency": payment.currency,
        "method": payment.method,
        "status": payment.status,
        "order_number": payment.order.number if payment.order else None,
        "receipt": payment.receipt,
    }


def whole(payment: Payment) -> dict[str, Any]:
    """The payment for whoever made it, or an admin."""
    return {
        **glance(payment),
        "transaction_id": payment.transaction_id,
        "wifi_package_id": payment.wifi_package_id,
        "phone": masked(payment.phone) if payment.phone else None,
        "checkout_request_id": payment.checkout_request_id,
        "reason": reason(payment),
        "created_at": iso(payment.created_at),
        "prompted_at": iso_or_none(payment.prompted_at),
        "settled_at": iso_or_none(payment.settled_at),
    }


def started(payment: Payment) -> dict[str, Any]:
    """The answer to whoever began it, once the phone shows the prompt."""
    return {
        "success": True,
        "transaction_id": payment.transaction_id,
        "payment_id": payment.id,
        "data": {"CheckoutRequestID": payment.checkout_request_id, "payment_id": payment.id},
    }


def reason(payment: Payment) -> str | None:
    """Why it brought no money, in a sentence; None where it did, or nobody knows."""
    if payment.status != "rejected":
        return None
    if payment.result_code == "0":
        # The money came, and a person decided that it buys nothing.
        return _("The staff looked at it and decided: ask them.")
    known = _REASONS.get(payment.result_code or "")
    return _(known) if known else _("M-Pesa says: %(words)s", words=payment.result_text or _("no reason"))
