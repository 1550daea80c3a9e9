"""How Alembic reaches our database and models. Every migration runs on SQLite and on PostgreSQL."""

from alembic import context
from flask import current_app

import app.models  # noqa: F401  (the tables register themselves)

db = current_app.extensions["migrate"].db


def run() -> None:
    """Run the migrations in one transaction: all of them happen, or none."""
    with db.engine.connect().execution_options(passline_writes=True) as connection:
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


if context.is_offline_mode():
    raise SystemExit("Passline migrates a database that it can reach; offline mode is not supported.")
run()
