"""`flask demo`: the demo's data."""

import click
from flask import current_app
from flask.cli import AppGroup

from app.config import Config

from .refusals import refusals

demo = AppGroup("demo", help="The demo's data (with PASSLINE_ENV=demo or test alone).")


@demo.command("load")
@click.option("--orders", type=click.IntRange(min=0), help="How many past orders (default: some hundreds).")
@click.option("--first-run", is_flag=True, help="Do nothing when there are people already.")
@click.option("--seed", type=int, help="Another number makes other orders.")
def demo_load(orders: int | None, first_run: bool, seed: int | None) -> None:
    """Load restaurants, menus, people and orders, past and present."""
    from app.demo import load

    with refusals():
        load.only_in_the_demo()
        if not first_run or load.is_needed():
            orders = load.PAST_ORDERS if orders is None else orders
            load.load(orders, seed=load.SEED if seed is None else seed, say=click.echo)


@demo.command("drive")
def demo_drive() -> None:
    """Let riders ride, and guests order, until a signal comes: somebody moves on every map within a minute."""
    from app.demo import drive, load

    with refusals():
        load.only_in_the_demo()
        drive.run(say=click.echo)


@demo.command("greet")
def demo_greet() -> None:
    """Say where the demo is and who can log in."""
    from app.demo import cast, load

    config = current_app.config["PASSLINE"]
    with refusals():
        load.only_in_the_demo()
    width = max(map(len, cast.LOG_INS))
    click.echo(f"\n  Passline   http://localhost:{config.web_port}   or   http://127.0.0.1:{config.web_port}")
    click.echo(f"  Gateway    port {config.gateway_port}")
    click.echo(
        f"  Simulator  http://127.0.0.1:{config.simulator_port}   (a guest's phone: PINs for M-Pesa, text messages)\n"
    )
    click.echo(f"  {'Log in as':<{width}}   with the password {cast.PASSWORD}")
    for email, who in cast.LOG_INS.items():
        click.echo(f"  {email:<{width}}   {who}")
    ports = ("web_port", "gateway_port", "simulator_port")
    moved = [(name, getattr(config, name)) for name in ports if getattr(config, name) != getattr(Config, name)]
    others = "".join(f" {name.upper()}={port}" for name, port in moved)
    click.echo(f"\n  Other commands, beside it: PASSLINE_ENV={config.env}{others} .venv/bin/flask --app wsgi doctor\n")
