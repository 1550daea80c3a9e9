"""The form by which a restaurant is set to normal, busy or paused: on the vendor's board and on the admin's page."""

from datetime import datetime, timedelta

from wtforms import RadioField, SelectField, StringField
from wtforms.validators import Length

from app.domain import busy
from app.language import N_, choices, ngettext
from app.language import lazy_gettext as _l
from app.models import Person, Restaurant
from app.models.restaurant import LONGEST_MODE_REASON

from .order_forms import CheckedForm

MODES = {"normal": N_("Normal"), "busy": N_("Busy"), "paused": N_("Paused")}
_LASTING = {
    "15": N_("15 minutes"),
    "30": N_("30 minutes"),
    "60": N_("1 hour"),
    "120": N_("2 hours"),
    "day": N_("Rest of the day"),
    "open": N_("Until somebody ends it"),
}


def _longer() -> dict[str, str]:
    minutes = (10, 15, 20, 30, 45, 60, 90)
    return {str(n): ngettext("%(num)s minute longer", "%(num)s minutes longer", n) for n in minutes}


class ModeForm(CheckedForm):
    """How orders are taken, by how much longer, for how long, and why."""

    mode = RadioField(_l("Mode"), choices=choices(MODES))
    minutes = SelectField(_l("When busy, everything takes"), choices=_longer, default="20")
    lasting = SelectField(_l("For"), choices=choices(_LASTING), default="30")
    reason = StringField(_l("Reason, told to guests"), [Length(max=LONGEST_MODE_REASON)])

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
