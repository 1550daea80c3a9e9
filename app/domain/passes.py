"""Passes of the guest Wi-Fi: minted once for what was paid or ordered, ended once by time, data, disuse or withdrawal.

The unique columns payment_id and order_id make "once", whatever is retried and whoever else mints at the same moment.
What FreeRADIUS reads is written in radius_accounts.py within the same transaction; sessions are in wifi_sessions.py.
A code is in no event, no job and no log.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, cast, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contract import events, rooms
from app.errors import Conflict
from app.extensions import atomic, db
from app.language import gettext as _
from app.models import HotspotUser, Order, Payment, WifiPackage, WifiSession

from . import audit, codes, jobs, log, radius_accounts
from .actor import Actor
from .locks import hold

CODE_LENGTH = 8
# How long a pass may wait for its first session.
UNUSED_FOR = timedelta(days=7)
OPEN = ("minted", "active")
# What whoever tries a pass that ended reads on the access point's page.
_WORDS = {
    "time": "The time of this pass is over.",
    "data": "The data of this pass is used up.",
    "unused": "This pass was not begun in time.",
}
# Why a pass ended that is given back when the order is restored.
ORDER_CANCELLED = "order_cancelled"
_WITHDRAWN = "This pass was withdrawn."


def mint_for_payment(session: Session, payment: Payment, *, at: datetime) -> HotspotUser:
    """The pass that `payment` bought, minted now unless it was before. Refuses with Conflict one that bought none."""
    package = session.get(WifiPackage, payment.wifi_package_id) if payment.wifi_package_id else None
    # As the database has it: the row may have been changed by a statement that the object does not know of.
    status = session.scalar(select(Payment.status).where(Payment.id == payment.id))
    if package is None or status != "paid":
        raise Conflict(_("This payment bought no Wi-Fi pass."))
    values = {"payment_id": payment.id, "person_id": payment.person_id, "phone": payment.phone}
    return _mint(session, package, values, at)


def mint_for_order(session: Session, order: Order, *, at: datetime) -> HotspotUser | None:
    """The pass that comes with `order`, minted now unless it was before; None where its total reaches no gift."""
    package = session.scalars(
        select(WifiPackage)
        .where(
            WifiPackage.restaurant_id == order.restaurant_id,
            WifiPackage.is_sold,
            WifiPackage.gift_from_minor <= order.total_minor,
        )
        .order_by(WifiPackage.gift_from_minor.desc(), WifiPackage.id.desc())
        .limit(1)
    ).one_or_none()
    existing = _given_for(session, order_id=order.id)
    if package is None or existing is not None:
        return existing
    values = {"order_id": order.id, "person_id": order.customer_id, "phone": order.customer.phone or ""}
    return _mint(session, package, values, at)


def revoke(
    session: Session, *, payment_id: int | None = None, order_id: int | None = None, reason: str, at: datetime
) -> bool:
    """End the pass that was given for a payment or an order, because of `reason`; False where none was open."""
    user = _given_for(session, payment_id=payment_id, order_id=order_id)
    return user is not None and end(session, user, "revoked", reason, at=at)


def give_back(session: Session, *, order_id: int, at: datetime) -> bool:
    """Undo `revoke`, where an order's cancellation was undone: the pass is what it was, unless its time ran out."""
    user = _given_for(session, order_id=order_id)
    if user is None or user.end_reason != ORDER_CANCELLED or user.expires_at <= at:
        return False
    done = session.execute(
        update(HotspotUser)
        .where(HotspotUser.id == user.id, HotspotUser.status == "revoked")
        .values(status="active" if user.first_seen_at else "minted", ended_at=None, end_reason=None)
        .execution_options(synchronize_session=False)
    )
    session.refresh(user)
    if done.rowcount:  # type: ignore[attr-defined]
        radius_accounts.open_account(session, user, user.package)
    return bool(done.rowcount)  # type: ignore[attr-defined]


def withdraw(user: HotspotUser, *, by: Actor, at: datetime) -> bool:
    """An admin ends a pass; False where it had ended already."""
    with atomic() as session:
        hold(session, user)
        before = {"status": user.status}
        ended = end(session, user, "revoked", "admin", at=at)
        if ended:
            after = {"status": user.status}
            audit.record(session, "wifi_pass.withdrawn", by=by, subject=subject(user), before=before, after=after)
    return ended


