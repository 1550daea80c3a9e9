"""What every serving process checks before it serves: in production, that no demo person is in the database.

Demo passwords are public: whoever reads the README could log in. Whether the database is migrated, `/readyz` says.
"""

import sys

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from .config import Config


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
