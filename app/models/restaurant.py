"""Restaurants: where they are in time and money, when they are open, and how they take orders."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Index, ScalarSelect, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contract.times import now
from app.extensions import Model

from .columns import BigInt, Instant, Key, choice, reference
from .policy import PolicyDefaults

# Where nobody has decided: bars of others for accepting are 8 to 11.5 minutes. 0: no alert before the promise.
DEADLINES = {"acceptance_minutes": 8, "preparation_alert_minutes": 0, "abandonment_minutes": 30}
DEADLINE_BOUNDS = {
    "acceptance_minutes": (1, 240),
    "preparation_alert_minutes": (0, 240),
    "abandonment_minutes": (5, 1440),
}


# How it takes orders just now: `normal`, `busy` (everything takes longer), `paused` (it takes none).
MODES = ("normal", "busy", "paused")
MOST_BUSY_MINUTES = 120
LONGEST_MODE_REASON = 120
# Minutes of work: those of a dish, and those that a kitchen can do in a quarter of an hour (domain/quarters.py).
MOST_WORK_MINUTES = 600


def _as_for_all(name: str) -> ScalarSelect[int]:
    """What a restaurant begins with: the deadline of all, as it is then."""
    return select(func.coalesce(func.max(PolicyDefaults.__table__.c[name]), DEADLINES[name])).scalar_subquery()


def _bounds(name: str) -> CheckConstraint:
    least, most = DEADLINE_BOUNDS[name]
    return CheckConstraint(f"{name} between {least} and {most}", name=name)


def new_policy_version() -> int:
    """A version of what admins decided: it grows, and none comes twice, not after a rollback or a restored backup."""
    return int(now().timestamp() * 1_000_000)


class OpeningHours(Model):
    """Open from `opens` to `closes`, restaurant time, on one weekday (Monday is 0); closes <= opens: after midnight."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday between 0 and 6", name="weekday"),
        UniqueConstraint("restaurant_id", "weekday", "opens"),
    )

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id", index=True)
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]


class OpeningException(Model):
    """A day that is not as each week: open from `opens` to `closes` (several rows: several times), or closed (None)."""

    __tablename__ = "opening_exceptions"
    __table_args__ = (
        CheckConstraint("(opens is null) = (closes is null)", name="closed_or_both"),
        Index("ix_opening_exceptions_restaurant_id_day", "restaurant_id", "day"),
    )

    id: Mapped[Key]
    restaurant_id: Mapped[int] = reference("restaurants.id")
    day: Mapped[date]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    note: Mapped[str] = mapped_column(String(80), default="")


