"""How a refusal is said at a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from app.errors import DomainError


@contextmanager
def refusals() -> Iterator[None]:
    """Say a refusal to the person at the terminal: the sentence, then each field that is wrong."""
    try:
        yield
    except DomainError as error:
        wrong = [f"  {name}: {' '.join(why)}" for name, why in error.members.get("errors", {}).items()]
        raise click.ClickException("\n".join([error.detail, *wrong])) from error
