"""The form by which a kitchen says how much it can cook: on the vendor's settings and on the admin's page."""

from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange, Optional

from app.domain import capacity
from app.language import lazy_gettext as _l
from app.models import Person, Restaurant
from app.models.restaurant import MOST_WORK_MINUTES

from .seen_forms import SeenForm


class CapacityForm(SeenForm):
    """The limit, empty for none, and what a dish usually takes of it."""

    capacity_minutes = IntegerField(
        _l("Minutes of work in a quarter of an hour"), [Optional(), NumberRange(1, MOST_WORK_MINUTES)]
    )
    work_minutes = IntegerField(
        _l("A dish usually takes (minutes of work)"), [InputRequired(), NumberRange(0, MOST_WORK_MINUTES)]
    )

    def carry_out(self, restaurant: Restaurant, *, by: Person) -> bool:
        """Set what was asked for; whether anything changed."""
        limit, usual = self.capacity_minutes.data, self.work_minutes.data or 0
        return capacity.change(restaurant, limit, usual, by=by, seen=self.seen.data)


def shown(restaurant: Restaurant) -> CapacityForm:
    """The form, filled in with what holds."""
    form = CapacityForm(formdata=None)
    form.capacity_minutes.data, form.work_minutes.data = restaurant.capacity_minutes, restaurant.work_minutes
    form.seen.data = capacity.mark(restaurant)
    return form
