"""A menu as a table for spreadsheets: down, and up again with a look at what it would do before it does it."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from app.domain import menu_sheet
from app.errors import Invalid
from app.language import gettext as _
from app.language import lazy_gettext as _l
from app.models import Restaurant
from app.views.loading import person
from app.views.refusals import shown_on
from app.views.sheets import download

from . import bp
from .menu import ADDRESS
from .restaurant import found

_LONGEST = 500_000


class SheetForm(FlaskForm):
    """A file or its text; and the seal of the plan that somebody has looked at."""

    file = FileField(_l("A CSV file"))
    text = TextAreaField(_l("or its text"), [Length(max=_LONGEST)])
    seal = HiddenField()

    def sheet(self) -> str:
        """The table: of the file where one was sent, else what was typed."""
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            return self.text.data or ""
        content = sent.stream.read(_LONGEST + 1)
        if len(content) > _LONGEST:
            raise Invalid(_("That file is too big for a menu."), errors={"file": [_("At most half a megabyte.")]})
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return content.decode("cp1252", errors="replace")


@bp.get("/restaurants/<slug>/menu.csv")
def menu_csv(slug: str) -> Response:
    house = found(slug)
    return download(f"menu-{house.slug}.csv", menu_sheet.rows(house))


@bp.get(f"{ADDRESS}/import")
def menu_import(slug: str) -> str:
    return _page(found(slug), SheetForm())


@bp.post(f"{ADDRESS}/import")
def menu_import_table(slug: str) -> ResponseReturnValue:
    house, form = found(slug), SheetForm()
    if not form.validate():
        return _page(house, form), 422
    plan = None
    with shown_on(form) as refusal:
        form.text.data = form.sheet()
        plan = menu_sheet.plan(house, form.text.data)
        if form.seal.data:
            menu_sheet.carry_out(house, form.text.data, seal=form.seal.data, by=person())
    if form.seal.data and not refusal:
        flash(_("The menu is as the table says."), "success")
        return redirect(url_for(".menu", slug=slug), 303)
    return _page(house, form, plan), refusal.status


def _page(house: Restaurant, form: SheetForm, plan: menu_sheet.Plan | None = None) -> str:
    return render_template("admin/menu_import.html", restaurant=house, form=form, plan=plan)
