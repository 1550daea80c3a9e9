"""`flask events`: the log of events, what every screen hears. Sent, followed, and traced for one order."""

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.contract.times import iso, now
from app.domain import log
from app.errors import Invalid
from app.extensions import db
from app.models import EventLog, Order
from app.models.event_log import head

from .refusals import refusals

events = AppGroup("events", help="The log of events: what every screen hears.")

# Seconds that `send` waits to see how far its event comes.
_SENT_WITHIN = 2.0
_TAIL_EVERY = 0.2  # seconds
_TAIL_PAGE = 500
# How long a committed row may be without its position before it is shown like that.
_UNNUMBERED = timedelta(seconds=1)


@events.command("send")
@click.argument("channel")
@click.argument("name")
@click.argument("data", metavar="JSON")
def events_send(channel: str, name: str, data: str) -> None:
    """Send a test event down the real path, to everybody who hears CHANNEL, and say how far it came."""
    from app.doctor import trace

    with refusals():
        event_id = log.send_test(channel, _object(data), name=name)
    click.echo(f"{name} to {channel} is in the log as event {event_id}:")
    for fate in trace.fate_of(current_app.config["PASSLINE"], event_id, within=_SENT_WITHIN):
        click.echo(f"  {fate}")


def _object(text: str) -> dict[str, object]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid("This event cannot be sent.", errors={"json": [f"Not JSON: {error}."]}) from error
    if not isinstance(data, dict):
        raise Invalid("This event cannot be sent.", errors={"json": ['An object is needed, like {"hello": 1}.']})
    return data


@events.command("trace")
@click.argument("number", metavar="ORDER_NUMBER")
def events_trace(number: str) -> None:
    """Say of each event of an order where it is: written, numbered, sent to how many sockets, seen on which screens.

    Sockets are those that were connected when a gateway had the event; a screen that came later got it from the log,
    and says so itself (`seen on`).
    """
    from app.doctor import trace

    with refusals():
        for line in trace.of_order(current_app.config["PASSLINE"], number):
            click.echo(line)


@events.command("new-epoch")
def events_new_epoch() -> None:
    """Say that the database was restored from a backup: run this before the gateways start again.

    The log gets another epoch, so that every screen reloads, and none waits for rows that it believes to have seen.
    """
    position = log.renew_epoch()
    click.echo(f"The log goes on as {position}; every screen will reload.")


@events.command("tail")
def events_tail() -> None:
    """Follow the log from now on, as a gateway does: position, when written, room, event, order. Ctrl-C ends it.

    A row that is committed and has no position after a second is shown with a dash: no gateway numbers it.
    """
    position, at = head(db.session), now()
    click.echo(f"The log from now on, after {position}:")
    try:
        for line in _followed(position.n, at):
            click.echo(line)
    except KeyboardInterrupt:
        click.echo()


def _followed(seen: int, began: datetime) -> Iterator[str]:
    """A line for each row past position `seen`, for ever. By position, never by an id that may be overtaken.

    And one for each that was written after `began` and waits for its position.
    """
    waiting = set[int]()
    place = EventLog.place(db.session)
    rows = (
        select(EventLog.id, place.label("place"), EventLog.created_at, EventLog.room, EventLog.name, Order.number)
        .outerjoin(Order, Order.id == EventLog.order_id)
        .limit(_TAIL_PAGE)
    )
    while True:
        for row in db.session.execute(rows.where(place > seen).order_by(place)).all():
            seen = row.place
            yield _line(row)
        unnumbered = rows.where(
            place.is_(None), EventLog.created_at > began, EventLog.created_at < now() - _UNNUMBERED
        ).order_by(EventLog.id)
        for row in db.session.execute(unnumbered).all():
            if row.id not in waiting:
                waiting.add(row.id)
                yield f"{_line(row)}  committed, and nobody gives it a position"
        db.session.rollback()
        time.sleep(_TAIL_EVERY)


def _line(row: Any) -> str:
    number = row.number or "-"
    return f"{row.place or '-':>10}  {iso(row.created_at)}  {row.room:<28}  {row.name:<28}  {number}"
