"""All orders that a list is narrowed to, as rows of a table: a million of them in the memory of one batch.

Each batch is a read of its own on a connection of its own: no transaction stays open while somebody's slow line takes
the rows, which would keep SQLite's log from being written back and PostgreSQL from cleaning up. So a table is true of
each order at the moment at which its batch was read; one that is read newest first has nothing that came meanwhile.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.contract.times import iso
from app.models import Order, Person, Restaurant

from . import order_lists
from .money import decimal_string
from .order_lists import Cursor, Wanted

BATCH = 1000
COLUMNS = (
    "number", "status", "restaurant", "customer", "phone", "fulfilment", "payment_method", "payment_status", "items",
    "total", "currency", "created_at", "placed_at", "accepted_at", "promised_by", "changed_at", "cancellation_kind",
    "cancellation_reason",
)  # fmt: skip
_ROWS = (
    select(
        Order.id,
        Order.number,
        Order.status,
        Restaurant.name,
        Person.name,
        Person.phone,
        Order.fulfilment,
        Order.payment_method,
        Order.payment_status,
        Order.items_count,
        Order.total_minor,
        Order.currency,
        Order.created_at,
        Order.placed_at,
        Order.accepted_at,
        Order.promised_by,
        Order.changed_at,
        Order.cancellation_kind,
        Order.cancellation_reason,
    )
    .join_from(Order, Restaurant, Restaurant.id == Order.restaurant_id)
    .join(Person, Person.id == Order.customer_id)
)
_TOTAL = 9


def rows(engine: Engine, wanted: Wanted) -> Iterator[Sequence[Any]]:
    """A row for each order that is wanted, in the order that is wanted; the first one holds the names of the columns.

    Instants are ISO 8601 UTC, the total is a decimal number.
    """
    yield COLUMNS
    after: Cursor | None = None
    while True:
        with Session(engine) as session:
            found = order_lists.page(session, wanted, after, BATCH)
            batch = _read(session, found.ids)
        yield from batch
        if found.next is None:
            return
        after = found.next


def _read(session: Session, ids: Sequence[int]) -> list[Sequence[Any]]:
    by_id = {row[0]: _spelt(row[1:]) for row in session.execute(_ROWS.where(Order.id.in_(ids)))}
    return [by_id[id] for id in ids if id in by_id]


def _spelt(row: Sequence[Any]) -> list[Any]:
    cells = [iso(cell) if isinstance(cell, datetime) else cell for cell in row]
    cells[_TOTAL] = decimal_string(row[_TOTAL], row[_TOTAL + 1])
    return cells
