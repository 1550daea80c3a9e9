"""The gateway's SQL."""

from contextlib import closing

import pytest
from sqlalchemy import insert, text

from app.contract.identity import Identity, Role
from app.contract.times import now
from app.extensions import db
from app.models import EventLog
from gateway.store import Away, Store
from tests.conftest import settings
from tests.gateway.rows import write

PARAMETERS = {"rooms": ["user.1", "user.2"], "after": 1000, "upto": 10**9, "limit": 500}


@pytest.fixture
def store(app):
    with closing(Store(app.config["PASSLINE"], 2)) as store:
        yield store


def plan(store, connection):
    """How the database would read a page of the log, in its own words."""
    query = store._log_rows.params(PARAMETERS).compile(store.engine, compile_kwargs={"literal_binds": True})
    explain = "explain query plan" if connection.dialect.name == "sqlite" else "explain"
    return str(connection.execute(text(f"{explain} {query}")).all())


def test_a_page_of_the_log_is_read_by_its_index(app, backend, store):
    """However long the log is, and however quiet the rooms are. No gateway may see these rows: they are rolled back."""
    with store.engine.connect() as connection:
        rows = [
            {
                "event_id": "0" * 32,
                "room": f"user.{n % 500}",
                "name": "x",
                "data": "{}",
                "created_at": now(),
                "position": None if backend == "sqlite" else 10**6 + n,
            }
            for n in range(20_000)
        ]
        connection.execute(insert(EventLog.__table__), rows)
        connection.exec_driver_sql("analyze event_log")
        assert "ix_event_log_room_position" in plan(store, connection)


def test_a_database_that_is_not_there_is_away(tmp_path):
    store = Store(settings(f"sqlite:///{tmp_path}/nowhere/passline.db"), 1)
    with pytest.raises(Away):
        store.extent()
    with pytest.raises(Away):
        store.write_receipts([{"order_number": "A"}])


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_dead_connection_is_replaced_unseen(app, backend, store):
    """A server that was restarted between two calls costs nobody a refusal."""
    write("user.1", 1)
    store.extent()
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'passline-gateway'"
            " and datname = current_database()"
        )
    assert store.extent().epoch


def test_it_sees_an_order_as_the_pages_do(app, store):
    assert store.see_orders([(Identity("session:a", 1, Role.ADMIN), "NONE")]) == [0]
