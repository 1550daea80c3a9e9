"""The audit trail: narrowed, read by pages, and exported so that no spreadsheet runs what somebody wrote."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event

from app.contract.times import now
from app.domain import audit, busy, people
from app.extensions import atomic, db

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def trail(cast):
    """Three entries of the admin's, one of them of last week."""
    with time_machine.travel(now() - timedelta(days=7)):
        people.change_role(cast.other_driver, "customer", by=cast.admin)
    people.deactivate(cast.outsider, by=cast.admin)
    people.change(
        cast.vendor, by=cast.admin, name="=HYPERLINK(1)", phone=None, role="vendor", restaurant=cast.restaurant
    )


@pytest.fixture
def admin(cast, as_person):
    return as_person(cast.admin)


def rows(answer):
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


def test_instants_read_as_those_of_the_page_do(cast, admin):
    with time_machine.travel("2026-11-20T12:00:00+00:00", tick=False):
        busy.set_mode(cast.restaurant, "paused", until=now() + timedelta(minutes=30), by=cast.vendor)
    page = admin.get("/admin/audit").text
    assert "<ins>20 Nov 2026, 12:30 UTC</ins>" in page
    assert "2026-11-20T12:30:00.000Z</" not in page
    assert "2026-11-20T12:30:00.000Z" in rows(admin.get("/admin/audit.csv"))[0]["after"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 3),
        ("who=admin", 3),
        ("who=nobody", 0),
        ("action=person.deactivated", 1),
        ("subject=outsider", 1),
        ("subject=person:{outsider}", 1),
        ("subject=person:0", 0),
        ("since={today}", 2),
        ("until={yesterday}", 1),
        ("action=person.changed&since={today}", 1),
    ],
)
def test_it_is_narrowed(trail, admin, cast, query, found):
    days = {"today": now().date(), "yesterday": now().date() - timedelta(days=1)}
    query = query.format(**days, outsider=cast.outsider.id)
    page = admin.get(f"/admin/audit?{query}").text
    assert page.count('<time datetime="') == found
    assert len(rows(admin.get(f"/admin/audit.csv?{query}"))) == found


def test_it_says_what_was_and_what_became(trail, admin):
    page = admin.get("/admin/audit?action=person.changed").text
    assert "<del>Vendor Person</del>" in page
    assert "<ins>=HYPERLINK(1)</ins>" in page


def test_it_refuses_a_day_that_is_none(admin, cast):
    assert admin.get("/admin/audit?since=never").status_code == 422


@pytest.mark.parametrize("query", ["until=9999-12-31", "since=0001-01-01"])
@pytest.mark.parametrize("path", ["/admin/audit", "/admin/audit.csv"])
def test_it_refuses_the_ends_of_the_calendar(admin, cast, path, query):
    assert admin.get(f"{path}?{query}").status_code == 422


def test_it_goes_by_pages(cast, admin):
    with atomic() as session:
        for n in range(60):
            audit.record(session, "menu.changed", by=cast.admin, subject=("menu", n, f"Dish {n}"))
    first = admin.get("/admin/audit?subject=Dish").text
    assert first.count('<time datetime="') == 50
    last = admin.get(first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")).text
    assert last.count('<time datetime="') == 10


def test_the_export_has_all_of_it_however_long(cast, admin):
    with atomic() as session:
        for n in range(2100):
            audit.record(session, "menu.changed", by=cast.admin, subject=("menu", n, f"Dish {n}"))
    answer = admin.get("/admin/audit.csv")
    found = rows(answer)
    assert [row["id"] for row in found] == [str(n) for n in reversed(range(2100))]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    assert found[0].keys() >= {"at", "actor", "action", "before", "after", "address", "device"}


def test_each_batch_of_the_export_is_a_transaction_of_its_own(trail, admin, monkeypatch):
    monkeypatch.setattr("app.views.admin.audit._BATCH", 1)
    open_ones: list[int] = []
    started = lambda *_: open_ones.append(1)  # noqa: E731  (removed again below)
    ended = lambda *_: open_ones.pop()  # noqa: E731
    answer = admin.get("/admin/audit.csv", buffered=False)
    event.listen(db.engine, "begin", started)
    event.listen(db.engine, "rollback", ended)
    between = [len(open_ones) for _ in answer.response]
    event.remove(db.engine, "begin", started)
    event.remove(db.engine, "rollback", ended)
    assert between == [0] * 5


def test_a_name_that_is_a_formula_is_shown_as_it_stands(trail, admin):
    [row] = rows(admin.get("/admin/audit.csv?action=person.changed&subject=HYPERLINK"))
    assert row["subject"] == "'=HYPERLINK(1)"


def test_what_looks_like_an_instant_and_is_somebodys_words_stays(cast, admin):
    words = "9999-99-99T99:99:99Z"
    with atomic() as session:
        audit.record(
            session, "person.access_ended", by=cast.vendor, subject=("person", 1, "V"), before={"device": words}
        )
    assert words in admin.get("/admin/audit").text
