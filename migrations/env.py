"""How Alembic reaches our database and models. Every migration runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

import app.models  # noqa: F401  (the tables register themselves)

db = current_app.extensions["migrate"].db


def run() -> None:
    """Run the migrations in one transaction: all of them happen, or none."""
    with db.engine.connect().execution_options(passline_writes=True) as connection, without_foreign_keys(connection):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=True,
            user_module_prefix="columns.",
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Two processes that start together migrate one after the other.
                connection.exec_driver_sql("select pg_advisory_xact_lock(7051994)")
            context.run_migrations()


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by making it anew, while others refer to it. The switch holds between transactions only."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("pragma foreign_keys = off")
    try:
        yield
    finally:
        # Within a transaction the switch does nothing, and one that only read is open still.
        connection.rollback()
        driver.execute("pragma foreign_keys = on")


if context.is_offline_mode():
    raise SystemExit("Passline migrates a database that it can reach; offline mode is not supported.")
run()
