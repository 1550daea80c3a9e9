"""Statements that are planned once and then sent as they stand: the five of nearly every request.

SQLAlchemy writes their text, once for each database, and says how values go in and come out. What it does anew for
every execution is left out: to find the text by all parts of the statement, to copy the parameters, to make a context
and a result with its own type of row. Connection, transaction and errors stay SQLAlchemy's. A transition that took
2.9 ms of CPU time takes 2.4 this way; whatever is asked less often asks SQLAlchemy itself.

Several rows are one INSERT with several VALUES: psycopg's `executemany` took 0.44 ms of CPU time on both sides for
three rows of the log, and that takes 0.27. Ids are given in the order of the rows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection, Dialect, Float, Insert, Select, Update, bindparam
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
_Process = Callable[[Any], Any]
_CURSOR = "passline_cursor"
# Rows for one INSERT: psycopg remembers how a text is to be sent that has 50 parameters at most.
_AT_ONCE = 8


class Prepared:
    """A statement whose parameters have names; those of an INSERT are the columns that it fills."""

    def __init__(self, statement: Select[Any] | Insert | Update, *fills: str) -> None:
        # Inline: nobody wants to know the key of the new row, and the database need not tell it.
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._fills = fills
        self._plans: dict[tuple[str, int], _Plan] = {}

    def rows(self, connection: Connection, values: Values) -> list[list[Any]]:
        """What it finds or returns with these values: for each row a list in the order of the statement's columns."""
        plan = self._plan(connection.dialect)
        cursor = self._send(connection, plan, values)
        try:
            found = cursor.fetchall()
        except Exception as error:  # noqa: BLE001  (raised again, wrapped)
            _fail(connection, error, plan.text)
        return [plan.row(row) for row in found]

    def write(self, connection: Connection, *rows: Values) -> None:
        """Insert these rows, in this order."""
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            if len(some) == 1:
                self._send(connection, self._plan(connection.dialect), some[0])
            else:
                values = {f"{name}_{place}": row[name] for place, row in enumerate(some) for name in self._fills}
                self._send(connection, self._plan(connection.dialect, len(some)), values)

    def _send(self, connection: Connection, plan: "_Plan", values: Values) -> Any:
        """The cursor, once the statement was executed with these values."""
        parameters = plan.parameters(values)
        cursor = _cursor(connection)
        try:
            connection.dialect.do_execute(cursor, plan.text, parameters)
        except Exception as error:  # noqa: BLE001  (raised again, wrapped)
            _fail(connection, error, plan.text)
        return cursor

    def _plan(self, dialect: Dialect, rows: int = 1) -> "_Plan":
        plan = self._plans.get((dialect.name, rows))
        if plan is None:
            plan = self._plans[dialect.name, rows] = _Plan(self._of(rows), self._fills if rows == 1 else (), dialect)
        return plan

    def _of(self, rows: int) -> Select[Any] | Insert | Update:
        """The statement for so many rows: each has parameters of its own, with its number behind their names."""
        if rows == 1 or not isinstance(self._statement, Insert):
            return self._statement
        columns = {name: self._statement.table.c[name].type for name in self._fills}
        return self._statement.values(
            [
                {name: bindparam(f"{name}_{place}", type_=type_) for name, type_ in columns.items()}
                for place in range(rows)
            ]
        )


class _Plan:
    """A statement for one database: its text, and what is done to each value on its way in and out."""

    def __init__(self, statement: Select[Any] | Insert | Update, fills: Sequence[str], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=fills or None)
        binds = compiled.binds.items()
        self.text = str(compiled)
        self._places = compiled.positiontup
        self._constants = {name: bind.value for name, bind in binds if not bind.required}
        self._into = [(name, _into(bind.type, dialect)) for name, bind in binds if bind.required]
        out = [_out_of(column.type, dialect) for column in statement.exported_columns]
        self._out = [(place, process) for place, process in enumerate(out) if process]

    def parameters(self, values: Values) -> Any:
        """`values` as the driver takes them: by name, or each in its place."""
        named = {name: process(values[name]) if process else values[name] for name, process in self._into}
        named |= self._constants
        return tuple([named[name] for name in self._places]) if self._places else named

    def row(self, given: Sequence[Any]) -> list[Any]:
        """A row of the driver with its values as the types of their columns want them."""
        row = list(given)
        for place, process in self._out:
            row[place] = process(row[place])
        return row


def _into(type_: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _out_of(type_: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    if isinstance(type_, Float):
        # Both drivers hand out floats; SQLAlchemy's own processor asks for the type that a result says it has.
        return None
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _cursor(connection: Connection) -> Any:
    """The driver's cursor for statements like these: one for each connection of the driver, for as long as it lasts."""
    cursor = connection.info.get(_CURSOR)
    if cursor is None:
        cursor = connection.info[_CURSOR] = connection.connection.cursor()
    return cursor


def _fail(connection: Connection, error: Exception, text: str) -> NoReturn:
    """Raise `error` as SQLAlchemy does, which drops a connection that broke."""
    # Not a part of SQLAlchemy's public interface, but the one place where it decides what an error means.
    connection._handle_dbapi_exception(error, text, None, None, None)
