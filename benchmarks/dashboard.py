"""The figures of the dashboard and the daily books, with a million orders and a payment for each that was paid.

Each statement by itself, on the server, without the page; then the whole fragment, which a screen fetches once a
second at most. The slowest statement is what counts.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.contract.times import now
from app.contract.tokens import SESSION_ID
from app.domain import attention, days, reconciliation, statistics, takings
from app.extensions import atomic, db
from app.models import Person
from tests.factories import session_of

from .lists import ORDERS, load
from .stage import DATABASES, Stage, stage
from .table import Row, percentile

REPEATS = int(os.environ.get("BENCH_REPEATS", "7"))
LIMIT_MS = 50.0
_RANDOM = {"SQLite": "lower(hex(randomblob(16)))", "PostgreSQL": "md5(random()::text || id::text)"}
# What handing over and M-Pesa would have written for the demo's past.
_PAYMENTS = """
    insert into payments (transaction_id, callback_token, method, status, version, order_id, phone, amount_minor,
                          currency, receipt, created_at, changed_at, settled_at, queries)
    select {random}, {random}, payment_method, 'paid', 1, id, '', total_minor, currency,
           case when payment_method = 'mpesa' then 'R' || number end, confirmed_at, changed_at,
           case when payment_method = 'mpesa' then confirmed_at else changed_at end, 0
      from orders
     where payment_status = 'paid' and confirmed_at is not null and total_minor > 0 order by id
"""


def run() -> list[Row]:
    """Two rows per database: its statements, and the fragment of the page."""
    return [row for database in DATABASES for row in _on(database)]


def _on(database: str) -> list[Row]:
    with stage(database) as scene:
        load(scene)
        with atomic() as session:
            session.execute(text(_PAYMENTS.format(random=_RANDOM[database])))
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("vacuum analyze" if database == "PostgreSQL" else "analyze")
        return [statements(database), _fragment(scene, database)]


def statements(database: str) -> Row:
    """The row of all statements on the database of the current application."""
    session = db.session()
    timed = {name: _median(ask, session) for name, ask in _asked(session, now()).items()}
    slowest = max(timed, key=lambda name: timed[name])
    return Row(
        f"each statement of the dashboard and the daily books, {ORDERS:,} orders, {len(timed)} statements",
        database,
        f"median {percentile(list(timed.values()), 50):.1f} ms, slowest {timed[slowest]:.1f} ms",
        f"slowest: {slowest}",
        f"each < {LIMIT_MS:.0f} ms",
        timed[slowest] < LIMIT_MS,
    )


def _asked(session: Session, at: datetime) -> dict[str, Callable[[Session], Any]]:
    zone = days.house_zone(session)
    today = at.astimezone(zone).date()
    midnight, week = days.midnight(today, zone), days.midnight(today - timedelta(days=6), zone)
    spans = [days.span_of(today - timedelta(days=back), zone) for back in range(14)]
    hours = [*days.hours_of(today, zone), *days.hours_of(today - timedelta(days=7), zone)]
    yesterday = today - timedelta(days=1)
    return {
        "zone": days.house_zone,
        "money of 14 days": lambda session: takings.taken(session, spans),
        "orders by the hour": lambda session: statistics.confirmed_in(session, hours),
        "open orders": statistics.open_orders,
        "late": lambda session: statistics.how_many(session, statistics.late(at)),
        "unclaimed": lambda session: statistics.how_many(session, statistics.unclaimed(session, at)),
        "acceptance of 7 days": lambda session: statistics.acceptance(session, week),
        "cancellations of 7 days": lambda session: statistics.cancellations(session, midnight, week),
        "open payments": attention.open_payments,
        "refunds owed": attention.owed,
        "dead jobs": attention.dead_jobs,
        "failed messages": lambda session: attention.failed_messages(session, week),
        "Wi-Fi sessions": attention.wifi_sessions,
        "passes": lambda session: attention.passes_minted(session, midnight),
        **{
            f"books: {name}": lambda session, ask=ask: ask(session, days.span_of(yesterday, zone))
            for name, ask in reconciliation.PARTS.items()
        },
        "books: 100 receipts": lambda session: list(reconciliation.receipts(session, yesterday, zone, 100)),
    }


def _median(ask: Callable[[Session], Any], session: Session) -> float:
    return percentile([_milliseconds(ask, session) for _ in range(REPEATS)], 50)


def _milliseconds(ask: Callable[[Session], Any], session: Session) -> float:
    session.expire_all()
    began = time.perf_counter()
    ask(session)
    return (time.perf_counter() - began) * 1000


def _fragment(scene: Stage, database: str) -> Row:
    browser = scene.app.test_client()
    admin = db.session.scalars(select(Person).where(Person.role == "admin")).first()
    assert admin is not None
    with browser.session_transaction() as cookie:
        cookie[SESSION_ID] = session_of(admin).id
    timed = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        answer = browser.get("/admin/dashboard")
        timed.append((time.perf_counter() - began) * 1000)
        if answer.status_code != 200:
            raise RuntimeError(answer.status)
    middle = percentile(timed, 50)
    measure = f"the whole dashboard, {ORDERS:,} orders"
    told = f"median {middle:.0f} ms, slowest {max(timed):.0f} ms"
    return Row(measure, database, told, "fetched once a second at most", "< 200 ms", middle < 200)
