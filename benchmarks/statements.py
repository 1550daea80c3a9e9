"""Records the statements of a real transition, so that the bare view can send the very same ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.extensions import db


@dataclass(frozen=True, slots=True)
class Statement:
    """What reached the driver. `parameters` is a list of them where `many`."""

    sql: str
    parameters: Any
    many: bool

    def with_version(self, version: int) -> "Statement":
        """The history row's insert for another version of the order."""
        if isinstance(self.parameters, dict):
            return Statement(self.sql, {**self.parameters, "version": version}, self.many)
        order_id, _version, *rest = self.parameters
        return Statement(self.sql, (order_id, version, *rest), self.many)


def recorded(act: Callable[[], None]) -> list[Statement]:
    """The statements that `act` sent, in order, without those that begin and end a transaction."""
    statements: list[Statement] = []
    dialect = db.engine.dialect
    one, many = dialect.do_execute, dialect.do_executemany

    def note_one(cursor: Any, sql: str, parameters: Any, context: Any = None) -> None:
        if not sql.startswith(("BEGIN", "COMMIT")):
            statements.append(Statement(sql, parameters, many=False))
        one(cursor, sql, parameters, context)

    def note_many(cursor: Any, sql: str, parameters: Any, context: Any = None) -> None:
        statements.append(Statement(sql, parameters, many=True))
        many(cursor, sql, parameters, context)

    # The last place that SQLAlchemy and app/models/prepared.py both go through.
    dialect.do_execute, dialect.do_executemany = note_one, note_many
    try:
        act()
    finally:
        del dialect.do_execute, dialect.do_executemany
    return statements
