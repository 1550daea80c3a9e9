"""A driver's phone says where it is: what is not credible is refused with the reason, the rest is kept and told.

Kept are the last fix, and the track of the tickets under way, for a day (`forget`). Who is told what is live_fixes.py.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from app.contract.identity import Role
from app.contract.times import now
from app.errors import Conflict, Forbidden, Invalid
from app.extensions import atomic
from app.language import gettext as _
from app.models import Driver, Person, Ticket, TrackPoint

from . import drivers, live_fixes
from .geography import Place, metres, place
from .ticket_states import BUSY

KEPT = timedelta(hours=24)
# Phones keep what they could not send for so long; their clocks are a little wrong.
_OLDEST = timedelta(minutes=15)
_AHEAD = timedelta(minutes=1)
# Of a phone that knows its place no better than this, it says nothing.
LEAST_ACCURATE_M = 500.0
# Nothing on a road moves faster (180 km/h); what fixes are wrong by comes on top.
_FASTEST_M_A_S = 50.0
_SLACK_M = 100.0


def record(
    person: Person,
    latitude: float,
    longitude: float,
    *,
    accuracy: float | None = None,
    recorded_at: datetime | None = None,
) -> bool:
    """Keep a fix; True when it is the newest of this driver, and was told.

    Refuses with Forbidden (no driver), Conflict (off duty with nothing under way) and Invalid, which says why: out of
    range, too inaccurate, of another time, an impossible jump. A second fix that agrees with one that was refused as a
    jump is believed: then it was the one before that was wrong.
    """
    if person.role != Role.DRIVER:
        raise Forbidden(_("Only drivers say where they are."))
    at = now()
    fixed_at = recorded_at or at
    _check(latitude, longitude, accuracy, fixed_at, at)
    refusal: Invalid | None = None
    is_newest = False
    with atomic() as session:
        # Tickets before drivers, as everywhere. A delivery that ends meanwhile ends after this, and takes it back.
        query = select(Ticket).where(Ticket.driver_id == person.id, Ticket.ended_at.is_(None), Ticket.status.in_(BUSY))
        query = query.with_for_update(of=Ticket, read=True).execution_options(populate_existing=True)
        tickets = session.scalars(query).all()
        driver = drivers.locked(session, person)
        if not driver.on_duty and not tickets:
            raise Conflict(_("You are off duty: nobody needs to know where you are."))
        spot = Place(latitude, longitude)
        jump = _jump(driver, spot, accuracy, fixed_at)
        if jump and not _agrees_with_doubted(driver, spot, accuracy, fixed_at):
            driver.doubted_latitude, driver.doubted_longitude, driver.doubted_at = latitude, longitude, fixed_at
            refusal = Invalid(jump, errors={"latitude": [jump]})
        else:
            is_newest = driver.fixed_at is None or fixed_at > driver.fixed_at or bool(jump)
            if is_newest:
                _keep(driver, spot, accuracy, fixed_at, at)
            session.add_all(
                TrackPoint(
                    ticket_id=ticket.id, driver_id=person.id, latitude=latitude, longitude=longitude,
                    accuracy=accuracy, fixed_at=fixed_at, received_at=at,
                )
                for ticket in tickets
            )  # fmt: skip
        session.flush()
        if is_newest:
            live_fixes.tell(session, driver, tickets, at=at)
    if refusal is not None:
        raise refusal
    return is_newest


def forget(before: datetime, *, most: int = 5000) -> int:
    """Drop what was received before `before`: tracks (up to `most` points), last fixes, what rooms were told.

    How many rows went; 0 when nothing is left.
    """
    with atomic() as session:
        # In the order of the locks: who is where, then what was told of it.
        last = session.execute(
            update(Driver)
            .where(Driver.received_at < before)
            .values(
                latitude=None, longitude=None, accuracy=None, fixed_at=None, received_at=None,
                doubted_latitude=None, doubted_longitude=None, doubted_at=None,
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        told = live_fixes.forget(session, before)
        oldest = select(TrackPoint.id).where(TrackPoint.received_at < before).limit(most)
        tracks = session.execute(
            delete(TrackPoint).where(TrackPoint.id.in_(oldest)).execution_options(synchronize_session=False)
        )
    return int(tracks.rowcount + told + last.rowcount)  # type: ignore[attr-defined]


def _check(latitude: float, longitude: float, accuracy: float | None, fixed_at: datetime, at: datetime) -> None:
    errors: dict[str, list[str]] = {}
    if not -90 <= latitude <= 90:
        errors["latitude"] = [_("From -90 to 90 degrees.")]
    if not -180 <= longitude <= 180:
        errors["longitude"] = [_("From -180 to 180 degrees.")]
    if accuracy is not None and not 0 <= accuracy <= LEAST_ACCURATE_M:
        errors["accuracy"] = [_("From 0 to %(most)s m: this fix could be anywhere.", most=f"{LEAST_ACCURATE_M:.0f}")]
    if fixed_at > at + _AHEAD:
        errors["recorded_at"] = [_("In the future: the phone's clock is wrong.")]
    if fixed_at < at - _OLDEST:
        errors["recorded_at"] = [
            _("Older than %(oldest)s minutes: of no use to anybody.", oldest=_OLDEST // timedelta(minutes=1))
        ]
    if errors:
        raise Invalid(_("This fix is not credible."), errors=errors)


def _jump(driver: Driver, spot: Place, accuracy: float | None, fixed_at: datetime) -> str | None:
    """Why `driver` cannot have come to `spot` from their last fix; None: they can."""
    last = place(driver)
    if last is None or driver.fixed_at is None:
        return None
    distance = metres(last, spot)
    seconds = abs((fixed_at - driver.fixed_at).total_seconds())
    slack = _SLACK_M + (accuracy or 0.0) + (driver.accuracy or 0.0)
    if distance <= slack + seconds * _FASTEST_M_A_S:
        return None
    said = {"distance": f"{distance / 1000:.1f}", "seconds": f"{seconds:.0f}"}
    return _("%(distance)s km in %(seconds)s s: nobody is that fast.", **said)


def _agrees_with_doubted(driver: Driver, spot: Place, accuracy: float | None, fixed_at: datetime) -> bool:
    if driver.doubted_latitude is None or driver.doubted_longitude is None or driver.doubted_at is None:
        return False
    distance = metres(Place(driver.doubted_latitude, driver.doubted_longitude), spot)
    seconds = (fixed_at - driver.doubted_at).total_seconds()
    return seconds > 0 and distance <= _SLACK_M + (accuracy or 0.0) + seconds * _FASTEST_M_A_S


def _keep(driver: Driver, spot: Place, accuracy: float | None, fixed_at: datetime, at: datetime) -> None:
    driver.latitude, driver.longitude = spot
    driver.accuracy, driver.fixed_at, driver.received_at = accuracy, fixed_at, at
    driver.doubted_latitude = driver.doubted_longitude = driver.doubted_at = None
