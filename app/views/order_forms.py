"""Forms that act on an order, or its delivery, as it was on the screen: each carries the version that the person saw.

Used by the vendor's board and the admin's pages. What a form refuses is an Invalid that names the fields, said
above the page that comes next, or to our own scripts as problem JSON.
"""

from itertools import chain
from typing import Self

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, StopValidation
from wtforms.validators import Optional as MayBeEmpty
from wtforms.widgets import HiddenInput

from app.domain.edges import How
from app.domain.order_states import LABELS
from app.errors import Invalid
from app.language import lazy_gettext as _l
from app.models.order import LONGEST_NOTE, MOST_PREP_MINUTES
from app.models.policy import LONGEST_CODE

# What the column holds; neither database compares with more.
_BIGGEST_VERSION = 2**31 - 1


def _stripped(text: str | None) -> str | None:
    return (text or "").strip() or None


class CheckedForm(FlaskForm):
    """A form whose faults are an Invalid."""

    def checked(self) -> Self:
        """This form, when all of it is right; Invalid says what is not."""
        if not self.validate():
            errors = {name or "form": [str(message) for message in told] for name, told in self.errors.items()}
            raise Invalid(" ".join(chain.from_iterable(errors.values())), errors=errors)
        return self


class OrderForm(CheckedForm):
    """The version that was on the screen, and nothing else: a button."""

    expected_version = IntegerField(
        widget=HiddenInput(), validators=[InputRequired(), NumberRange(1, _BIGGEST_VERSION)]
    )

    @property
    def how(self) -> How:
        """What every verb of an order may be told besides."""
        how: How = {"expected_version": self.expected_version.data}
        note: Field | None = self._fields.get("note")
        if note is not None:
            how["note"] = note.data
        return how


def _unless_kept(form: FlaskForm, field: Field) -> None:
    """Not looked at where it keeps its place."""
    if form["keep"].data:
        field.data, field.errors = None, []
        raise StopValidation


class AcceptanceForm(OrderForm):
    """In how many minutes it will be ready, or (`keep`) when its guest wished for it, or a full kitchen promised it."""

    keep = BooleanField()
    prep_minutes = IntegerField(
        _l("Minutes"),
        [_unless_kept, InputRequired(_l("In how many minutes?")), NumberRange(min=1, max=MOST_PREP_MINUTES)],
    )


class CancellationForm(OrderForm):
    """Why the kitchen does not make it: whether it must say so, and which reasons there are, are rules of its own."""

    reason_code = StringField(_l("Reason"), [MayBeEmpty(), Length(max=LONGEST_CODE)], filters=[_stripped])
    note = StringField(_l("Note"), [MayBeEmpty(), Length(max=LONGEST_NOTE)], filters=[_stripped])


class RecallForm(OrderForm):
    """Why it goes back into the kitchen, where its rules ask for it."""

    reason_code = StringField(_l("Reason"), [MayBeEmpty(), Length(max=LONGEST_CODE)], filters=[_stripped])


class StepForm(OrderForm):
    """Why, where a step asks for it, and what is to be remembered of it."""

    reason_code = StringField(_l("Reason"), [MayBeEmpty(), Length(max=LONGEST_CODE)], filters=[_stripped])
    note = TextAreaField(_l("Note"), [MayBeEmpty(), Length(max=LONGEST_NOTE)], filters=[_stripped])


class TransitionForm(StepForm):
    """Any step an admin may take, with what it may need."""

    to = SelectField(widget=HiddenInput(), validators=[InputRequired()], choices=LABELS)
    prep_minutes = IntegerField(_l("Ready in (minutes)"), [MayBeEmpty(), NumberRange(min=1, max=MOST_PREP_MINUTES)])
