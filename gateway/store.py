"""All SQL of the gateway but the feed's: plain functions over SQLAlchemy Core, to be called in real threads only.

It reads who somebody is, what the log holds and where drivers are, and writes receipts and what is kept for those who
come back. Business rows are never written here. Where many ask at once, one call takes all of them (gathering.py).
`Away` is raised when the database does not answer; a connection that turned out to be dead is replaced once, unseen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Integer,
    bindparam,
    create_engine,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.config import Config
from app.contract.identity import Identity, Role
from app.extensions import engine_options, tune_sqlite
from app.models import ApiToken, EventLog, LiveFix, LogHead, Order, Person, Receipt, Recovery, Session, TrackingLink

from .frames import Fix, Row
from .log import PATIENCE

# How many people's orders one statement looks for (SQLite takes 500 selects in one).
_SEERS = 200

Kind = Literal["session", "token", "tracking"]
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


@dataclass(frozen=True, slots=True)
class Knock:
    """Who asks to come in: the key of a credential's row (a session's id, else a hash), and perhaps a pid's hash."""

    kind: Kind
    key: str
    pid_hash: str | None


@dataclass(frozen=True, slots=True)
class Admission:
    """The rows behind a knock, or None for each that is not there."""

    credential: Any
    recovery: Any


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
        self._log_rows, self._log_back, self._log_extent = _of_log(config.is_sqlite)
        self._credentials = _credentials(config.is_sqlite)
        self._keep = _keep(config.is_sqlite)

    # -- who somebody is -------------------------------------------------------------------------------------------

    @_reading
    def admissions(self, connection: Connection, knocks: Sequence[Knock]) -> list[Admission]:
        """The rows behind each of `knocks`: one statement for each kind of credential, one for what was kept."""
        credentials: dict[tuple[str, str], Any] = {}
        for kind, statement in self._credentials.items():
            keys = {knock.key for knock in knocks if knock.kind == kind}
            if keys:
                credentials |= {(kind, row.key): row for row in connection.execute(statement, {"keys": list(keys)})}
        hashes = {knock.pid_hash for knock in knocks if knock.pid_hash is not None}
        rows = connection.execute(_KEPT, {"keys": list(hashes)}) if hashes else ()
        kept = {row.pid_hash: row for row in rows}
        return [Admission(credentials.get((knock.kind, knock.key)), kept.get(knock.pid_hash)) for knock in knocks]

    @_reading
    def see_orders(self, connection: Connection, asked: Sequence[tuple[Identity, str]]) -> list[int]:
        """For each identity and number the version of such an order, or 0: none that pages and API would show it."""
        wanted: dict[_Seer, set[str]] = {}
        for identity, number in asked:
            wanted.setdefault(_Seer.of(identity), set()).add(number)
        seen: dict[tuple[_Seer, str], int] = {}
        everybody = tuple(wanted)
        for start in range(0, len(everybody), _SEERS):
            seers = everybody[start : start + _SEERS]
            queries = [
                select(literal(place, Integer), Order.number, Order.version).where(
                    Order.number.in_(wanted[seer]), *Order.seen_by(seer)
                )
                for place, seer in enumerate(seers)
            ]
            rows = connection.execute(union_all(*queries))
            seen |= {(seers[place], number): version for place, number, version in rows}
        return [seen.get((_Seer.of(identity), number), 0) for identity, number in asked]

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

    @_reading
    def before(self, connection: Connection, epoch: str, upto: int, limit: int) -> Sequence[Row]:
        """The last `limit` rows of all rooms up to position `upto`, newest first; none in another life of the log."""
        found = connection.execute(self._log_back, {"upto": upto, "limit": limit}).all()
        return [Row(epoch, *row) for row in found] if self._extent(connection).epoch == epoch else []

    def _extent(self, connection: Connection) -> Extent:
        epoch, n, pruned, oldest = connection.execute(self._log_extent).one()
        # Positions have no holes, so what lies before the oldest row is lost, even if nobody wrote down the pruning.
        return Extent(epoch, n, max(pruned, n if oldest is None else oldest - 1))

    # -- where drivers are -----------------------------------------------------------------------------------------

    @_reading
    def fixes(self, connection: Connection, after: int) -> tuple[int, Sequence[Fix]]:
        """What was written to `live_fixes` after number `after`, some thousands in order; up to which number (or 0)."""
        rows = connection.execute(_FIXES, {"after": after}).all()
        return rows[-1].n if rows else 0, [Fix(*row[1:]) for row in rows]

    @_reading
    def all_fixes(self, connection: Connection) -> tuple[int, Sequence[Fix]]:
        """All that rooms are told of drivers now, in order; up to which number (0: there is nothing)."""
        n = connection.execute(_FIXES_END).scalar_one()
        return n, [Fix(*row) for row in connection.execute(_ALL_FIXES)]

    # -- what the gateway writes -----------------------------------------------------------------------------------

    def write_receipts(self, receipts: Sequence[dict[str, Any]]) -> None:
        """Write a batch of receipts in one transaction."""
        self._write(insert(Receipt.__table__), receipts)

    def keep(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write what is kept for those who come back (columns of `recoveries`), over what was kept before.

        In one statement, of each pid the last row; in one order, so that two gateways cannot wait for each other.
        """
        last = {row["pid_hash"]: row for row in rows}
        self._write(self._keep, [last[pid_hash] for pid_hash in sorted(last)])

    def _write(self, statement: Any, rows: Sequence[dict[str, Any]]) -> None:
        try:
            with self.engine.connect().execution_options(passline_writes=True) as connection:
                connection.execute(statement, rows)
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

    @classmethod
    def of(cls, identity: Identity) -> "_Seer":
        return cls(identity.person_id, identity.role, identity.restaurant_id)


def _keys() -> Any:
    return bindparam("keys", expanding=True)


_KEPT = select(Recovery.pid_hash, Recovery.credential, Recovery.person_id, Recovery.channels, Recovery.used_at).where(
    Recovery.pid_hash.in_(_keys())
)

_FIX = (LiveFix.room, LiveFix.driver_id, LiveFix.data, LiveFix.at)
# With a limit PostgreSQL goes by the index, also while it has no statistics; the next read goes on where this one ends.
_FIXES = (
    select(LiveFix.n, *_FIX).where(LiveFix.n > bindparam("after", type_=BigInteger)).order_by(LiveFix.n).limit(5000)
)
_FIXES_END = select(func.coalesce(func.max(LiveFix.n), 0))
_ALL_FIXES = select(*_FIX).where(LiveFix.data.is_not(None)).order_by(LiveFix.n)


def _head(is_sqlite: bool) -> Any:
    """How far the log is numbered. On SQLite the id is the position."""
    if is_sqlite:
        return literal_column("coalesce((select seq from sqlite_sequence where name = 'event_log'), 0)")
    return select(LogHead.position).scalar_subquery()


def _credentials(is_sqlite: bool) -> dict[Kind, Any]:
    """For each kind the statement that finds its rows, and beside them how far the log was when they were like that."""
    as_of = _head(is_sqlite).label("as_of")

    def of_person(key: Any) -> Any:
        table = key.class_
        life = (table.id, table.ended_at, table.expires_at, table.created_at, table.second_factor)
        person = (Person.id.label("person_id"), Person.role, Person.restaurant_id, Person.is_active)
        whose: Any = table.person_id
        until: Any = null().label("acting_until")
        if table is Session:
            # Where an admin acts as somebody, the access is theirs.
            whose, until = func.coalesce(Session.acts_as_id, Session.person_id), Session.acting_until
        return select(key.label("key"), as_of, *life, until, *person).join(Person, Person.id == whose)

    link = TrackingLink
    of_link = select(
        link.token_hash.label("key"), as_of, link.id, link.ended_at, link.expires_at, link.created_at, Order.number
    ).join(Order, Order.id == link.order_id)
    return {
        "session": of_person(Session.id).where(Session.id.in_(_keys())),
        "token": of_person(ApiToken.token_hash).where(ApiToken.token_hash.in_(_keys())),
        "tracking": of_link.where(link.token_hash.in_(_keys())),
    }


def _keep(is_sqlite: bool) -> Any:
    """Insert, or replace all but the key. What is returned is not looked at: it makes many rows one statement."""
    new: Any = (sqlite if is_sqlite else postgresql).insert(Recovery.__table__)
    others = [column.name for column in Recovery.__table__.c if not column.primary_key]
    return new.on_conflict_do_update(
        index_elements=["pid_hash"], set_={name: new.excluded[name] for name in others}
    ).returning(Recovery.pid_hash)


def _of_log(is_sqlite: bool) -> tuple[Any, Any, Any]:
    """A page of the log forwards, the rows before a place, and its extent. On SQLite no row has a `position`."""
    place = EventLog.id if is_sqlite else EventLog.position
    rows = select(place, EventLog.room, EventLog.name, EventLog.data, EventLog.created_at)
    most = bindparam("limit", type_=Integer)
    page = (
        rows.where(EventLog.room.in_(bindparam("rooms", expanding=True)))
        .where(place > bindparam("after"), place <= bindparam("upto"))
        .order_by(place)
        .limit(most)
    )
    back = rows.where(place <= bindparam("upto")).order_by(place.desc()).limit(most)
    oldest = select(place).where(place.is_not(None)).order_by(place).limit(1).scalar_subquery()
    if is_sqlite:
        # An equality on the column between makes the index (room, position) reach down to the id.
        page = page.where(EventLog.position.is_(None))
    return page, back, select(LogHead.epoch, _head(is_sqlite), LogHead.pruned, oldest)
