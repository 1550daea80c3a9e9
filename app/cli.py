"""The `flask` commands of the person who runs it."""

from flask import Flask


def register(app: Flask) -> None:
    """Put the commands onto `app`."""
