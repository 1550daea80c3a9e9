"""HTTP in, HTTP out: load through the person, validate, one verb, answer. One blueprint per audience."""

from flask import Flask


def register(app: Flask) -> None:
    """Put every blueprint, filter and error page onto `app`."""