def expire_due(at: datetime) -> int:
    """End the passes whose time or data is used up, and those that nobody began in time; how many ended."""
    used = select(func.sum(WifiSession.bytes_in + WifiSession.bytes_out))
    used = used.where(WifiSession.hotspot_user_id == HotspotUser.id)
    out_of_data = (
        select(HotspotUser)
        .join(WifiPackage, WifiPackage.id == HotspotUser.package_id)
        .where(
            HotspotUser.status == "active", cast(WifiPackage.data_mb, BigInteger) * 1_000_000 <= used.scalar_subquery()
        )
    )
    out_of_time = select(HotspotUser).where(HotspotUser.status.in_(OPEN), HotspotUser.expires_at <= at)
    ended = 0
    for query, reason in ((out_of_data, "data"), (out_of_time, "time")):
        for user in db.session.scalars(query).unique().all():
            why = "unused" if user.status == "minted" else reason
            with atomic() as session:
                ended += end(session, user, "expired", why, at=at, was=user.status)
    return ended


def end(session: Session, user: HotspotUser, status: str, reason: str, *, at: datetime, was: str | None = None) -> bool:
    """End `user` with everything that is open of it; True where this call did, by the guard of the update.

    `was`: only if it still is what the caller saw; a pass that was begun meanwhile is not one that nobody began.
    """
    done = session.execute(
        update(HotspotUser)
        .where(HotspotUser.id == user.id, HotspotUser.status.in_([was] if was else OPEN))
        .values(status=status, ended_at=at, end_reason=reason)
        .execution_options(synchronize_session=False)
    )
    session.refresh(user)
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    radius_accounts.close_account(session, user.code, _WORDS.get(reason, _WITHDRAWN))
    is_open = WifiSession.hotspot_user_id == user.id, WifiSession.ended_at.is_(None)
    for row in session.scalars(select(WifiSession).where(*is_open)):
        ask_to_end(session, row)
    return True


def ask_to_end(session: Session, row: WifiSession, *, again: int | None = None) -> None:
    """Have the access point asked to end a session: one job for each (and each `again`), however often it is called."""
    key = row.acct_unique_id if again is None else f"{row.acct_unique_id}/{again}"
    jobs.add(session, "disconnect_hotspot_user", key, {"session": row.id})


def name(user: HotspotUser) -> str:
    """What a pass is called where its code must not be."""
    return f"Pass {user.id}"


def subject(user: HotspotUser) -> tuple[str, Any, str]:
    """How the trail names a pass."""
    return ("wifi_pass", user.id, name(user))


def shown(code: str) -> str:
    """A code as its guest reads it: ABCD-EFGH."""
    return f"{code[:4]}-{code[4:]}"


def masked(code: str) -> str:
    """A code, or whatever somebody typed as one, as others may see it: AB••-••GH."""
    return f"{code[:2]}••-••{code[-2:]}" if len(code) >= CODE_LENGTH else "••••"


def _given_for(session: Session, *, payment_id: int | None = None, order_id: int | None = None) -> HotspotUser | None:
    what = HotspotUser.order_id == order_id if payment_id is None else HotspotUser.payment_id == payment_id
    return session.scalars(select(HotspotUser).where(what)).unique().one_or_none()


def _mint(session: Session, package: WifiPackage, given: Mapping[str, Any], at: datetime) -> HotspotUser:
    values = {
        **given,
        "package_id": package.id,
        "restaurant_id": package.restaurant_id,
        "code": _fresh_code(session),
        "status": "minted",
        "created_at": at,
        "expires_at": at + UNUSED_FOR,
    }
    what = next(column for column in ("payment_id", "order_id") if column in given)
    # Whoever mints for the same thing at this moment is waited for, and theirs is the pass.
    new = (sqlite if session.connection().dialect.name == "sqlite" else postgresql).insert(HotspotUser.__table__)
    put = new.values(values).on_conflict_do_nothing(index_elements=[what]).returning(HotspotUser.__table__.c.id)
    was_first = session.execute(put).first() is not None
    user = session.scalars(select(HotspotUser).where(getattr(HotspotUser, what) == given[what])).unique().one()
    if was_first:
        radius_accounts.open_account(session, user, package)
        _tell(session, user, package, at)
        if user.phone:
            jobs.add(session, "send_credentials", f"pass:{user.id}:1", {"pass": user.id, "send": 1})
    return user


def _fresh_code(session: Session) -> str:
    """A code that no pass has: one of 500 thousand million, so that none can be guessed."""
    while True:
        code = codes.fresh(CODE_LENGTH)
        if session.execute(select(HotspotUser.id).where(HotspotUser.code == code)).first() is None:
            return code


def _tell(session: Session, user: HotspotUser, package: WifiPackage, at: datetime) -> None:
    data = {
        "user": {"id": user.id, "name": name(user)},
        "package": {"id": package.id, "name": package.name, "minutes": package.minutes},
        **log.stamp(at),
    }
    places = (rooms.DASHBOARD_STATS, rooms.HOTSPOT_USERS)
    lines = zip(events.HOTSPOT_USER_CREATED, places, strict=True)
    log.append(session, [line.message(room, data) for line, room in lines], at=at)
