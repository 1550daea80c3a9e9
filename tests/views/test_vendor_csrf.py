"""A form from elsewhere does nothing on the board."""

from app.extensions import db
from tests.factories import place


def test_a_form_without_its_token_is_refused(cast, as_person):
    order = place(cast).order
    form = {"expected_version": 1, "prep_minutes": 10}
    assert as_person(cast.vendor).post(f"/vendor/orders/{order.number}/acceptance", data=form).status_code == 400
    db.session.refresh(order)
    assert order.status == "placed"
