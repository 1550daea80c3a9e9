"""The `flask` commands of the person who runs it, one noun a file. (`flask db …` comes from Flask-Migrate.)

Refusals are said in a sentence, with exit code 1. The modules of the demo and the doctor are imported when their
commands run, so that no serving process loads them.
"""

from flask import Flask
from flask_migrate import Migrate

from .demo import demo
from .doctor import doctor
from .events import events
from .users import users


def register(app: Flask) -> None:
    """Put the commands onto `app`."""
    for command in (users, events, demo, doctor):
        app.cli.add_command(command)


def without_settings() -> Flask:
    """An application that has its commands and nothing else, so that each can say what it does."""
    app = Flask("passline")
    register(app)
    Migrate().init_app(app)
    return app
