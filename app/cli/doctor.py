"""`flask doctor`: every link of the chain from the settings to a browser's socket, one line each."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError


@click.command("doctor")
@click.option("--origin", help="The address at which a page was opened (default: the first of ALLOWED_ORIGINS).")
@click.option("--token-stdin", is_flag=True, help="Ask as somebody else: read a bearer token from standard input.")
@click.option("--channel", help="With --token-stdin: subscribe to this one. Everybody in it hears the test event.")
@with_appcontext
def doctor(origin: str | None, token_stdin: bool, channel: str | None) -> None:
    """Check every link from the settings to a browser's socket; name the broken one and the mend.

    Run it where the processes run, with their settings. It logs in a person who is made for this and removed again,
    opens a socket as a browser would, and waits for a test event that nobody else hears. Exit code 1 if any link is
    wrong.
    """
    from app.doctor.examination import Wishes, examine
    from app.doctor.finding import wrong

    if channel and not token_stdin:
        raise click.UsageError("--channel needs --token-stdin: the doctor's own person may hear nothing but itself.")
    token = sys.stdin.readline().strip() if token_stdin else None
    wishes = Wishes(origin.rstrip("/") if origin else None, token, channel)
    is_wrong = False
    try:
        for finding in examine(current_app.config["PASSLINE"], current_app.config["MIGRATIONS"], wishes):
            click.echo(str(finding))
            is_wrong = is_wrong or finding.verdict == "wrong"
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        click.echo(str(wrong("database", f"failed meanwhile: {said}", "mend this first, then ask the doctor again")))
        is_wrong = True
    if is_wrong:
        sys.exit(1)
