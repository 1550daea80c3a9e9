"""The guest Wi-Fi: who is online, the passes newest first, and log-ins that failed. Codes are masked everywhere.

Time and data come from radacct itself, so that they are as fresh as the access point's last word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import RowMapping, select
from sqlalchemy.orm import joinedload

from app.contract.times import now
from app.domain import passes
from app.errors import Invalid
from app.extensions import db
from app.language import gettext as _
from app.models import HotspotUser, radacct, radpostauth
from app.views import loading
from app.views.formats import remember_position
from app.views.loading import person

from . import BIGGEST_ID, bp

_PAGE = 40
# How far back failed log-ins are shown, and how many.
_FAILED_SINCE = timedelta(hours=24)
_MOST_FAILED = 20


@dataclass(frozen=True, slots=True)
class Told:
    """One session as accounting tells of it."""

    device: str
    address: str
    began: datetime
    heard: datetime
    ended: datetime | None
    seconds: int
    bytes: int


@dataclass(slots=True)
class Row:
    """A pass with what it was used for."""

    user: HotspotUser
    sessions: list[Told] = field(default_factory=list)

    @property
    def online(self) -> list[Told]:
        """The sessions that have not ended."""
        return [session for session in self.sessions if session.ended is None]

    @property
    def bytes(self) -> int:
        """What all of them have moved, both ways."""
        return sum(session.bytes for session in self.sessions)

    @property
    def seconds(self) -> int:
        """How long all of them were online."""
        return sum(session.seconds for session in self.sessions)


@bp.get("/wifi")
def wifi() -> str:
    remember_position()
    return render_template("admin/wifi.html", **_shown())


@bp.get("/wifi/list")
def wifi_list() -> str:
    return render_template("admin/_wifi.html", **_shown())


@bp.post(f"/wifi/passes/<int(max={BIGGEST_ID}):pass_id>/withdrawal")
def wifi_withdrawal(pass_id: int) -> ResponseReturnValue:
    user = loading.one(select(HotspotUser).where(HotspotUser.id == pass_id))
    ended = passes.withdraw(user, by=person(), at=now())
    flash(
        _("Pass %(number)s opens nothing any more.", number=user.id) if ended else _("It had ended already."),
        "success",
    )
    return redirect(url_for("admin.wifi"), 303)


def _shown() -> dict[str, Any]:
    before = request.args.get("after", BIGGEST_ID, type=_place)
    query = select(HotspotUser).where(HotspotUser.id < before).order_by(HotspotUser.id.desc()).limit(_PAGE + 1)
    users = db.session.scalars(query.options(joinedload(HotspotUser.restaurant))).unique().all()
    rows = _rows(users[:_PAGE])
    after = users[_PAGE - 1].id if len(users) > _PAGE else None
    is_newest = before == BIGGEST_ID
    return {
        "rows": rows,
        "failed": _failed() if is_newest else [],
        "masked": passes.masked,
        "is_newest": is_newest,
        "first_url": None if is_newest else url_for("admin.wifi"),
        "next_url": url_for("admin.wifi", after=after) if after else None,
        "fragment_url": url_for("admin.wifi_list", after=None if is_newest else before),
    }


def _place(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > BIGGEST_ID:
        raise Invalid(_("There is no such page."))
    return int(text)


def _rows(users: Sequence[HotspotUser]) -> list[Row]:
    rows = {user.code: Row(user) for user in users}
    if rows:
        query = select(radacct).where(radacct.c.username.in_(rows), radacct.c.acctstarttime.is_not(None))
        for told in db.session.execute(query.order_by(radacct.c.radacctid.desc())).mappings():
            rows[told["username"]].sessions.append(_told(told))
    return list(rows.values())


def _told(row: RowMapping) -> Told:
    ended = row["acctstoptime"]
    return Told(
        device=row["callingstationid"] or "",
        address=str(row["framedipaddress"] or ""),
        began=_utc(row["acctstarttime"]),
        heard=_utc(row["acctupdatetime"] or row["acctstarttime"]),
        ended=_utc(ended) if ended else None,
        seconds=row["acctsessiontime"] or 0,
        bytes=(row["acctinputoctets"] or 0) + (row["acctoutputoctets"] or 0),
    )


def _failed() -> list[Mapping[str, Any]]:
    """The newest log-ins that were refused, and which pass the name that was typed is, if it is one."""
    query = (
        select(radpostauth.c.username, radpostauth.c.callingstationid, radpostauth.c.authdate)
        .where(radpostauth.c.reply == "Access-Reject")
        .order_by(radpostauth.c.id.desc())
        .limit(_MOST_FAILED)
    )
    since = now() - _FAILED_SINCE
    found = [(name, device or "", _utc(at)) for name, device, at in db.session.execute(query)]
    names = {name for name, _, _ in found}
    users = db.session.scalars(select(HotspotUser).where(HotspotUser.code.in_(names))).unique() if names else ()
    known = {user.code: user for user in users}
    return [
        {"name": passes.masked(name), "device": device, "at": at, "user": known.get(name)}
        for name, device, at in found
        if at >= since
    ]


def _utc(at: datetime) -> datetime:
    """FreeRADIUS writes UTC; SQLite forgets that."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
