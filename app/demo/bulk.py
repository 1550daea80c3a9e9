"""Many rows, fast: COPY on PostgreSQL, one prepared statement on SQLite, inside the transaction that is open.

Values go to the driver as they are, past SQLAlchemy's types: instants are text in UTC, which both databases read.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, select, text
from sqlalchemy.orm import Session

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (without a zone, as SQLite keeps instants)


def write(session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows` into `columns` of `table`."""
    connection = session.connection()
    driver: Any = connection.connection.driver_connection
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        session.execute(text("set local time zone 'UTC'"))
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join("?" * len(columns))
        driver.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608  (our own names)


def take_ids(session: Session, table: Table, count: int) -> Sequence[int]:
    """`count` ids of `table`, ascending, that nobody else gets."""
    if session.connection().dialect.name == "postgresql":
        query = text("select nextval(pg_get_serial_sequence(:table, 'id')) from generate_series(1, :count)")
        return session.scalars(query, {"table": table.name, "count": count}).all()
    last = session.scalar(select(func.max(table.c.id))) or 0
    return range(last + 1, last + 1 + count)


def instant(millis: int) -> str:
    """Milliseconds since 1970 as both databases keep an instant when they are given text."""
    return (_EPOCH + timedelta(milliseconds=millis)).isoformat(" ", "microseconds")
