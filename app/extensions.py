"""The libraries that the application leans on, and `atomic()`, the only place that commits.

One transaction is one verb. On SQLite a read transaction that the view had open is ended first (a read snapshot cannot
turn into a writer), then the write lock is taken at once (`BEGIN IMMEDIATE`), so that a verb waits at its door and
never fails in the middle. On PostgreSQL the verb goes on in the view's transaction: each of its statements sees what is
committed by then (READ COMMITTED), and two round trips are saved. After the outermost commit the doorbell rings, when
the log grew.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, Table, event
from sqlalchemy.orm import DeclarativeBase, Session

from .doorbell import Doorbell

# Constraints have names, so that a migration can drop them on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of all models."""

    metadata = MetaData(naming_convention=NAMING)
    if TYPE_CHECKING:
        # Every model of ours is one table, never a join.
        __table__: ClassVar[Table]


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
if TYPE_CHECKING:
    # Flask-SQLAlchemy makes this class while running; to the type checker it is the base that it was made from.
    Model = Base
else:
    Model = db.Model


class _WhoAsks(LoginManager):  # type: ignore[misc]
    """Asks the request loader alone: the library's own sessions and remember-me cookies are not used here."""

    def _load_user(self) -> None:
        self._update_request_context_with_user(self._request_callback(request))


login = _WhoAsks()
csrf = CSRFProtect()
doorbell = Doorbell()


class _LimitsOfRoutes(Limiter):
    """Looks where a limit stands. Before every request there is none of ours to find, and looking took 0.05 ms."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not in_middleware:
            super()._check_request_limit(callable_name, in_middleware)


limiter = _LimitsOfRoutes(key_func=get_remote_address, headers_enabled=True)

_IN_ATOMIC = "passline_atomic"
LOG_GREW = "passline_log_grew"


@contextmanager
def atomic() -> Iterator[Session]:
    """One transaction that writes: commits at the end, rolls back when anything is raised; nested, joins the outer."""
    session = db.session()
    if session.info.get(_IN_ATOMIC):
        yield session
        return
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("rows were changed outside atomic(); only a verb in domain/ writes")
    session.info[_IN_ATOMIC] = True
    try:
        _begin_writing(session)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        session.info.pop(LOG_GREW, None)
        raise
    finally:
        del session.info[_IN_ATOMIC]
    if session.info.pop(LOG_GREW, False):
        doorbell.ring()


# An error that is logged has its statement and not what it was given: sessions, hashes, addresses of people.
_TELLS_NOTHING = {"hide_parameters": True}


def _begin_writing(session: Session) -> None:
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        # On the connection that the view has read with: handing it back and fetching it again costs five times as much.
        _say(connection, "COMMIT")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _say(connection: Connection, what: str) -> None:
    """To the driver itself what waits for nobody and cannot fail: by SQLAlchemy it takes as long as a question."""
    connection.connection.dbapi_connection.execute(what)  # type: ignore[union-attr]


def engine_options(database_url: str) -> dict[str, Any]:
    """What SQLAlchemy's engine is made with, for either database."""
    if database_url.startswith("sqlite"):
        # autocommit: BEGIN is ours to say (below); the driver's own guess begins too late.
        return _TELLS_NOTHING | {"connect_args": {"isolation_level": None, "timeout": 10}}
    # READ COMMITTED whatever the server's default: `atomic` counts on it.
    pool = {"pool_size": 10, "max_overflow": 10, "pool_recycle": 1800}
    return _TELLS_NOTHING | {"isolation_level": "READ COMMITTED", **pool}


def tune_sqlite(engine: Engine) -> None:
    """WAL (readers never wait for the writer), each commit on the disk, foreign keys kept, BEGIN as it is wanted."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if connection.get_execution_options().get("passline_writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            _say(connection, "BEGIN")


def init(app: Flask) -> None:
    """Bind all of them to `app`."""
    db.init_app(app)
    with app.app_context():
        tune_sqlite(db.engine)
    doorbell.init(app.config["PASSLINE"])
    # Here and not above: it brings Alembic, and the gateway, which needs our models, needs none of that.
    from flask_migrate import Migrate

    Migrate(app, db, directory=app.config["MIGRATIONS"], compare_type=True, render_as_batch=True)
    login.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
