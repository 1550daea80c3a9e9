"""A driver, as far as an admin may act on one: off duty."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from app.contract.identity import Role
from app.domain import offers
from app.models import Person
from app.views import loading
from app.views.refusals import flashed

from . import BIGGEST_ID, bp


@bp.post(f"/drivers/<int(max={BIGGEST_ID}):driver_id>/off-duty")
def driver_off_duty(driver_id: int) -> ResponseReturnValue:
    driver = loading.one(select(Person).where(Person.id == driver_id, Person.role == Role.DRIVER))
    with flashed():
        offers.go_off_duty(driver, by=loading.person())
    return redirect(url_for("admin.dispatch"), 303)
