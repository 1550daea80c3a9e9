"""The `flask` commands of the person who runs it: demo, users, events. (`flask db …` comes from Flask-Migrate.)

Refusals are said in one line, with exit code 1. Each command imports what it needs when it runs, so that all the
others start without it.
"""

import click
from flask import Flask
from flask.cli import AppGroup

from .errors import DomainError

demo = AppGroup("demo", help="The demo's data (with PASSLINE_ENV=demo or test alone).")


def register(app: Flask) -> None:
    """Put the commands onto `app`."""
    app.cli.add_command(demo)


def _refused(error: DomainError) -> click.ClickException:
    """What the person reads: the sentence, then each field that is wrong."""
    fields = error.members.get("errors", {})
    return click.ClickException(
        "\n".join([error.detail, *(f"  {name}: {' '.join(wrong)}" for name, wrong in fields.items())])
    )


@demo.command("load")
@click.option("--orders", type=click.IntRange(min=0), help="How many past orders (default: some hundreds).")
@click.option("--first-run", is_flag=True, help="Do nothing when there are people already.")
@click.option("--seed", type=int, help="Another seed makes other orders.")
def demo_load(orders: int | None, first_run: bool, seed: int | None) -> None:
    """Load restaurants, menus, people and orders, past and present."""
    from .demo import load

    if first_run and not load.is_needed():
        return
    try:
        load.load(
            load.PAST_ORDERS if orders is None else orders, seed=load.SEED if seed is None else seed, say=click.echo
        )
    except DomainError as error:
        raise _refused(error) from error
