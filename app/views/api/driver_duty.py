"""A driver's duty: on, offers come; off, they do not."""

from flask import Response

from app.contract.identity import Role
from app.domain import drivers, offers
from app.views import loading

from . import requests, ticket_documents
from .answers import Document, once
from .blueprint import bp


@bp.post("/driver/duty", tags=["driver"])
@bp.takes(requests.NewDuty, example={"on": True})
@bp.answers(200, ticket_documents.ChangedDuty, "Your duty as it is now", refuses=(401, 403))
def driver_duty(wanted: dict[str, bool]) -> Response:
    """Go on or off duty

    Off duty, an offer that is open is declined first; with a delivery under way it is refused (409).
    """
    driver = loading.person(Role.DRIVER)

    def act() -> Document:
        changed = drivers.go_on_duty(driver) if wanted["on"] else offers.go_off_duty(driver, by=driver)
        return {**drivers.duty(drivers.of(driver)), "changed": changed}

    return once(driver, act)
