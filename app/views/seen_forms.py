"""Forms that save everything at once: each says what it showed, and after a lost race what there is by now."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField, SelectField

from app.errors import LostRace
from app.language import gettext as _

from .refusals import Refusal

_NOT_SHOWN = ("seen", "csrf_token")


class SeenForm(FlaskForm):
    """`seen` is the mark (domain/marks.py) of the values that it was drawn with; without one nothing is compared."""

    seen = HiddenField(filters=[lambda mark: mark or None])

    def compare(self, refusal: Refusal, fresh: "SeenForm") -> None:
        """Where a race was lost: say beside each field what it is by now, in `fresh`. Saving again is then meant."""
        if not isinstance(refusal.error, LostRace):
            return
        self.seen.data = fresh.seen.data
        for field in fresh:
            posted = self[field.name]
            if field.name not in _NOT_SHOWN and (field.data or None) != (posted.data or None):
                posted.errors = [*posted.errors, _spoken(field)]


def _spoken(field: Field) -> str:
    if isinstance(field, BooleanField):
        return _("It is on now.") if field.data else _("It is off now.")
    if isinstance(field, SelectField):
        words = next((label for value, label, *_rest in field.iter_choices() if value == field.data), "")
    else:
        words = field._value()  # type: ignore[attr-defined]
    return _("It is “%(words)s” now.", words=words) if words else _("It is empty now.")
