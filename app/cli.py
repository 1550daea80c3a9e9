"""The `flask` commands of the person who runs it: users, events, demo. (`flask db …` comes from Flask-Migrate.)

Refusals are said in a sentence, with exit code 1. The demo's modules are imported when its commands run, so that
production never loads them.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Row, select

from .domain import log, people
from .errors import DomainError, Invalid
from .extensions import db
from .models import EventLog, Order, Restaurant
from .models.event_log import head

users = AppGroup("users", help="People who can log in.")
events = AppGroup("events", help="The log of events: what every screen hears.")
demo = AppGroup("demo", help="The demo's data (with PASSLINE_ENV=demo or test alone).")

_TAIL_EVERY = 0.2  # seconds
_TAIL_PAGE = 500


def register(app: Flask) -> None:
    """Put the commands onto `app`."""
    for group in (users, events, demo):
        app.cli.add_command(group)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say a refusal to the person at the terminal: the sentence, then each field that is wrong."""
    try:
        yield
    except DomainError as error:
        wrong = [f"  {name}: {' '.join(why)}" for name, why in error.members.get("errors", {}).items()]
        raise click.ClickException("\n".join([error.detail, *wrong])) from error


@users.command("create")
@click.argument("email")
@click.argument("name")
@click.argument("role")
@click.option("--restaurant", "slug", help="Whose staff a vendor is: the restaurant's slug.")
@click.option("--phone", help="With the country's code and no spaces, like +254700000000.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def users_create(email: str, name: str, role: str, slug: str | None, phone: str | None, password_stdin: bool) -> None:
    """Make a person: customer, vendor, driver or admin. Production gets its first admin like this."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with _refusals():
        restaurant = _restaurant(slug) if slug else None
        person = people.create(email=email, name=name, role=role, password=password, restaurant=restaurant, phone=phone)
    click.echo(f"{person.email} can log in as {person.role}.")


def _restaurant(slug: str) -> Restaurant:
    found = db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one_or_none()
    if found is None:
        known = ", ".join(db.session.scalars(select(Restaurant.slug).order_by(Restaurant.slug).limit(20)))
        raise Invalid(
            "This person cannot be made.", errors={"restaurant": [f"No such slug. There are: {known or '-'}."]}
        )
    return found


@events.command("send")
@click.argument("channel")
@click.argument("name")
@click.argument("data", metavar="JSON")
def events_send(channel: str, name: str, data: str) -> None:
    """Send a test event down the real path, to everybody who hears CHANNEL."""
    with _refusals():
        event_id = log.send_test(channel, _object(data), name=name)
    click.echo(f"{name} to {channel} is in the log as event {event_id}.")


def _object(text: str) -> dict[str, object]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid("This event cannot be sent.", errors={"json": [f"Not JSON: {error}."]}) from error
    if not isinstance(data, dict):
        raise Invalid("This event cannot be sent.", errors={"json": ['An object is needed, like {"hello": 1}.']})
    return data


@events.command("tail")
def events_tail() -> None:
    """Follow the log from now on: position, room, event, order number. Ctrl-C ends it.

    On PostgreSQL an event is seen here when it has its position: that needs a running gateway.
    """
    position = head(db.session)
    seen = position.n
    click.echo(f"The log from now on, after {position}:")
    try:
        while True:
            for at, room, name, number in _after(seen):
                click.echo(f"{at:>10}  {room:<28}  {name:<28}  {number or '-'}")
                seen = at or seen
            time.sleep(_TAIL_EVERY)
    except KeyboardInterrupt:
        click.echo()


def _after(seen: int) -> Sequence[Row[int | None, str, str, str]]:
    """The rows of the log past position `seen`, oldest first. By position, never by an id that may be overtaken."""
    place = EventLog.id if db.engine.dialect.name == "sqlite" else EventLog.position
    rows = db.session.execute(
        select(place, EventLog.room, EventLog.name, Order.number)
        .outerjoin(Order, Order.id == EventLog.order_id)
        .where(place > seen)
        .order_by(place)
        .limit(_TAIL_PAGE)
    ).all()
    db.session.rollback()
    return rows


@demo.command("load")
@click.option("--orders", type=click.IntRange(min=0), help="How many past orders (default: some hundreds).")
@click.option("--first-run", is_flag=True, help="Do nothing when there are people already.")
@click.option("--seed", type=int, help="Another number makes other orders.")
def demo_load(orders: int | None, first_run: bool, seed: int | None) -> None:
    """Load restaurants, menus, people and orders, past and present."""
    from .demo import load

    with _refusals():
        load.only_in_the_demo()
        if not first_run or load.is_needed():
            orders = load.PAST_ORDERS if orders is None else orders
            load.load(orders, seed=load.SEED if seed is None else seed, say=click.echo)


@demo.command("greet")
def demo_greet() -> None:
    """Say where the demo is and who can log in."""
    from .demo import cast, load

    config = current_app.config["PASSLINE"]
    with _refusals():
        load.only_in_the_demo()
    width = max(map(len, cast.LOG_INS))
    click.echo(f"\n  Passline   http://localhost:{config.web_port}   or   http://127.0.0.1:{config.web_port}")
    click.echo(f"  Gateway    port {config.gateway_port}\n")
    click.echo(f"  {'Log in as':<{width}}   with the password {cast.PASSWORD}")
    for email, who in cast.LOG_INS.items():
        click.echo(f"  {email:<{width}}   {who}")
    click.echo()
