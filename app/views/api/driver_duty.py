"""A driver's duty: on, offers come; off, they do not."""

from flask import Response
from flask_login import current_user

from app.contract.identity import Role
from app.domain import drivers, offers
from app.extensions import limiter
from app.views import loading

from . import requests, ticket_documents
from .answers import Document, once
from .blueprint import bp

# Each change has the worker look at all that waits, and is told to every dispatcher.
_changes = limiter.limit("10 per minute", key_func=lambda: str(current_user.id))


@bp.post("/driver/duty", tags=["driver"])
@_changes
@bp.takes(requests.NewDuty, example={"on": True})
@bp.answers(200, ticket_documents.ChangedDuty, "Your duty as it is now", refuses=(401, 403, 429))
def driver_duty(wanted: dict[str, bool]) -> Response:
    """Go on or off duty

    Off duty, an offer that is open is declined first; with a delivery under way it is refused (409).
    """
    driver = loading.person(Role.DRIVER)

    def act() -> Document:
        changed = drivers.go_on_duty(driver) if wanted["on"] else offers.go_off_duty(driver, by=driver)
        return {**drivers.told(drivers.of(driver)), "changed": changed}

    return once(driver, act)
