"""Where a driver is. No Idempotency-Key: a fix says again what an earlier one said, and nothing is done twice."""

from datetime import datetime
from typing import NotRequired, TypedDict

from flask import Response
from flask_login import current_user

from app.contract.identity import Role
from app.domain import fixes
from app.extensions import limiter
from app.views import loading

from . import requests, ticket_documents
from .answers import answer
from .blueprint import bp

# Three a second over the whole: a phone that moves says one, and one that comes back from a dead zone hands over what
# it kept, a hundred at once.
_AT_MOST = "120 per 40 seconds"
_of_driver = limiter.limit(_AT_MOST, key_func=lambda: str(current_user.id))


class Fix(TypedDict):
    """A body as `requests.NewFix` loads it."""

    latitude: float
    longitude: float
    accuracy: NotRequired[float]
    recorded_at: NotRequired[datetime]


@bp.post("/driver/location", tags=["driver"])
@_of_driver
@bp.takes(requests.NewFix, once=False, example={"latitude": 38.7139, "longitude": -9.1334, "accuracy": 8})
@bp.answers(202, ticket_documents.TakenFix, "It was taken", refuses=(401, 403, 409, 429))
def driver_location(fix: Fix) -> Response:
    """Say where you are

    While you are on duty or have a delivery, each 10 m or 30 s; what could not be sent is good for 15 minutes, with
    its `recorded_at`. A fix that cannot be is a 422 that says why. At most 120 in 40 seconds; then wait for as long as
    Retry-After says, and go on.
    """
    is_newest = fixes.record(loading.person(Role.DRIVER), **fix)
    return answer({"newest": is_newest}, 202)
