"""The admin's order list and the API's, with a million orders: each page at any depth and with any single filter.

Measured on the server: the whole request through the application, without the network. Each filter is paged at the
top, in the middle and at the end; the slowest page is what counts.
"""

import os
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.contract.tokens import SESSION_ID
from app.domain.order_lists import PAID, SORTS
from app.domain.order_states import CANCELLED, FULFILMENTS, LABELS, PAYMENTS
from app.extensions import db
from app.models import Order, Person, Restaurant
from tests.factories import session_of

from .stage import DATABASES, Stage, stage
from .table import Row, percentile

ORDERS = int(os.environ.get("BENCH_ORDERS", "1000000"))
DEPTHS = (0.0, 0.1, 0.5, 0.9, 0.999)
REPEATS = 3
LIMIT_MS = 50.0


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what it is called, and where it is."""

    name: str
    url: str


def run() -> list[Row]:
    """Three rows per database: the admin's page, what that alone can be asked for, and the API."""
    return [row for database in DATABASES for row in _on(database)]


def _on(database: str) -> list[Row]:
    with stage(database) as scene:
        load(scene)
        if database == "PostgreSQL":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("vacuum analyze")
        filters = _filters()
        return [
            _row(scene, database, "/admin/orders", filters),
            _row(scene, database, "/admin/orders", _wide(filters), "by other filters and sorts"),
            _row(scene, database, "/api/orders", filters),
        ]


def load(scene: Stage) -> None:
    """Put the demo with so many orders into the database of `scene`."""
    loading = scene.app.test_cli_runner().invoke(args=["demo", "load", "--orders", str(ORDERS)])
    if loading.exit_code != 0:
        raise RuntimeError(loading.output) from loading.exception


def _row(scene: Stage, database: str, path: str, filters: list[dict[str, str]], how: str = "") -> Row:
    browser = scene.app.test_client()
    admin = db.session.scalars(select(Person).where(Person.role == "admin")).first()
    assert admin is not None
    with browser.session_transaction() as cookie:
        cookie[SESSION_ID] = session_of(admin).id
    newest, oldest = db.session.execute(select(func.max(Order.id), func.min(Order.id))).one()
    timed: list[tuple[float, str]] = []
    for chosen in filters:
        # The place in a list of another order is no id.
        for depth in DEPTHS if "sort" not in chosen else DEPTHS[:1]:
            after = {} if "sort" in chosen else {"after": int(newest - (newest - oldest) * depth) + 1}
            url = f"{path}?{urlencode({**chosen, **after})}"
            timed.append((min(_milliseconds(browser, url) for _ in range(REPEATS)), url))
    slowest, where = max(timed)
    middle = percentile([ms for ms, _ in timed], 50)
    return Row(
        f"{path}{how and f' {how}'} with {ORDERS:,} orders, {len(timed)} pages",
        database,
        f"median {middle:.0f} ms, slowest {slowest:.0f} ms",
        f"slowest: {where}",
        f"each < {LIMIT_MS:.0f} ms",
        slowest < LIMIT_MS,
    )


def _filters() -> list[dict[str, str]]:
    """No filter, each status, a large and a small restaurant, and searches for common and rare words and a number."""
    by_orders = select(Order.restaurant_id).group_by(Order.restaurant_id).order_by(func.count().desc())
    ids = list(db.session.scalars(by_orders))
    slugs = {row.id: row.slug for row in db.session.scalars(select(Restaurant))}
    number = db.session.scalars(select(Order.number).order_by(Order.id).limit(1)).one()
    names = db.session.scalars(select(Person.name).where(Person.role == "customer").order_by(Person.id)).all()
    words = {names[0].split()[0], names[-1].split()[-1], names[len(names) // 2].split()[0][:3]}
    return [
        {},
        *({"status": status} for status in LABELS),
        *({"restaurant": slugs[id]} for id in (ids[0], ids[-1])),
        {"q": number},
        {"q": "nosuchperson"},
        *({"q": word} for word in sorted(words)),
        {"q": sorted(words)[0][:2]},
    ]


def _wide(filters: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each filter and each sort that the admin's page has beside those, and some of them together."""
    word, restaurant = filters[-1]["q"], next(chosen["restaurant"] for chosen in filters if "restaurant" in chosen)
    middle = db.session.scalars(select(Order.created_at).order_by(Order.id).offset(ORDERS // 2).limit(1)).one()
    day = f"{middle:%Y-%m-%d}"
    return [
        *({"only": code} for code in ("late", "unclaimed", *CANCELLED)),
        *({"fulfilment": code} for code in FULFILMENTS),
        *({"payment": code} for code in (*PAYMENTS, *PAID)),
        {"begins": day, "ends": day},
        *({"sort": code} for code in SORTS),
        *({"sort": code, "status": "collected"} for code in SORTS),
        *({"sort": code, "restaurant": restaurant, "begins": day} for code in SORTS),
        {"q": word, "fulfilment": "delivery"},
        {"q": word, "payment": "mpesa", "sort": "total"},
        {"restaurant": restaurant, "payment": "mpesa", "fulfilment": "dine_in"},
    ]


def _milliseconds(browser: FlaskClient, url: str) -> float:
    began = time.perf_counter()
    answer = browser.get(url)
    passed = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{url}: {answer.status}")
    return passed * 1000
