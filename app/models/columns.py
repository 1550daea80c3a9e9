"""Column types and spellings that every table shares: keys, instants, and the primary key's name."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, String, TypeDecorator, text
from sqlalchemy.orm import MappedColumn, mapped_column

# SQLite numbers rows by itself only in a column that is spelt INTEGER.
BigInt = BigInteger().with_variant(Integer, "sqlite")
Key = Annotated[int, mapped_column(BigInt, primary_key=True)]


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC on both databases (SQLite forgets zones; a naive one is refused)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: UTC, and without its zone where the database would drop it anyway."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        """From the database: aware, in UTC. Every page reads dozens, and on SQLite each is text: read in one step."""
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From a database that knows zones."""
        return None if value is None else value.astimezone(UTC)


def _of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def reference(target: str, **options: Any) -> MappedColumn[Any]:
    """A foreign key column to `target` (`table.column`); the database refuses to orphan it."""
    return mapped_column(BigInt, ForeignKey(target, ondelete="RESTRICT"), **options)


def choice(length: int = 20) -> String:
    """A short word out of a list that code or a CHECK holds."""
    return String(length)


def running_out(table: str) -> Index:
    """The index by which the worker finds, each second, which accesses have run out and were not ended yet."""
    open_ones = text("ended_at is null")
    return Index(f"ix_{table}_running_out", "expires_at", postgresql_where=open_ones, sqlite_where=open_ones)
