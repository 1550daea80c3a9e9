"""The list of orders as a CSV file: all pages of it, harmless in a spreadsheet, read in short transactions."""

import csv
import io

import pytest
from sqlalchemy import event

from app.extensions import atomic, db
from tests.factories import order_in, place


def table(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(
        csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")))
    )


def test_it_holds_every_order_of_every_batch(cast, as_person, monkeypatch):
    monkeypatch.setattr("app.domain.order_export.BATCH", 2)
    placed = [place(cast).order.number for _ in range(5)]
    rows = table(as_person(cast.admin).get("/admin/orders.csv"))
    assert [row["number"] for row in rows] == placed[::-1]
    assert (rows[0]["total"], rows[0]["currency"], rows[0]["restaurant"]) == ("21.50", "EUR", "The First Table")


@pytest.mark.parametrize("query", ["status=cancelled", "only=declined", "q=other", "fulfilment=pickup&q=other"])
def test_it_holds_what_the_list_is_narrowed_to(cast, as_person, query):
    place(cast)
    wanted = order_in(cast, "cancelled", customer=cast.other_customer)
    [row] = table(as_person(cast.admin).get(f"/admin/orders.csv?{query}"))
    assert (row["number"], row["cancellation_kind"]) == (wanted.number, "declined")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_cell_is_a_formula(cast, as_person):
    with atomic():
        cast.customer.name = '=HYPERLINK("https://evil.example")'
    place(cast)
    [row] = table(as_person(cast.admin).get("/admin/orders.csv"))
    assert row["customer"].startswith("'=")


def test_each_batch_is_a_transaction_of_its_own(cast, as_person, monkeypatch):
    monkeypatch.setattr("app.domain.order_export.BATCH", 1)
    for _ in range(3):
        place(cast)
    open_ones: list[int] = []
    started = lambda *_: open_ones.append(1)  # noqa: E731  (removed again below)
    ended = lambda *_: open_ones.pop()  # noqa: E731
    answer = as_person(cast.admin).get("/admin/orders.csv", buffered=False)
    event.listen(db.engine, "begin", started)
    event.listen(db.engine, "rollback", ended)
    between = [len(open_ones) for _ in answer.response]
    event.remove(db.engine, "begin", started)
    event.remove(db.engine, "rollback", ended)
    assert between == [0] * len(between)
    assert len(between) == 5


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_cannot_be_asked_is_refused(cast, as_person):
    assert as_person(cast.admin).get("/admin/orders.csv?status=eaten").status_code == 422
