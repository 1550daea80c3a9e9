"""Wi-Fi sessions: what accounting tells of them (radacct), what that means for their pass, and their end.

`sync_accounting` copies from radacct what is new; a session ends once (a guarded update) and tells of it once, however
it ends: by accounting, because its access point fell silent, or because it was asked to and did. radacct itself is
FreeRADIUS's alone and is never written here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import RowMapping, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.contract.times import now
from app.extensions import atomic, db
from app.models import HotspotUser, WifiPackage, WifiSession, nas, radacct
from app.providers import radius

from . import log, passes
from .radius_accounts import SILENCE

# Rows that one transaction takes in.
_BATCH = 200
# Whoever did not end a session when asked is asked anew after so long: the attempts of one job are over by then.
_ASKS_AGAIN = timedelta(minutes=5)
# Packets are late by minutes at most; further back than this before the newest nothing is new.
_LOOKS_BACK = timedelta(days=1)
# Acct-Terminate-Cause in a word of ours; any other as the access point says it.
_CAUSES = {
    "Session-Timeout": "time",
    "User-Request": "guest",
    "Idle-Timeout": "idle",
    "Lost-Carrier": "lost",
    "Lost-Service": "lost",
    "NAS-Reboot": "access_point",
    "NAS-Request": "access_point",
}
_ASKED = "Admin-Reset"


def sync_accounting() -> int:
    """Take in what accounting told since the last time; how many rows of it were new."""
    done = 0
    since, last = _begin_at(), -1
    while rows := db.session.execute(_news(since, last)).mappings().all():
        with atomic() as session:
            for row in rows:
                _take_in(session, row)
        done += len(rows)
        last = rows[-1]["radacctid"]
    return done


def check_expired() -> int:
    """End the passes that are due, and the sessions that nobody tells of any more; how many of both.

    Accounting is taken in first: a pass that was begun a moment ago is not unused.
    """
    sync_accounting()
    at = now()
    ended = passes.expire_due(at) + _end_silent(at)
    _ask_again(at)
    return ended


def disconnect(session_id: int) -> None:
    """Ask the access point to end a session; done where it has ended or is not known there. Raises where it will not.

    No transaction is open while the access point is waited for.
    """
    row = db.session.get(WifiSession, session_id)
    if row is None or row.ended_at is not None:
        return
    access_point, words = _access_point(row), _words_of(row)
    with atomic():
        row.disconnect_asked_at = now()
    radius.disconnect(access_point, words)
    at = now()
    with atomic() as session:
        row.disconnected_at = at
        session.flush()
        end(session, row, row.hotspot_user.end_reason or "admin", ended_at=at, at=at)


def end(session: Session, row: WifiSession, reason: str, *, ended_at: datetime, at: datetime) -> bool:
    """End `row` as of `ended_at`, and tell of it; False where it had ended already.

    One that was given up as silent, went on and ends again has been told of.
    """
    is_open = WifiSession.id == row.id, WifiSession.ended_at.is_(None)
    values = {"ended_at": ended_at, "end_reason": reason}
    ending = update(WifiSession).where(*is_open).values(values).execution_options(synchronize_session=False)
    first = session.execute(ending.where(WifiSession.end_reason.is_(None))).rowcount  # type: ignore[attr-defined]
    ended = first or session.execute(ending).rowcount  # type: ignore[attr-defined]
    session.refresh(row)
    if first:
        _tell(session, row, reason, at)
    return bool(ended)


def _begin_at() -> datetime | None:
    newest = db.session.scalar(select(func.max(WifiSession.heard_at)))
    return None if newest is None else newest - _LOOKS_BACK


def _news(since: datetime | None, after: int) -> Any:
    """Rows of our passes that say more than we know, oldest first, past the one numbered `after`.

    FreeRADIUS's clock counts whole seconds: of two packets in one the later shows in the figures alone.
    """
    is_news = or_(
        WifiSession.id.is_(None),
        radacct.c.acctupdatetime > WifiSession.heard_at,
        radacct.c.acctsessiontime > WifiSession.seconds,
        radacct.c.acctinputoctets > WifiSession.bytes_in,
        radacct.c.acctoutputoctets > WifiSession.bytes_out,
        and_(radacct.c.acctstoptime.is_not(None), WifiSession.ended_at.is_(None)),
    )
    query = (
        select(radacct, HotspotUser.id.label("user_id"))
        .join(HotspotUser, HotspotUser.code == radacct.c.username)
        .outerjoin(WifiSession, WifiSession.acct_unique_id == radacct.c.acctuniqueid)
        .where(radacct.c.radacctid > after, radacct.c.acctstarttime.is_not(None), is_news)
        .order_by(radacct.c.radacctid)
        .limit(_BATCH)
    )
    return query if since is None else query.where(radacct.c.acctupdatetime >= since)


def _take_in(session: Session, told: RowMapping) -> None:
    """One row of radacct: the session, what it means for its pass, and its end."""
    at = now()
    user = session.get_one(HotspotUser, told["user_id"], populate_existing=True)
    row = _session(session, told)
    _begin(session, user, row.started_at)
    if told["acctstoptime"] is not None:
        end(session, row, _reason(user, told["acctterminatecause"]), ended_at=_utc(told["acctstoptime"]), at=at)
    elif user.status not in passes.OPEN:
        passes.ask_to_end(session, row)


def _session(session: Session, told: RowMapping) -> WifiSession:
    """The row of a session with the newest figures; one that was given up as silent, and is not, goes on."""
    figures = _figures(told)
    new = (sqlite if session.connection().dialect.name == "sqlite" else postgresql).insert(WifiSession.__table__)
    known = {
        "hotspot_user_id": told["user_id"],
        "acct_unique_id": told["acctuniqueid"],
        "acct_session_id": told["acctsessionid"],
        "nas_address": str(told["nasipaddress"]),
        "device": told["callingstationid"] or "",
        "started_at": _utc(told["acctstarttime"]),
    }
    session.execute(
        new.values(**known, **figures).on_conflict_do_update(index_elements=["acct_unique_id"], set_=figures)
    )
    query = select(WifiSession).where(WifiSession.acct_unique_id == told["acctuniqueid"])
    row = session.scalars(query.execution_options(populate_existing=True)).unique().one()
    if row.end_reason == "silent" and row.ended_at is not None and row.heard_at > row.ended_at:
        row.ended_at = None
        session.flush()
    return row


def _figures(told: RowMapping) -> dict[str, Any]:
    return {
        "address": str(told["framedipaddress"] or ""),
        "heard_at": _utc(told["acctupdatetime"] or told["acctstoptime"] or told["acctstarttime"]),
        "seconds": told["acctsessiontime"] or 0,
        # As an access point counts: what came from the device, and what went to it.
        "bytes_in": told["acctinputoctets"] or 0,
        "bytes_out": told["acctoutputoctets"] or 0,
    }


def _begin(session: Session, user: HotspotUser, at: datetime) -> None:
    """The first session of a pass: from now on its time runs."""
    minutes = session.scalars(select(WifiPackage.minutes).where(WifiPackage.id == user.package_id)).one()
    begun = session.execute(
        update(HotspotUser)
        .where(HotspotUser.id == user.id, HotspotUser.status == "minted")
        .values(status="active", first_seen_at=at, expires_at=at + timedelta(minutes=minutes))
        .execution_options(synchronize_session=False)
    )
    if begun.rowcount:  # type: ignore[attr-defined]
        session.refresh(user)


def _end_silent(at: datetime) -> int:
    """End the sessions of access points that said nothing for three intervals, as of the last word."""
    silent = WifiSession.ended_at.is_(None), WifiSession.heard_at < at - SILENCE
    ended = 0
    for row in db.session.scalars(select(WifiSession).where(*silent)).unique().all():
        with atomic() as session:
            ended += end(session, row, "silent", ended_at=row.heard_at, at=at)
    return ended


def _ask_again(at: datetime) -> None:
    """Ask for the end of each session that goes on although its pass is over, until its access point falls silent."""
    asked_at = func.coalesce(WifiSession.disconnect_asked_at, HotspotUser.ended_at)
    in_vain = (
        select(WifiSession)
        .join(HotspotUser, HotspotUser.id == WifiSession.hotspot_user_id)
        .where(WifiSession.ended_at.is_(None), HotspotUser.status.not_in(passes.OPEN), asked_at < at - _ASKS_AGAIN)
    )
    slot = int(at.timestamp() // _ASKS_AGAIN.total_seconds())
    for row in db.session.scalars(in_vain).unique().all():
        with atomic() as session:
            passes.ask_to_end(session, row, again=slot)


def _reason(user: HotspotUser, cause: str | None) -> str:
    """Why a session ended, in a word: what ended its pass where somebody was asked to end it."""
    if cause == _ASKED or not cause:
        return user.end_reason or "admin"
    return _CAUSES.get(cause, cause.lower().replace("-", "_"))[:40]


def _tell(session: Session, row: WifiSession, reason: str, at: datetime) -> None:
    data: Mapping[str, Any] = {
        "session": {"id": row.id},
        "duration": row.seconds,
        "data_used": row.bytes_in + row.bytes_out,
        "reason": reason,
        **log.stamp(at),
    }
    messages = [events.SESSION_EXPIRED.message(rooms.DASHBOARD_STATS, data)]
    if (person_id := row.hotspot_user.person_id) is not None:
        messages.append(events.SESSION_EXPIRED_FOR_GUEST.message(rooms.user(person_id), data))
    log.append(session, messages, at=at)


def _access_point(row: WifiSession) -> radius.AccessPoint:
    """Where the session's access point listens, and the secret that it shares with us."""
    config = current_app.config["PASSLINE"]
    own = db.session.scalar(select(nas.c.secret).where(nas.c.nasname == row.nas_address))
    return radius.AccessPoint(row.nas_address, config.radius_coa_port, own or config.radius_secret)


def _words_of(row: WifiSession) -> radius.WifiSession:
    return radius.WifiSession(row.hotspot_user.code, row.acct_session_id, row.nas_address, row.address)


def _utc(at: datetime) -> datetime:
    """An instant out of FreeRADIUS's tables: UTC as its configuration writes it; SQLite forgets the zone."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
