"""HTTP in, HTTP out: load through the person, validate, one verb, answer. One blueprint per audience."""

from flask import Flask

from . import formats, health, problems, security


def register(app: Flask) -> None:
    """Put every blueprint, filter and error page onto `app`."""
    security.register(app)
    problems.register(app)
    formats.register(app)
    app.register_blueprint(health.bp)
