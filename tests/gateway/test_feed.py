"""The feed outlives its database: nothing committed is lost, it is late, and everybody is told."""

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from flask_migrate import upgrade
from sqlalchemy import text

from app.contract import rooms
from app.contract.times import now
from app.domain import log
from app.extensions import atomic, db
from app.factory import create_app
from gateway import refusals
from tests.cast import make_cast
from tests.conftest import settings
from tests.factories import token_of
from tests.gateway.process import ROOT, Gateway
from tests.gateway.rows import head_now, numbers, place, write
from tests.gateway.screen import Screen
from tests.gateway.standstill import freeze, thaw
from tests.services import PostgresServer

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"


@pytest.fixture
def postgres():
    """A PostgreSQL that this test may stop."""
    if reason := PostgresServer.why_not():
        pytest.skip(reason)
    with PostgresServer(fsync=False) as server:
        yield server


def test_a_database_that_is_away_costs_lateness_and_nothing_else(postgres, screens):
    """Before, during and after: the socket stays, says nothing that is not so, and gets what comes, once."""
    config = settings(postgres.url)
    app = create_app(config)
    with app.app_context():
        upgrade(str(ROOT / "migrations"))
        vendor = make_cast().vendor
        room, token = rooms.vendor_orders(vendor.restaurant_id), token_of(vendor)
        gateway = Gateway(config).start()
        try:
            screen, knocking = Screen(gateway.port, {"token": token}), Screen(gateway.port, ask=False)
            screens += [screen, knocking]
            _, since = screen.ready()
            write(room, 1)
            assert numbers([screen.event()]) == [1]
            db.session.remove()
            db.engine.dispose()
            postgres.stop()

            knocking.send('40{"token":"any"}')
            knocking.until_closed(14)
            assert not knocking.disconnected
            screen.listen(4.5)
            answer = gateway.get("/ready")
            assert (answer.status_code, list(answer.json()["reasons"])) == (503, ["database"])
            answer = gateway.get(HANDSHAKE)
            assert (answer.status_code, answer.json()) == (503, refusals.DATABASE_AWAY.data)
            assert gateway.get("/live").status_code == 200

            postgres.start()
            write(room, 2, 3)
            assert numbers([screen.event(8), screen.event()]) == [2, 3]
            screen.beat()
            with Screen(gateway.port, {"token": token, "since": since}) as again:
                assert again.ready()[0]["recovered"] is True
                assert numbers(again.before) == [1, 2, 3]
        finally:
            gateway.remove()
            db.session.remove()
            db.engine.dispose()


def test_another_life_of_the_log_sends_everybody_to_reload(cast, own_gateway, screen):
    """A restored database has another epoch: whoever was connected returns, and is told that nothing is recovered."""
    gateway, room = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor, to=gateway)
    _, since = vendor.ready()
    epoch = since.partition("-")[0]
    with atomic() as session:
        session.execute(
            text("update log_head set epoch = :new"), {"new": epoch[::-1] if epoch != epoch[::-1] else "feed"}
        )
    vendor.until_closed(3)
    assert not vendor.disconnected
    again = screen(cast.vendor, {"since": since}, to=gateway)
    data, position = again.ready()
    assert data["recovered"] is False
    assert position.partition("-")[0] != epoch
    write(room, 1)
    assert numbers([again.event()]) == [1]


def test_a_sqlite_file_that_was_replaced_is_noticed(sqlite_app, tmp_path, screens):
    """A restore that moves a file into place leaves the open connection with the old one."""
    make_cast()
    path = Path(db.engine.url.database)
    copy = tmp_path / "copy.db"
    duplicate(path, copy)
    app = create_app(settings(f"sqlite:///{copy}"))
    gateway = Gateway(app.config["PASSLINE"]).start()
    try:
        with app.app_context():
            vendor = db.session.execute(text("select id, restaurant_id from people where role = 'vendor'")).first()
            token = token_of(type("Person", (), {"id": vendor.id}))
            screen = Screen(gateway.port, {"token": token})
            screens.append(screen)
            _, since = screen.ready()
            db.session.remove()
            db.engine.dispose()
            duplicate(copy, tmp_path / "restored.db")
            for left in tmp_path.glob("copy.db-*"):
                left.unlink()
            os.replace(tmp_path / "restored.db", copy)
            write(rooms.vendor_orders(vendor.restaurant_id), 1)
            assert numbers([screen.event(4)]) == [1]
            assert place(head_now()) == place(since) + 1
            db.session.remove()
            db.engine.dispose()
    finally:
        gateway.remove()


def duplicate(source, copy):
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("vacuum into ?", (str(copy),))


def test_a_stopped_gateway_misses_nothing(cast, own_gateway, screen):
    gateway, room = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor, to=gateway)
    vendor.ready()
    freeze(gateway)
    write(room, *range(50))
    thaw(gateway)
    assert numbers([vendor.event(6) for _ in range(50)]) == list(range(50))


def test_who_was_stopped_for_longer_than_the_log_is_kept_sends_everybody_to_reload(cast, own_gateway, screen):
    gateway, room = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor, to=gateway)
    since = vendor.ready()[-1]
    other = own_gateway()
    freeze(gateway)
    write(room, 1, 2)
    other.reaches(place(since) + 2)
    assert log.prune(now() + timedelta(seconds=1)) == 2
    write(room, 3)
    thaw(gateway)
    assert vendor.until_closed(8) == []
    assert not vendor.disconnected
    returned = screen(cast.vendor, {"since": since}, to=gateway)
    assert returned.ready()[0]["recovered"] is False
