"""The course of one order: a story told in one place, for one guest, step by step, with what each step leaves behind.

Instants are whole milliseconds since 1970. What a verb of domain/ would have set, is set here; a test holds the two
together by walking what was told over the machine's edges.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from app.contract.identity import Role
from app.domain.actor import SYSTEM, SYSTEM_ROLE
from app.domain.order_clock import RELEASE_BUFFER

from .cast import Cast, Guest, Who
from .restaurants import Place
from .stories import Step, Story

_MINUTE = 60_000
_RELEASE_BUFFER = RELEASE_BUFFER // timedelta(milliseconds=1)
_STOP_SEEN = (4_000, 90_000)


class Change(NamedTuple):
    """A row of the history, but for the order's id."""

    version: int
    previous: str | None
    status: str
    by: Who
    reason: str | None
    note: str | None
    at: int


class Course:
    """An order under way. `slot` is when a scheduled one is wanted."""

    def __init__(
        self, story: Story, place: Place, cast: Cast, guest: Guest, slot: int | None, rng: random.Random
    ) -> None:
        self.place, self.guest, self.slot = place, guest, slot
        self._story, self._rng = story, rng
        restaurant = place.restaurant
        self.fulfilment = rng.choice(story.fulfilments)
        self._ride = restaurant.delivery_minutes * _MINUTE if self.fulfilment == "delivery" else 0
        self._preparation = restaurant.preparation_minutes * _MINUTE
        self._own_minutes = max(5, restaurant.preparation_minutes + rng.choice((-5, 0, 0, 0, 5, 10)))
        # Milliseconds of each unit that a step is measured in; a wait's are known when it begins.
        self._units = {
            "second": 1000,
            "preparation": self._own_minutes * _MINUTE,
            "acceptance": restaurant.acceptance_minutes * _MINUTE,
        }
        self._actors: dict[str, Who] = {
            SYSTEM_ROLE: Who(None, SYSTEM.name, SYSTEM_ROLE),
            Role.CUSTOMER: guest.who,
            Role.VENDOR: rng.choice(cast.staff[restaurant.id]),
            Role.DRIVER: rng.choice(cast.drivers[place.town]),
            Role.ADMIN: rng.choice(cast.admins),
        }
        self.by = guest.who
        self.version = 1
        self.status: str = story.start
        self.begun = self.changed = 0
        self.confirmed: int | None = None
        self.placed: int | None = None
        self.accepted: int | None = None
        self.prep_minutes: int | None = None
        self.promised = 0
        self.kind: str | None = None
        self.reason: str | None = None
        self.note: str | None = None
        self.stopped: int | None = None
        self.history: list[Change] = []

    def begin(self, at: int) -> None:
        """Take all steps, the first at `at`."""
        self._take(at, list(self._times(at)))

    def until(self, end: int) -> None:
        """Take all steps, the last at `end`."""
        times = list(self._times(0))
        begin = end - times[-1]
        self._take(begin, [begin + time for time in times])

    def _times(self, begin: int) -> Iterator[int]:
        """When each step is taken; quick ones are more frequent than slow ones."""
        at = begin
        for step in self._story.steps:
            unit = self._release - at if step.unit == "wait" else self._units[step.unit]
            at += round((step.least + (step.most - step.least) * self._rng.random() ** 1.7) * unit)
            yield at

    @property
    def payment(self) -> tuple[str, str]:
        """How it is paid, and whether it was: cash when the food changes hands; M-Pesa goes back when cancelled."""
        if self._story.start != "awaiting_payment":
            return "cash", "paid" if self.status in ("collected", "delivered") else "unpaid"
        if self.confirmed is None:
            return "mpesa", "unpaid"
        return "mpesa", "refunded" if self.status == "cancelled" else "paid"

    @property
    def _release(self) -> int:
        """When a scheduled order reaches the kitchen."""
        if self.slot is None:
            raise ValueError("only a scheduled order waits")
        return self.slot - self._preparation - self._ride - _RELEASE_BUFFER

    def _take(self, begin: int, times: list[int]) -> None:
        self.begun = self.changed = begin
        self._promise(begin + self._preparation)
        self._enter(begin)
        self.history = [Change(1, None, self.status, self.by, None, None, begin)]
        for step, at in zip(self._story.steps, times, strict=True):
            self.history.append(self._step(step, at))

    def _step(self, step: Step, at: int) -> Change:
        previous, self.status = self.status, step.to
        self.version += 1
        self.changed, self.by = at, self._actors[step.role]
        reason = self._rng.choice(step.reasons) if step.reasons else None
        note = (self._rng.choice(step.notes) or None) if step.notes else None
        if step.to == "accepted" and previous == "placed":
            self.accepted, self.prep_minutes = at, self._own_minutes
            self._promise(at + self._own_minutes * _MINUTE)
        elif step.to == "accepted":
            self.reason = self.note = self.stopped = None
        elif step.to == "cancelled":
            self.kind, self.reason, self.note = self._story.kind, reason, note
            self.stopped = at + self._rng.randint(*_STOP_SEEN) if self.accepted else None
        elif previous in ("awaiting_payment", "scheduled"):
            self._enter(at)
        return Change(self.version, previous, step.to, self.by, reason, note, at)

    def _enter(self, at: int) -> None:
        """Into a state before the kitchen's work."""
        if self.status == "awaiting_payment":
            return
        if self.confirmed is None:
            self.confirmed = at
        if self.status == "placed":
            self.placed = at
            self._promise(at + self._preparation)

    def _promise(self, ready: int) -> None:
        self.promised = ready + self._ride if self.slot is None else self.slot
