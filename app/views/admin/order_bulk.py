"""One step for many orders of the list: first what would come of it, then, once it is confirmed, what came of it."""

from collections.abc import Callable, Mapping, Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app.contract.identity import Role
from app.domain import bulk, policies
from app.domain.order_states import EDGES, LABELS
from app.errors import Invalid
from app.extensions import db
from app.language import N_, choices
from app.language import lazy_gettext as _l
from app.models import Person
from app.models.order import LONGEST_NOTE
from app.models.policy import LONGEST_CODE
from app.views.loading import person
from app.views.refusals import flashed

from . import bp

# Where an admin can take an order at all; which edge that is, and whether it is open, each order says for itself.
TARGETS = {
    to: words for to, words in LABELS.items() if any(e.to == to and Role.ADMIN in e.possible for e in EDGES.values())
}


class BulkForm(FlaskForm):
    """Where to, why, and which orders: each `number:version` as it was on the screen."""

    to = SelectField(
        _l("Step"), [InputRequired(_l("Choose where they go."))], choices=choices({"": N_("Choose a step"), **TARGETS})
    )
    reason_code = StringField(_l("Reason"), [Optional(), Length(max=LONGEST_CODE)])
    note = StringField(_l("Note"), [Optional(), Length(max=LONGEST_NOTE)])

    def step(self) -> bulk.Step:
        """The step that is asked for; Invalid says what is not right."""
        if not self.validate():
            raise Invalid(" ".join(str(words) for told in self.errors.values() for words in told), errors=self.errors)
        return bulk.Step(str(self.to.data), self.reason_code.data or None, (self.note.data or "").strip() or None)


def reasons() -> dict[str, str]:
    """The reasons that every restaurant knows."""
    return policies.read(db.session(), None).offered


@bp.post("/orders/bulk/preview")
def order_bulk_preview() -> ResponseReturnValue:
    return _answer(bulk.preview)


@bp.post("/orders/bulk")
def order_bulk() -> ResponseReturnValue:
    return _answer(bulk.take)


def _answer(verb: Callable[[Mapping[str, int], bulk.Step, Person], Sequence[bulk.Line]]) -> ResponseReturnValue:
    page = None
    with flashed():
        form = BulkForm()
        lines = verb(_seen(), form.step(), person())
        counts, is_done = bulk.counted(lines), verb is bulk.take
        page = render_template("admin/bulk.html", form=form, lines=lines, counts=counts, is_done=is_done)
    return page or redirect(url_for("admin.orders"), 303)


def _seen() -> Mapping[str, int]:
    """The orders that were chosen, with the versions that were seen."""
    chosen = (each.partition(":") for each in request.form.getlist("order"))
    return {number: int(version) for number, _colon, version in chosen if version.isdecimal() and len(version) < 10}
