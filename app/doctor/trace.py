"""Where an event is: written, numbered, sent by which gateway to how many sockets, seen on which screens; or why not.

What was written and numbered stands in the log, what screens have drawn in the receipts. How many sockets a row was
given to is in the memory of each gateway (gateway/tally.py) and asked for over HTTP, at the address that its row in
`processes` names, with a proof that only this installation's key can sign. A gateway that cannot be asked is said, not
guessed at. Times are differences between the clocks of the machines that wrote them.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, sleep
from urllib.parse import urlencode

from sqlalchemy import select

from app.config import Config
from app.contract import operator
from app.contract.times import iso, now
from app.errors import NotFound
from app.extensions import db
from app.models import EventLog, Order, OrderChange, Person, Process, Receipt
from app.models.event_log import LogHead, head

from . import asking, processes


@dataclass(frozen=True, slots=True)
class Witness:
    """What one gateway knows of some rows; `problem` says why it knows nothing."""

    name: str
    problem: str | None = None
    n: int = 0
    # Position: sockets, and when (seconds since 1970).
    sent: dict[int, tuple[int, float]] | None = None
    # What it has refused since it started, in words.
    refused: Sequence[str] = ()

    def knows(self, position: int) -> bool:
        """Whether asking again would tell no more of this row."""
        return self.problem is not None or position <= self.n

    def of(self, row: EventLog, position: int) -> str:
        """What became of a numbered row there."""
        if self.problem is not None or self.sent is None:
            return f"{self.name} {self.problem}"
        if position in self.sent:
            sockets, at = self.sent[position]
            if not sockets:
                return f"{self.name} found the room empty: nobody was connected"
            return f"{self.name} sent it to {_many(sockets, 'socket')} {_after(row.created_at.timestamp(), at)}"
        if position > self.n:
            return f"{self.name} has not come so far: it is at {self.n}"
        return f"{self.name} does not remember: it started later, or it is long ago"


def of_order(config: Config, number: str) -> Iterator[str]:
    """The lines of the trace of one order, oldest change first; NotFound when there is none of that number."""
    gateways = processes.living().of("gateway")
    order = db.session.scalars(select(Order).where(Order.number == number.strip().upper())).one_or_none()
    if order is None:
        raise NotFound(f"There is no order {number}.")
    changes = db.session.scalars(
        select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.version)
    ).all()
    rows = db.session.scalars(select(EventLog).where(EventLog.order_id == order.id).order_by(EventLog.id)).all()
    receipts = db.session.scalars(
        select(Receipt).where(Receipt.order_number == order.number).order_by(Receipt.seen_at)
    ).all()
    names = {
        person.id: person.name
        for person in db.session.scalars(select(Person).where(Person.id.in_({r.person_id for r in receipts})))
    }
    witnesses = ask(config, gateways, rows)
    by_version: dict[int, list[EventLog]] = {}
    for row in rows:
        by_version.setdefault(json.loads(row.data).get("order_version", 0), []).append(row)
    yield f"Order {order.number}: {order.status}, version {order.version}"
    for change in changes:
        yield ""
        yield f"version {change.version}: {change.to_status}, by {change.actor_name} ({change.role}), {iso(change.at)}"
        yield from _told(config, by_version.get(change.version, ()), witnesses, change.at)
        for receipt in receipts:
            if receipt.version == change.version:
                yield _seen(receipt, names.get(receipt.person_id, "?"), change.at)
    last = changes[-1] if changes else None
    if last is None or (last.version, last.to_status) != (order.version, order.status):
        yield ""
        yield f"version {order.version}: {order.status}; no history says who made it so"
        yield f"  {_NEVER_FIRED}"
    for witness in witnesses:
        if witness.refused:
            yield ""
            yield f"{witness.name} has refused since it started: {'; '.join(witness.refused)}"
    db.session.rollback()


def fate_of(config: Config, event_id: str, *, within: float = 0.0) -> list[str]:
    """Where each row of one event is: now, or when every gateway has it, but after `within` seconds at the latest."""
    gateways, latest = processes.living().of("gateway"), monotonic() + within
    while True:
        rows = db.session.scalars(select(EventLog).where(EventLog.event_id == event_id)).all()
        places = [_position(config, row) for row in rows]
        witnesses = ask(config, gateways, rows)
        fates = [_where(config, row, witnesses) for row in rows]
        db.session.rollback()
        is_settled = all(place is not None and all(one.knows(place) for one in witnesses) for place in places)
        if is_settled or not gateways or monotonic() >= latest:
            return fates or ["it is not in the log: it was never fired"]
        sleep(0.05)


def ask(config: Config, gateways: Sequence[Process], rows: Sequence[EventLog]) -> list[Witness]:
    """What each gateway knows of these rows."""
    places = [place for row in rows if (place := _position(config, row)) is not None]
    if not places:
        return []
    epoch = head(db.session).epoch
    return [_asked(config, gateway, places, epoch) for gateway in gateways]


def _asked(config: Config, gateway: Process, places: Sequence[int], epoch: str) -> Witness:
    url = processes.address(gateway)
    if url is None:
        return Witness(gateway.name, processes.NOT_FROM_HERE)
    its_name = f"{gateway.host}:{gateway.pid}"
    query = urlencode({"gateway": its_name, "positions": ",".join(map(str, places))}, safe=":,")
    signed = operator.proof(config.secret_key, operator.question("GET", "/trace", query))
    try:
        answer = asking.ask(f"{url}/trace?{query}", headers={operator.HEADER: signed})
    except asking.NoAnswer as error:
        return Witness(gateway.name, f"cannot be asked: {error}")
    facts = answer.facts
    if answer.status == 403:
        return Witness(gateway.name, "does not answer us: its SECRET_KEY is another")
    if answer.status == 421:
        return Witness(gateway.name, f"cannot be asked: at its address {facts.get('gateway')} answers")
    if answer.status != 200:
        return Witness(gateway.name, f"cannot be asked: HTTP {answer.status} at its address")
    if facts["epoch"] != epoch:
        return Witness(gateway.name, f"reads another log ({facts['epoch']})")
    sent = {int(place): (int(sockets), float(at)) for place, (sockets, at) in facts["sent"].items()}
    refused = [f"{count} × {code} {message}" for code, message, count in facts["refused"]]
    return Witness(gateway.name, n=int(facts["n"]), sent=sent, refused=refused)


_NEVER_FIRED = "NO EVENT: none was written with this change, so none was ever fired"


def _told(config: Config, rows: Sequence[EventLog], witnesses: Sequence[Witness], at: datetime) -> Iterator[str]:
    for row in rows:
        yield f"  {row.name} to {row.room}: {_where(config, row, witnesses)}"
    if not rows:
        age = (now() - at).total_seconds() / 3600
        pruned = age > config.log_retention_hours
        yield f"  its events have left the log ({config.log_retention_hours} h)" if pruned else f"  {_NEVER_FIRED}"


def _where(config: Config, row: EventLog, witnesses: Sequence[Witness]) -> str:
    written = f"written {iso(row.created_at)}"
    position = _position(config, row)
    if position is None:
        return f"{written}, NOT NUMBERED yet after {(now() - row.created_at).total_seconds():.1f} s: {_numbering()}"
    parts = [witness.of(row, position) for witness in witnesses]
    return f"{written}, position {position}; {'; '.join(parts) or 'NOT SENT: no gateway lives'}"


def _numbering() -> str:
    holder, lease_until = db.session.execute(select(LogHead.holder, LogHead.lease_until)).one()
    if holder is None or lease_until is None:
        return "there is no sequencer, as no gateway runs"
    if lease_until < now():
        return f"the sequencer {holder} has stopped"
    return f"the sequencer {holder} will come to it"


def _position(config: Config, row: EventLog) -> int | None:
    return row.id if config.is_sqlite else row.position


def _seen(receipt: Receipt, name: str, at: datetime) -> str:
    screen = receipt.screen_name or receipt.screen_id or "a screen without a name"
    how = f"{'visible' if receipt.visible else 'hidden'}, {'audible' if receipt.audible else 'mute'}"
    return f"  seen on {screen} of {name} {_after(at.timestamp(), receipt.seen_at.timestamp())}, {how}"


def _after(began: float, at: float) -> str:
    return f"after {max(0.0, at - began) * 1000:.0f} ms"


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
