"""What the doctor says where processes are missing. Last, and each test with fewer: nobody is started again."""

import pytest
from sqlalchemy import text

from app.extensions import db
from tests.doctor.installation import doctor, trace
from tests.factories import place


@pytest.fixture
def backend():
    """The database makes no difference here."""
    return "sqlite"


def test_no_worker(started, people):
    started.run("web", "gateway")
    order = place(people).order
    db.session.rollback()
    with db.engine.begin() as connection:
        late = text("update orders set due_at = '2020-01-01 00:00:00.000000' where id = :id")
        connection.execute(late, {"id": order.id})
    report = doctor(started.app)
    # It took its row away when it stopped.
    assert "no worker uses this database" in report.says("worker")
    assert "past their time" in report.says("deadlines")
    assert report.of_verdict("wrong") == ["worker", "deadlines"]
    assert {report.verdict(f"queue {name}") for name in ("default", "payments")} == {"cannot say"}
    assert report.verdict("event") == "ok"


def test_no_web(started):
    started.run("gateway")
    report = doctor(started.app)
    assert "does not answer" in report.says("web")
    assert report.verdict("log-in") == "cannot say"


def test_no_gateway(started, people):
    started.run()
    order = place(people).order
    report = doctor(started.app)
    assert "python -m gateway" in report.says("gateway")
    assert report.verdict("socket") == "cannot say"
    told = next(line for line in trace(started.app, order.number) if "OrderReceived" in line)
    assert "NOT SENT: no gateway lives" in told
