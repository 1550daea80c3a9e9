"""The application that a WSGI server and the `flask` commands import."""

import sys

from app import cli
from app.config import ConfigError
from app.factory import create_app

try:
    app = create_app()
except ConfigError as error:
    if "--help" not in sys.argv:
        sys.exit(f"wrong  settings  these cannot be used:\n{error}")
    app = cli.without_settings()
