"""How every serving process begins: its settings can be used, and in production no demo person is in the database.

Demo passwords are public: whoever reads the README could log in. Whether the database is migrated, `/readyz` says.
"""

import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from .config import Config, ConfigError


def begin(process: str) -> Config:
    """The settings of this process (`process` is its name for people); ends it where it cannot or must not serve."""
    config = settings(process)
    check(config)
    return config


def settings(process: str) -> Config:
    """The settings of a process that needs no database; ends it where they cannot be used."""
    try:
        return Config.from_env()
    except ConfigError as error:
        sys.exit(f"The {process} cannot start:\n{error}")


def check(config: Config) -> None:
    """End the process with one sentence when it must not serve. A database that is away is no reason: it may come."""
    engine = create_engine(config.database_url)
    try:
        with engine.connect() as connection:
            demo_people = connection.execute(text("select count(*) from people where is_demo")).scalar_one()
    except SQLAlchemyError:
        return
    finally:
        engine.dispose()
    if demo_people and config.env == "production":
        sys.exit(
            f"Passline does not start: {demo_people} demo people with a public password are in this database. "
            "Use another DATABASE_URL, or PASSLINE_ENV=demo to look at the demo."
        )
