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
from app.language import N_
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models.policy import LONGEST_CODE, LONGEST_REASON
from app.models.restaurant import DEADLINE_BOUNDS

ROLES = {
    "customer": N_("The order's customer"),
    "vendor": N_("The restaurant's staff"),
    "driver": N_("The driver who has it"),
    "admin": N_("Admins"),
    "system": N_("Passline itself"),
}
_MOST_REASONS = 100


class Decision(FlaskForm):
    """Something to be decided. `reset`: back to what holds where nothing is decided."""

    reset = SubmitField(_l("Reset"))

    def check(self) -> None:
        """Refuse what is not right (Invalid); a reset needs nothing else."""
        if not self.reset.data and not self.validate():
            raise Invalid(_("Something is not right yet."), errors={})


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

    roles = _Roles(_l("May take it"))
    reason = _Roles(_l("Must give a reason"))

    @classmethod
    def of(cls, line: Edge, edge: Edge) -> Self:
        """The form for this line of the table, with the edge as it holds."""
        form = cls(roles=sorted(edge.roles), reason=sorted(edge.reason))
        form.roles.choices = [(role, _(words)) for role, words in ROLES.items() if role in line.possible]
        form.reason.choices = [(role, _(words)) for role, words in ROLES.items() if role in line.asks]
        return form


def _minutes(name: str, label: Any) -> IntegerField:
    least, most = DEADLINE_BOUNDS[name]
    return IntegerField(label, [InputRequired(_l("How many minutes?")), NumberRange(least, most)])


class DeadlinesForm(Decision):
    """Minutes; and whether those of open orders move as well."""

    acceptance_minutes = _minutes("acceptance_minutes", _l("To accept an order"))
    preparation_alert_minutes = _minutes("preparation_alert_minutes", _l("Shout about what is not ready"))
    abandonment_minutes = _minutes("abandonment_minutes", _l("To pay an order"))
    open_orders = BooleanField(_l("Also for open orders"))

    @property
    def minutes(self) -> Mapping[str, int]:
        """The deadlines by the names of their columns."""
        return {name: self[name].data for name in DEADLINE_BOUNDS}


class ReasonForm(Form):
    """A line of the list."""

    code = HiddenField(validators=[Length(max=LONGEST_CODE)])
    position = IntegerField(_l("Place"), [InputRequired(_l("Which place?")), NumberRange(1, _MOST_REASONS)])
    words = StringField(_l("Words"), [InputRequired(_l("A reason needs words.")), Length(max=LONGEST_REASON)])
    is_active = BooleanField(_l("Offered"))


class ReasonsForm(Decision):
    """The list; and words for one more."""

    reasons = FieldList(FormField(ReasonForm), max_entries=_MOST_REASONS)
    new = StringField(_l("One more reason"), [Length(max=LONGEST_REASON)])

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
