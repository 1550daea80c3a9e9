"""`flask users`: people who can log in."""

import sys

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.domain import people
from app.errors import Invalid
from app.extensions import db
from app.models import Restaurant

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