class Restaurant(Model):
    """A restaurant. Minutes are whole minutes; prices are in minor units of `currency` (ISO 4217)."""

    __tablename__ = "restaurants"
    __table_args__ = (
        _bounds("acceptance_minutes"),
        _bounds("preparation_alert_minutes"),
        _bounds("abandonment_minutes"),
        CheckConstraint("preparation_minutes between 1 and 480", name="preparation_minutes"),
        CheckConstraint("mode in ('normal', 'busy', 'paused')", name="mode"),
        CheckConstraint(f"busy_minutes between 0 and {MOST_BUSY_MINUTES}", name="busy_minutes"),
        CheckConstraint(f"capacity_minutes between 1 and {MOST_WORK_MINUTES}", name="capacity_minutes"),
        CheckConstraint(f"work_minutes between 0 and {MOST_WORK_MINUTES}", name="work_minutes"),
        CheckConstraint("drop_proof in ('none', 'code', 'photo', 'note')", name="drop_proof"),
    )

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kitchen: Mapped[str] = mapped_column(String(60), default="")
    description: Mapped[str] = mapped_column(String(500), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    # Degrees (WGS 84); where they are not known, rides are of unknown length.
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    # What its drivers show at the door: `none`, `code` (the guest says it), `photo` or `note`.
    drop_proof: Mapped[str] = mapped_column(choice(), default="code")
    time_zone: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    # How long the vendor has to accept before the order expires.
    acceptance_minutes: Mapped[int] = mapped_column(default=_as_for_all("acceptance_minutes"))
    # How long after it was accepted the board shouts about an order that is not ready; 0: at the promise alone.
    preparation_alert_minutes: Mapped[int] = mapped_column(default=_as_for_all("preparation_alert_minutes"))
    # How long an order may wait for its payment before it is given up.
    abandonment_minutes: Mapped[int] = mapped_column(default=_as_for_all("abandonment_minutes"))
    # Of what admins decided about its orders (domain/policies.py): read with every order, guarded by every walk.
    policy_version: Mapped[int] = mapped_column(BigInt, default=new_policy_version)
    preparation_minutes: Mapped[int] = mapped_column(default=20)
    delivery_minutes: Mapped[int] = mapped_column(default=15)
    # What a driver earns for a delivery, and for each kilometre of it.
    ride_pay_minor: Mapped[int] = mapped_column(default=0)
    ride_pay_per_km_minor: Mapped[int] = mapped_column(default=0)
    auto_accept: Mapped[bool] = mapped_column(default=False)
    # One of MODES, until `mode_until` (None: until somebody ends it); read `mode_now`, for the end passes by itself.
    mode: Mapped[str] = mapped_column(choice(), default="normal")
    # While it is busy: how many minutes more everything takes.
    busy_minutes: Mapped[int] = mapped_column(default=0)
    mode_reason: Mapped[str] = mapped_column(String(LONGEST_MODE_REASON), default="")
    mode_until: Mapped[datetime | None] = mapped_column(Instant)
    # How much its cooks can do together in a quarter of an hour; None: nobody counts.
    capacity_minutes: Mapped[int | None]
    # What a dish takes of it, where the dish says nothing else.
    work_minutes: Mapped[int] = mapped_column(default=5, server_default="5")
    # Before this hour, restaurant time, it is still the service day before.
    day_starts: Mapped[time] = mapped_column(default=time(5))
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)

    hours: Mapped[list[OpeningHours]] = relationship(order_by="OpeningHours.weekday, OpeningHours.opens")
    exceptions: Mapped[list[OpeningException]] = relationship(
        order_by="OpeningException.day, OpeningException.opens", viewonly=True
    )

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which this restaurant's people live."""
        return ZoneInfo(self.time_zone)

    def mode_at(self, at: datetime) -> str:
        """One of MODES, as it is at `at`: one that has run out is over, whether or not the worker was there yet."""
        return self.mode if self.mode_until is None or at < self.mode_until else "normal"

    @property
    def mode_now(self) -> str:
        """One of MODES."""
        return self.mode_at(now())

    @property
    def accepting(self) -> bool:
        """Whether it takes orders at all (opening hours are another fact)."""
        return self.mode_now != "paused"

    @property
    def lead_minutes(self) -> int:
        """How long the kitchen takes for an order that comes now: what is usual, and more while it is busy."""
        return self.preparation_minutes + (self.busy_minutes if self.mode_now == "busy" else 0)

    def service_day(self, at: datetime) -> date:
        """The day that `at` belongs to for the kitchen: what follows midnight is still the evening before."""
        local = at.astimezone(self.zone)
        return local.date() - timedelta(days=1) if local.time() < self.day_starts else local.date()

    def next_day_starts(self, at: datetime) -> datetime:
        """When the service day after that of `at` begins: what "tomorrow" means to the kitchen."""
        tomorrow = self.service_day(at) + timedelta(days=1)
        return datetime.combine(tomorrow, self.day_starts, self.zone).astimezone(UTC)

    def is_open(self, at: datetime) -> bool:
        """Whether `at` lies within the opening hours (a pause is another fact: `accepting`)."""
        return any(opens <= at < closes for opens, closes in self.openings(at, days=1))

    def openings(self, at: datetime, *, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Each opening and its closing, as instants (UTC), of so many days from that of `at`, and of the day before."""
        today = at.astimezone(self.zone).date()
        for ahead in range(-1, days):
            day = today + timedelta(days=ahead)
            for opens, closes in self._hours_of(day):
                closing_day = day + timedelta(days=1) if closes <= opens else day
                start = datetime.combine(day, opens, self.zone)
                yield start.astimezone(UTC), datetime.combine(closing_day, closes, self.zone).astimezone(UTC)

    def _hours_of(self, day: date) -> Iterator[tuple[time, time]]:
        """From when to when on that day: as it is otherwise then, else as each week."""
        exceptions = [row for row in self.exceptions if row.day == day]
        for row in exceptions:
            if row.opens is not None and row.closes is not None:
                yield row.opens, row.closes
        if not exceptions:
            yield from ((row.opens, row.closes) for row in self.hours if row.weekday == day.weekday())
