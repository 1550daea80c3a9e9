"""The forms by which an admin decides about transitions: an edge, the deadlines, the reasons; and the second yes."""

from collections.abc import Mapping
from typing import Any, Self

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectMultipleField,
    StringField,
    SubmitField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.domain.edges import Edge
from app.domain.policies import Rules
from app.domain.policy_changes import ReasonLine
from app.errors import Invalid
from app.models.policy import LONGEST_CODE, LONGEST_REASON
from app.models.restaurant import DEADLINE_BOUNDS

ROLES = {
    "customer": "The order's customer",
    "vendor": "The restaurant's staff",
    "driver": "The driver who has it",
    "admin": "Admins",
    "system": "Passline itself",
}
_MOST_REASONS = 100


class Decision(FlaskForm):
    """Something to be decided. `reset`: back to what holds where nothing is decided."""

    reset = SubmitField("Reset")

    def check(self) -> None:
        """Refuse what is not right (Invalid); a reset needs nothing else."""
        if not self.reset.data and not self.validate():
            raise Invalid("Something is not right yet.", errors={})


class Confirmed(FlaskForm):
    """The second yes, with the version of the rules that the dry run was made with."""

    class Meta:
        csrf = False

    version = IntegerField(validators=[Optional()])


class _Roles(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class EdgeForm(Decision):
    """Who may walk an edge, and who of them must say why."""

    roles = _Roles("May take it")
    reason = _Roles("Must give a reason")

    @classmethod
    def of(cls, line: Edge, edge: Edge) -> Self:
        """The form for this line of the table, with the edge as it holds."""
        form = cls(roles=sorted(edge.roles), reason=sorted(edge.reason))
        form.roles.choices = [(role, words) for role, words in ROLES.items() if role in line.possible]
        form.reason.choices = [(role, words) for role, words in ROLES.items() if role in line.asks]
        return form


def _minutes(name: str, label: str) -> IntegerField:
    least, most = DEADLINE_BOUNDS[name]
    return IntegerField(label, [InputRequired("How many minutes?"), NumberRange(least, most)])


class DeadlinesForm(Decision):
    """Minutes; and whether those of open orders move as well."""

    acceptance_minutes = _minutes("acceptance_minutes", "To accept an order")
    preparation_alert_minutes = _minutes("preparation_alert_minutes", "Shout about what is not ready")
    abandonment_minutes = _minutes("abandonment_minutes", "To pay an order")
    open_orders = BooleanField("Also for open orders")

    @property
    def minutes(self) -> Mapping[str, int]:
        """The deadlines by the names of their columns."""
        return {name: self[name].data for name in DEADLINE_BOUNDS}


class ReasonForm(Form):
    """A line of the list."""

    code = HiddenField(validators=[Length(max=LONGEST_CODE)])
    position = IntegerField("Place", [InputRequired("Which place?"), NumberRange(1, _MOST_REASONS)])
    words = StringField("Words", [InputRequired("A reason needs words."), Length(max=LONGEST_REASON)])
    is_active = BooleanField("Offered")


class ReasonsForm(Decision):
    """The list; and words for one more."""

    reasons = FieldList(FormField(ReasonForm), max_entries=_MOST_REASONS)
    new = StringField("One more reason", [Length(max=LONGEST_REASON)])

    @classmethod
    def of(cls, rules: Rules) -> Self:
        """The form for the reasons as they stand."""
        return cls(None, reasons=[_line(rules, code) for code in rules.reasons])

    @property
    def wanted(self) -> list[ReasonLine]:
        """The lines as they were filled in."""
        lines = [
            ReasonLine(line.code.data or "", line.words.data or "", line.position.data or 1, line.is_active.data)
            for line in (entry.form for entry in self.reasons)
        ]
        added = (self.new.data or "").strip()
        return [*lines, ReasonLine("", added, len(lines) + 1)] if added else lines

    def inherited(self, rules: Rules, inherited: Rules) -> list[ReasonLine]:
        """Back to what is inherited; what is known here alone is not offered any more."""
        lines = [
            ReasonLine(code, reason.label, place, reason.is_active)
            for place, (code, reason) in enumerate(inherited.reasons.items(), 1)
        ]
        own = [code for code in rules.reasons if code not in inherited.reasons]
        return [*lines, *(ReasonLine(code, rules.reasons[code].label, _MOST_REASONS, is_active=False) for code in own)]


def _line(rules: Rules, code: str) -> dict[str, Any]:
    reason, place = rules.reasons[code], list(rules.reasons).index(code) + 1
    return {"code": code, "position": place, "words": reason.label, "is_active": reason.is_active}
