"""How a simulator behaves: a table of switches, set for everybody or for one phone, by its page or by a test."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some words, each with what it does; the first is how the real one behaves."""

    label: str
    options: Mapping[str, str]

    @property
    def usual(self) -> str:
        """What it is until somebody says otherwise."""
        return next(iter(self.options))

    def read(self, value: object) -> str:
        """`value` as this switch takes it; ValueError where it does not."""
        if value not in self.options:
            raise ValueError(f"{self.label}: {value!r} is none of {', '.join(self.options)}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Number:
    """A number from 0 to `highest`."""

    label: str
    usual: float
    highest: float

    def read(self, value: object) -> float:
        """`value` as this switch takes it; ValueError where it does not."""
        number = float(str(value))
        if not 0 <= number <= self.highest:
            raise ValueError(f"{self.label}: {value} is not from 0 to {self.highest:g}")
        return number


Table = Mapping[str, Choice | Number]


class Switches:
    """The positions of a table's switches. Threads of a server read and set them."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._lock = threading.Lock()
        self._of_all: dict[str, str | float] = {}
        self._of_phones: dict[str, dict[str, str | float]] = {}

    def set(self, positions: Mapping[str, object], phone: str = "") -> None:
        """Put some switches into positions, for `phone` alone where it is said. ValueError names what is wrong."""
        if unknown := positions.keys() - self.table.keys():
            raise ValueError(f"There is no switch {', '.join(sorted(unknown))}")
        read = {name: self.table[name].read(value) for name, value in positions.items()}
        with self._lock:
            if read:
                (self._of_phones.setdefault(phone, {}) if phone else self._of_all).update(read)

    def read_form(self, form: Mapping[str, str], phone: str = "") -> str | None:
        """Put them as a page's form says, or back (`reset`); what is wrong with it, if anything.

        A phone keeps for its own only what differs from everybody's.
        """
        usual = self.positions()
        try:
            wanted = {name: switch.read(form[name]) for name, switch in self.table.items() if name in form}
        except ValueError as error:
            return str(error)
        if phone or "reset" in form:
            self.reset(phone)
        if "reset" not in form:
            self.set({name: at for name, at in wanted.items() if not phone or at != usual[name]}, phone)
        return None

    def reset(self, phone: str = "") -> None:
        """As the real one behaves: for `phone`, what goes for everybody; without one, for everybody."""
        with self._lock:
            if phone:
                self._of_phones.pop(phone, None)
            else:
                self._of_all.clear()
                self._of_phones.clear()

    def word(self, name: str, phone: str) -> str:
        """Where a Choice stands for `phone`."""
        return str(self.positions(phone)[name])

    def number(self, name: str, phone: str) -> float:
        """Where a Number stands for `phone`."""
        return float(self.positions(phone)[name])

    def positions(self, phone: str = "") -> dict[str, str | float]:
        """All of them, as they go for `phone`."""
        with self._lock:
            usual = {name: switch.usual for name, switch in self.table.items()}
            return usual | self._of_all | self._of_phones.get(phone, {})

    def phones(self) -> Iterator[str]:
        """Those that have positions of their own."""
        with self._lock:
            return iter(sorted(self._of_phones))
