"""`flask users`: people who can log in."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from app.domain import links, mails, password_resets, people, second_factors
from app.domain.actor import OPERATOR
from app.errors import Invalid, NotFound
from app.extensions import db
from app.models import Person, Restaurant

from .refusals import refusals

users = AppGroup("users", help="People who can log in.")


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
    with refusals():
        restaurant = _restaurant(slug) if slug else None
        person = people.create(
            email=email,
            name=name,
            role=role,
            password=password,
            restaurant=restaurant,
            phone=phone,
            by=OPERATOR,
        )
    click.echo(f"{person.email} can log in as {person.role}.")


@users.command("reset-link")
@click.argument("email")
def users_reset_link(email: str) -> None:
    """Make a link with which a person sets a new password: for admins too, where no mail goes out."""
    with refusals():
        token = password_resets.hand_over(_person(email), by=OPERATOR)
    config = current_app.config["PASSLINE"]
    site = config.public_url or f"http://127.0.0.1:{config.web_port}"
    click.echo(f"Works once, for an hour: {site}{mails.path(links.PASSWORD_RESET, token)}")


@users.command("reset-second-factor")
@click.argument("email")
def users_reset_second_factor(email: str) -> None:
    """Take the second factor from a person who has lost it, and the recovery codes as well."""
    with refusals():
        second_factors.reset(_person(email), by=OPERATOR)
    click.echo(f"{email} is asked for no code at the next log-in.")


def _person(email: str) -> Person:
    found = db.session.scalars(select(Person).where(Person.email == email.strip().lower())).one_or_none()
    if found is None:
        raise NotFound(f"Nobody has the address {email}.")
    return found


def _restaurant(slug: str) -> Restaurant:
    found = db.session.scalars(select(Restaurant).where(Restaurant.slug == slug)).one_or_none()
    if found is None:
        known = ", ".join(db.session.scalars(select(Restaurant.slug).order_by(Restaurant.slug).limit(20)))
        raise Invalid(
            "This person cannot be made.", errors={"restaurant": [f"No such slug. There are: {known or '-'}."]}
        )
    return found
