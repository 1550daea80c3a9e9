"""The form by which a restaurant is set to normal, busy or paused: on the vendor's board and on the admin's page."""

from datetime import datetime, timedelta

from wtforms import RadioField, SelectField, StringField
from wtforms.validators import Length

from app.domain import busy
from app.models import Person, Restaurant
from app.models.restaurant import LONGEST_MODE_REASON

from .order_forms import CheckedForm

MODES = {"normal": "Normal", "busy": "Busy", "paused": "Paused"}
_LONGER = {str(minutes): f"{minutes} minutes longer" for minutes in (10, 15, 20, 30, 45, 60, 90)}
_LASTING = {
    "15": "15 minutes",
    "30": "30 minutes",
    "60": "1 hour",
    "120": "2 hours",
    "day": "Rest of the day",
    "open": "Until somebody ends it",
}


class ModeForm(CheckedForm):
    """How orders are taken, by how much longer, for how long, and why."""

    mode = RadioField("Mode", choices=MODES)
    minutes = SelectField("When busy, everything takes", choices=_LONGER, default="20")
    lasting = SelectField("For", choices=_LASTING, default="30")
    reason = StringField("Reason, told to guests", [Length(max=LONGEST_MODE_REASON)])

    def carry_out(self, restaurant: Restaurant, *, by: Person, at: datetime) -> bool:
        """Set the mode that was asked for; whether anything changed."""
        return busy.set_mode(
            restaurant,
            self.mode.data,
            minutes=int(self.minutes.data),
            reason=self.reason.data or "",
            until=self._until(restaurant, at),
            by=by,
        )

    def _until(self, restaurant: Restaurant, at: datetime) -> datetime | None:
        match self.lasting.data:
            case "open":
                return None
            case "day":
                return restaurant.next_day_starts(at)
        return at + timedelta(minutes=int(self.lasting.data))
