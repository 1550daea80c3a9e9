"""Statements that are planned once and then sent as they stand: the five of nearly every request.

SQLAlchemy writes their text, once for each database, and says how values go in and come out. What it does anew for
every execution is left out: to find the text by all parts of the statement, to copy the parameters, to make a context
and a result with its own type of row. Connection, transaction and errors stay SQLAlchemy's. A transition that took
2.9 ms of CPU time takes 2.4 this way; whatever is asked less often asks SQLAlchemy itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from sqlalchemy import Connection, Dialect, Float, Insert, Select, Update
from sqlalchemy.types import TypeEngine

Values = Mapping[str, Any]
_Process = Callable[[Any], Any]
_CURSOR = "passline_cursor"


class Prepared:
    """A statement whose parameters have names; those of an INSERT are the columns that it fills."""

    def __init__(self, statement: Select[Any] | Insert | Update, *fills: str) -> None:
        # Inline: nobody wants to know the key of the new row, and the database need not tell it.
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._fills = fills or None
        self._plans: dict[str, _Plan] = {}

    def rows(self, connection: Connection, values: Values) -> list[list[Any]]:
        """What it finds or returns with these values: for each row a list in the order of the statement's columns."""
        plan = self._plan(connection.dialect)
        cursor = _cursor(connection)
        try:
            connection.dialect.do_execute(cursor, plan.text, plan.parameters(values))
            found = cursor.fetchall()
        except Exception as error:  # noqa: BLE001  (raised again, wrapped)
            _fail(connection, error, plan.text)
        return [plan.row(row) for row in found]

    def write(self, connection: Connection, *rows: Values) -> None:
        """Send it for each of these rows."""
        plan = self._plan(connection.dialect)
        parameters = [plan.parameters(row) for row in rows]
        cursor = _cursor(connection)
        try:
            if len(parameters) == 1:
                connection.dialect.do_execute(cursor, plan.text, parameters[0])
            else:
                connection.dialect.do_executemany(cursor, plan.text, parameters)
        except Exception as error:  # noqa: BLE001  (raised again, wrapped)
            _fail(connection, error, plan.text)

    def _plan(self, dialect: Dialect) -> "_Plan":
        plan = self._plans.get(dialect.name)
        if plan is None:
            plan = self._plans[dialect.name] = _Plan(self._statement, self._fills, dialect)
        return plan


class _Plan:
    """A statement for one database: its text, and what is done to each value on its way in and out."""

    def __init__(self, statement: Select[Any] | Insert | Update, fills: Sequence[str] | None, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=fills)
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
