"""The audit trail: who changed what, from what to what, and from where; narrowed, read by cursor, and as CSV."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from flask import Response, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import ColumnElement, Engine, Select, and_, or_, select
from sqlalchemy.orm import Session
from wtforms import DateField, IntegerField, SearchField, SelectField, StringField
from wtforms.validators import Length, NumberRange
from wtforms.validators import Optional as MayBeEmpty

from app.contract.times import iso, now
from app.domain.days import span_of
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import AuditEntry
from app.views.audit_words import audit_words
from app.views.formats import instant
from app.views.sheets import download

from . import BIGGEST_ID, bp

_PAGE = 50
# Rows of the export that are read at once: it takes as much memory however long the trail is.
_BATCH = 1000
_COLUMNS = ("at", "actor", "role", "action", "kind", "id", "subject", "before", "after", "address", "device")
# The trail tells of every restaurant, so its days are nobody's own.
_UTC = ZoneInfo("UTC")
# The ends of fields that are instants. What else looks like one may be anybody's words.
_INSTANTS = ("_at", "_until")


class AuditFilter(FlaskForm):
    """What the trail is narrowed to; it asks and changes nothing, so it needs no CSRF token."""

    class Meta:
        csrf = False

    who = SearchField(_l("Who"), [MayBeEmpty(), Length(max=100)], filters=[lambda text: (text or "").strip()])
    action = SelectField(_l("What"), [MayBeEmpty()], validate_choice=False)
    subject = StringField(
        _l("On whom or what"), [MayBeEmpty(), Length(max=100)], filters=[lambda text: (text or "").strip()]
    )
    since = DateField(_l("From"), [MayBeEmpty()])
    until = DateField(_l("To"), [MayBeEmpty()])
    after = IntegerField(validators=[MayBeEmpty(), NumberRange(min=0, max=BIGGEST_ID)])

    @property
    def narrows(self) -> dict[str, Any]:
        """The filters that are set, as they stand in the address."""
        return {name: self[name].data for name in ("who", "action", "subject", "since", "until") if self[name].data}


@dataclass(frozen=True, slots=True)
class Told:
    """One entry, and what differs in it, field by field."""

    entry: AuditEntry
    changes: Sequence[tuple[str, Any, Any]]


@bp.get("/audit")
def audit() -> str:
    form = _form()
    before = BIGGEST_ID if form.after.data is None else form.after.data
    found = db.session.scalars(_below(_narrowed(form), before).limit(_PAGE + 1)).all()
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    return render_template(
        "admin/audit.html",
        form=form,
        entries=[told(entry) for entry in found[:_PAGE]],
        first_url=None if form.after.data is None else url_for(".audit", **form.narrows),
        next_url=None if older is None else url_for(".audit", **form.narrows, after=older),
    )


@bp.get("/audit.csv")
def audit_export() -> Response:
    """All that the filters let through, newest first."""
    rows = _rows(db.engine, _narrowed(_form()))
    # The rows have connections of their own: what this request has read with is not kept open under them.
    db.session.remove()
    return download(f"audit-{now():%Y-%m-%d}.csv", rows)


def told(entry: AuditEntry) -> Told:
    """An entry with its fields side by side."""
    before, after = orjson.loads(entry.before), orjson.loads(entry.after)
    names = sorted(before.keys() | after.keys())
    return Told(entry, [(name, _spoken(name, before.get(name)), _spoken(name, after.get(name))) for name in names])


def _spoken(name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and name.endswith(_INSTANTS) and value.endswith("Z"):
        return instant(datetime.fromisoformat(value))
    return value


def _form() -> AuditFilter:
    form = AuditFilter(request.args)
    known = db.session.scalars(select(AuditEntry.action).distinct().order_by(AuditEntry.action)).all()
    form.action.choices = {"": _("Everything"), **{action: audit_words(action) for action in known}}
    if not form.validate():
        raise Invalid(_("The trail cannot be narrowed like this."), errors=form.errors)
    return form


def _narrowed(form: AuditFilter) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if form.who.data:
        query = query.where(AuditEntry.actor_name.icontains(form.who.data, autoescape=True))
    if form.action.data:
        query = query.where(AuditEntry.action == form.action.data)
    if form.subject.data:
        query = query.where(_about(form.subject.data))
    if form.since.data:
        query = query.where(AuditEntry.at >= span_of(form.since.data, _UTC).begins)
    if form.until.data:
        query = query.where(AuditEntry.at < span_of(form.until.data, _UTC).ends)
    return query


def _about(wanted: str) -> ColumnElement[bool]:
    """What has `wanted` in its name, or is exactly that: `person:12`."""
    kind, _colon, id = wanted.partition(":")
    exactly = and_(AuditEntry.subject_kind == kind, AuditEntry.subject_id == id)
    return or_(AuditEntry.subject_name.icontains(wanted, autoescape=True), exactly)


def _below(query: Select[AuditEntry], before: int) -> Select[AuditEntry]:
    return query.where(AuditEntry.id < before).order_by(AuditEntry.id.desc())


def _rows(engine: Engine, query: Select[AuditEntry]) -> Iterator[tuple[object, ...]]:
    """Each batch is a read of its own: no transaction stays open while somebody's slow line takes the rows."""
    yield _COLUMNS
    before = BIGGEST_ID
    while True:
        with Session(engine) as session:
            rows = session.scalars(_below(query, before).limit(_BATCH)).all()
        yield from map(_cells, rows)
        if len(rows) < _BATCH:
            return
        before = rows[-1].id


def _cells(row: AuditEntry) -> tuple[object, ...]:
    who = (iso(row.at), row.actor_name, row.role, row.action)
    subject = (row.subject_kind, row.subject_id, row.subject_name)
    return (*who, *subject, row.before, row.after, row.address, row.user_agent)
