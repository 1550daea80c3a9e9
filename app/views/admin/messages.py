"""Text messages, newest first by cursor: to whom (masked), what about, how far each came; and to send one again."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from app.domain import messages as texts
from app.domain import phones
from app.errors import Invalid, NotFound
from app.extensions import db
from app.language import gettext as _
from app.models import HotspotUser, SmsMessage
from app.views import loading
from app.views.formats import remember_position
from app.views.loading import person
from app.views.problems import wants_json
from app.views.refusals import flashed

from . import BIGGEST_ID, bp

_PAGE = 40


class PlaceForm(FlaskForm):
    """Where in the list; it asks and changes nothing, so it needs no CSRF token."""

    class Meta:
        csrf = False

    after = IntegerField(validators=[Optional(), NumberRange(min=0, max=BIGGEST_ID)])


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the list and where it lies."""

    messages: Sequence[SmsMessage]
    after: int | None
    next_after: int | None

    @property
    def first_url(self) -> str | None:
        """The newest page, from any other."""
        return None if self.after is None else url_for("admin.messages")

    @property
    def next_url(self) -> str | None:
        """The page of older ones, if there are any."""
        return None if self.next_after is None else url_for("admin.messages", after=self.next_after)

    @property
    def is_moving(self) -> bool:
        """Whether something of it will change without an event that tells of it: a delivery report has none."""
        return any(message.status in ("queued", "sent") for message in self.messages)


@bp.get("/messages")
def messages() -> str:
    remember_position()
    return render_template("admin/messages.html", page=_page())


@bp.get("/messages/list")
def message_list() -> str:
    return render_template("admin/_messages.html", page=_page())


@bp.post(f"/messages/<int(max={BIGGEST_ID}):message_id>/resend")
def message_resend(message_id: int) -> ResponseReturnValue:
    message = loading.one(_with_pass().where(SmsMessage.id == message_id))
    if message.hotspot_user is None:
        raise NotFound
    with flashed() as refusal:
        texts.resend(message.hotspot_user, by=person())
    if not refusal and not wants_json():
        flash(_("The code goes to %(phone)s once more.", phone=phones.masked(message.phone)), "success")
    return redirect(url_for("admin.messages"), 303)


def _page() -> Page:
    form = PlaceForm(request.args)
    if not form.validate():
        raise Invalid(_("There is no such page of the list."), errors=form.errors)
    before = BIGGEST_ID if form.after.data is None else form.after.data
    query = _with_pass().where(SmsMessage.id < before).order_by(SmsMessage.id.desc()).limit(_PAGE + 1)
    found = db.session.scalars(query).all()
    return Page(found[:_PAGE], form.after.data, found[_PAGE - 1].id if len(found) > _PAGE else None)


def _with_pass() -> Select[SmsMessage]:
    return select(SmsMessage).options(joinedload(SmsMessage.hotspot_user).joinedload(HotspotUser.restaurant))


bp.add_app_template_filter(phones.masked, "masked_phone")
