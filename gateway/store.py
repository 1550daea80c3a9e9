"""All SQL of the gateway but the feed's: plain functions over SQLAlchemy Core, to be called in real threads only.

It reads who somebody is and what the log holds, and writes receipts. Business rows are never written here.
`Away` is raised when the database does not answer; a connection that turned out to be dead is replaced once, unseen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Integer, bindparam, create_engine, insert, literal_column, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.config import Config
from app.contract.identity import Identity, Role
from app.extensions import engine_options, tune_sqlite
from app.models import ApiToken, EventLog, LogHead, Order, Person, Receipt, Session, TrackingLink

from .frames import Row
from .log import PATIENCE

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class Away(Exception):
    """The database does not answer."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What the log holds now: the rows after position `lost`, up to `n`."""

    epoch: str
    n: int
    lost: int


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order of position; `end` is how far they reach; `lost`: some of what was asked for is pruned."""

    rows: Sequence[Row]
    end: int
    lost: bool


def _reading(
    query: Callable[Concatenate[Any, Connection, Arguments], Answer],
) -> Callable[Concatenate[Any, Arguments], Answer]:
    """Give `query` a connection and one read transaction; try again once on another connection if that one was dead."""

    @wraps(query)
    def run(store: Any, /, *arguments: Arguments.args, **named: Arguments.kwargs) -> Answer:
        for is_last in (False, True):
            try:
                with store.engine.connect() as connection:
                    return query(store, connection, *arguments, **named)
            except DBAPIError as error:
                if is_last or not error.connection_invalidated:
                    raise Away(str(error.orig)) from error
            except SQLAlchemyError as error:
                raise Away(str(error)) from error
        raise AssertionError("unreachable")

    return run


class Store:
    """The database, for one gateway."""

    def __init__(self, config: Config, threads: int) -> None:
        options = engine_options(config.database_url)
        if not config.is_sqlite:
            options |= {"pool_size": threads, "max_overflow": 0}
            options["connect_args"] = {
                "application_name": "passline-gateway",
                "options": "-c statement_timeout=8000",
                **PATIENCE,
            }
        self.engine: Engine = create_engine(config.database_url, **options)
        tune_sqlite(self.engine)
        self._log_rows, self._log_extent = _statements(config.is_sqlite)

    # -- who somebody is -------------------------------------------------------------------------------------------

    @_reading
    def session(self, connection: Connection, session_id: str) -> Any:
        """A session's row with its person's."""
        return connection.execute(_of_person(Session).where(Session.id == session_id)).one_or_none()

    @_reading
    def token(self, connection: Connection, digest: str) -> Any:
        """A bearer token's row with its person's."""
        return connection.execute(_of_person(ApiToken).where(ApiToken.token_hash == digest)).one_or_none()

    @_reading
    def link(self, connection: Connection, digest: str) -> Any:
        """A tracking link's row with the number of its order."""
        query = (
            select(TrackingLink.id, TrackingLink.ended_at, TrackingLink.expires_at, Order.number)
            .join(Order, Order.id == TrackingLink.order_id)
            .where(TrackingLink.token_hash == digest)
        )
        return connection.execute(query).one_or_none()

    @_reading
    def sees_order(self, connection: Connection, identity: Identity, number: str) -> bool:
        """Whether there is an order of this number that `identity` may see, as the pages and the API see it."""
        seer = _Seer(identity.person_id, identity.role, identity.restaurant_id)
        query = select(Order.id).where(Order.number == number, *Order.seen_by(seer))
        return connection.execute(query).first() is not None

    # -- what the log holds ----------------------------------------------------------------------------------------

    @_reading
    def extent(self, connection: Connection) -> Extent:
        """How far the log reaches, forwards and back."""
        return self._extent(connection)

    @_reading
    def page(self, connection: Connection, rooms: Sequence[str], epoch: str, after: int, upto: int, limit: int) -> Page:
        """The next `limit` rows of `rooms` after position `after`, up to `upto`.

        The extent is read after the rows: what was not pruned then, was not when the rows were read.
        """
        found = connection.execute(self._log_rows, {"rooms": rooms, "after": after, "upto": upto, "limit": limit}).all()
        extent = self._extent(connection)
        rows = [Row(epoch, *row) for row in found]
        return Page(
            rows,
            end=rows[-1].n if len(rows) == limit else upto,
            lost=extent.epoch != epoch or after < extent.lost,
        )

    def _extent(self, connection: Connection) -> Extent:
        epoch, n, pruned, oldest = connection.execute(self._log_extent).one()
        # Positions have no holes, so what lies before the oldest row is lost, even if nobody wrote down the pruning.
        return Extent(epoch, n, max(pruned, n if oldest is None else oldest - 1))

    # -- what the gateway writes -----------------------------------------------------------------------------------

    def write_receipts(self, receipts: Sequence[dict[str, Any]]) -> None:
        """Write a batch of receipts in one transaction."""
        try:
            with self.engine.connect().execution_options(passline_writes=True) as connection:
                connection.execute(insert(Receipt.__table__), receipts)
                connection.commit()
        except SQLAlchemyError as error:
            raise Away(str(error)) from error

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


@dataclass(frozen=True, slots=True)
class _Seer:
    """What `Order.seen_by` asks of a person."""

    id: int | None
    role: Role | None
    restaurant_id: int | None


def _of_person(table: type[Session] | type[ApiToken]) -> Any:
    return select(
        table.id, table.ended_at, table.expires_at, table.person_id, Person.role, Person.restaurant_id, Person.is_active
    ).join(Person, Person.id == table.person_id)


def _statements(is_sqlite: bool) -> tuple[Any, Any]:
    """The page of the log, and its extent. On SQLite the id is the position and the column stays null."""
    place = EventLog.id if is_sqlite else EventLog.position
    page = (
        select(place, EventLog.room, EventLog.name, EventLog.data, EventLog.created_at)
        .where(EventLog.room.in_(bindparam("rooms", expanding=True)))
        .where(place > bindparam("after"), place <= bindparam("upto"))
        .order_by(place)
        .limit(bindparam("limit", type_=Integer))
    )
    if is_sqlite:
        # An equality on the column between makes the index (room, position) reach down to the id.
        page = page.where(EventLog.position.is_(None))
        head: Any = literal_column("coalesce((select seq from sqlite_sequence where name = 'event_log'), 0)")
        oldest: Any = select(EventLog.id).order_by(EventLog.id).limit(1).scalar_subquery()
    else:
        head = LogHead.position
        oldest = (
            select(EventLog.position)
            .where(EventLog.position.is_not(None))
            .order_by(EventLog.position)
            .limit(1)
            .scalar_subquery()
        )
    return page, select(LogHead.epoch, head, LogHead.pruned, oldest)
