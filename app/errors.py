"""What can be refused: one DomainError, whose children carry a code, an HTTP status and a sentence for people.

The docstring is the message where nothing better is said. Raised in domain/ (and by views for what they load),
translated once for HTTP in views/problems.py. `members` are the extra fields of the problem JSON (RFC 9457).
"""

from typing import Any


class DomainError(Exception):
    """The request cannot be carried out."""

    code = "refused"
    status = 400

    def __init__(self, detail: str | None = None, **members: Any) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip()
        self.members = members
        super().__init__(self.detail)


class NotFound(DomainError):
    """There is nothing here, or nothing that you may see."""

    code = "not_found"
    status = 404


class NotAuthenticated(DomainError):
    """Log in first."""

    code = "not_authenticated"
    status = 401


class WrongCredentials(DomainError):
    """E-mail or password is wrong."""

    code = "wrong_credentials"
    status = 401


class WrongCode(WrongCredentials):
    """This code is wrong, was used before, or has run out."""

    code = "wrong_code"


class SecondFactorRequired(DomainError):
    """This account has a second factor: log in on the log-in page first, or send its code as `otp`."""

    code = "second_factor_required"
    status = 401


class SecondFactorMissing(DomainError):
    """This account must have a second factor: log in on the log-in page, which sets one up."""

    code = "second_factor_missing"
    status = 403


class LinkUnknown(DomainError):
    """This link has run out, was used, or a newer one was sent."""

    code = "link_unknown"
    status = 404


class Forbidden(DomainError):
    """Your role may not do this."""

    code = "forbidden"
    status = 403


class Invalid(DomainError):
    """Something in the request is not right; `errors` names each field."""

    code = "invalid"
    status = 422


class Conflict(DomainError):
    """This cannot be done to the order as it is now."""

    code = "conflict"
    status = 409


class EdgeForbidden(Conflict):
    """An order in this state cannot go there."""

    code = "transition_not_allowed"


class LostRace(Conflict):
    """Somebody else was faster; look at what the order is now."""

    code = "changed_meanwhile"


class TooMany(DomainError):
    """That was asked for too often; wait a while."""

    code = "too_many"
    status = 429


class OfferLapsed(LostRace):
    """The offer ran out before it was answered."""

    code = "offer_lapsed"


class RestaurantClosed(Conflict):
    """The restaurant takes no orders for that time."""

    code = "restaurant_closed"


class KitchenFull(Conflict):
    """The kitchen has as much to cook as it can."""

    # Its `next_time` is when there is room again.
    code = "kitchen_full"


class StillInFlight(Conflict):
    """The first request with this Idempotency-Key is still being worked on."""

    code = "idempotency_in_flight"


class KeyReused(Invalid):
    """This Idempotency-Key was used with another request."""

    code = "idempotency_key_reused"


class PaymentInProgress(Conflict):
    """A payment for this is under way; do not pay twice."""

    code = "payment_in_progress"


class NotOffered(Conflict):
    """M-Pesa prompts are not set up here."""

    code = "mpesa_not_offered"


class PaymentRefused(DomainError):
    """M-Pesa did not take the request, so nothing was charged. Try again."""

    code = "payment_refused"
    status = 502


class PaymentUnanswered(DomainError):
    """We have not heard from M-Pesa. If a prompt comes, answer it; do not pay a second time."""

    code = "payment_unanswered"
    status = 504
