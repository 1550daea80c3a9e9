"""Records the statements of a real transition, so that the bare view can send the very same ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

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
    """The statements that `act` sent, in order, without BEGIN."""
    statements: list[Statement] = []

    def note(_connection: object, _cursor: object, sql: str, parameters: Any, _context: object, many: bool) -> None:
        if not sql.startswith("BEGIN"):
            statements.append(Statement(sql, parameters, many))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return statements
