"""Instants as everybody writes them: aware datetimes in UTC inside, ISO 8601 with `Z` and milliseconds outside."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def iso(at: datetime) -> str:
    """`at` (aware) as ISO 8601 in UTC with milliseconds and `Z`, e.g. `2026-11-20T18:04:05.123Z`."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def iso_or_none(at: datetime | None) -> str | None:
    """`iso(at)`, or None for None."""
    return None if at is None else iso(at)
