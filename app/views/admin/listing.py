"""A list that is read by cursor, newest first: a page starts below the id of the last row of the one before.

Nothing is counted and no row is skipped over, so a page costs the same at any depth of any number of rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from flask import request, url_for
from flask_wtf import FlaskForm
from sqlalchemy import Select
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _

from . import BIGGEST_ID

PAGE = 40
T = TypeVar("T")


def stripped(text: str | None) -> str:
    """What somebody typed, without the blanks around it."""
    return (text or "").strip()


class ListFilter(FlaskForm):
    """What a list is narrowed to; it asks and changes nothing, so it needs no CSRF token."""

    class Meta:
        csrf = False

    # The fields that narrow it.
    narrowing: ClassVar[tuple[str, ...]] = ()
    after = IntegerField(validators=[Optional(), NumberRange(min=0, max=BIGGEST_ID)])

    @classmethod
    def asked(cls, **choices: Any) -> Self:
        """The filter as it stands in the address, with `choices` for its selects; Invalid says what cannot be asked."""
        form = cls(request.args)
        for name, offered in choices.items():
            form[name].choices = offered
        if not form.validate():
            raise Invalid(_("The list cannot be narrowed like this."), errors=form.errors)
        return form

    @property
    def before(self) -> int:
        """Only rows with a smaller id are on this page."""
        return BIGGEST_ID if self.after.data is None else int(self.after.data)

    @property
    def narrows(self) -> dict[str, Any]:
        """The filters that are set, as they stand in the address."""
        return {name: str(self[name].data) for name in self.narrowing if self[name].data}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and where it lies. `endpoint` draws the page, `list_endpoint` the list alone."""

    rows: Sequence[T]
    form: ListFilter
    next_after: int | None
    endpoint: str
    list_endpoint: str

    @property
    def is_newest(self) -> bool:
        """Whether nothing newer comes before this page."""
        return self.form.after.data is None

    @property
    def first_url(self) -> str | None:
        """The newest page of the same list, from any other."""
        return None if self.is_newest else url_for(self.endpoint, **self.form.narrows)

    @property
    def next_url(self) -> str | None:
        """The page of older rows, if there are any."""
        if self.next_after is None:
            return None
        return url_for(self.endpoint, **self.form.narrows, after=self.next_after)

    @property
    def fragment_url(self) -> str:
        """This page's list alone."""
        return url_for(self.list_endpoint, **self.form.narrows, after=self.form.after.data)


def page_of(query: "Select[T]", model: Any, form: ListFilter, endpoint: str, list_endpoint: str) -> Page[T]:
    """The page of `query`'s rows, all of `model`, that `form` asks for."""
    query = query.where(model.id < form.before).order_by(model.id.desc()).limit(PAGE + 1)
    found = db.session.scalars(query).all()
    return Page(found[:PAGE], form, found[PAGE - 1].id if len(found) > PAGE else None, endpoint, list_endpoint)  # type: ignore[attr-defined]
