"""A database that was put back to an earlier moment: another epoch, and everybody is told to reload."""

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app.contract import rooms
from app.domain import log
from app.extensions import db
from app.factory import create_app
from tests.cast import make_cast
from tests.conftest import settings
from tests.factories import token_of
from tests.gateway.process import Gateway
from tests.gateway.rows import head_now, numbers, place, put_back, write
from tests.services import RedisServer


def epoch_of(position):
    return position.partition("-")[0]


def is_sent_to_reload(watching, since, return_):
    """The connection is closed without DISCONNECT, and who returns is told that nothing is recovered."""
    watching.until_closed(8)
    assert not watching.disconnected
    returned = return_({"since": since})
    data, position = returned.ready()
    assert data["recovered"] is False
    assert epoch_of(position) != epoch_of(since)
    return returned


def test_a_gateway_notices_that_the_database_went_back(cast, own_gateway, screen):
    """The rows that are written next have places that the screens know already."""
    gateway, room = own_gateway(), rooms.vendor_orders(cast.restaurant.id)
    vendor = screen(cast.vendor, to=gateway)
    _, start = vendor.ready()
    write(room, 1, 2, 3)
    since = [vendor.event() for _ in range(3)][-1][3]
    put_back(place(start) + 1)
    returned = is_sent_to_reload(vendor, since, lambda auth: screen(cast.vendor, auth, to=gateway))
    write(room, "another 2")
    name, _, data, position = returned.event()
    assert (name, data["n"], place(position)) == ("passline.test", "another 2", place(start) + 2)


def test_the_command_sends_everybody_to_reload(cast, own_gateway, screen):
    gateway = own_gateway()
    vendor = screen(cast.vendor, to=gateway)
    _, since = vendor.ready()
    position = log.renew_epoch()
    assert (position.n, epoch_of(head_now())) == (place(since), position.epoch)
    is_sent_to_reload(vendor, since, lambda auth: screen(cast.vendor, auth, to=gateway))


def test_a_restored_sqlite_file_is_noticed(sqlite_app, tmp_path, screen):
    """A backup is moved into the place of the file while the gateway runs."""
    make_cast()
    path, copy, backup = Path(db.engine.url.database), tmp_path / "copy.db", tmp_path / "backup.db"
    duplicate(path, copy)
    app = create_app(settings(f"sqlite:///{copy}"))
    with app.app_context():
        vendor = db.session.execute(text("select id, restaurant_id from people where role = 'vendor'")).first()
        room, token = rooms.vendor_orders(vendor.restaurant_id), token_of(type("Person", (), {"id": vendor.id}))
        write(room, 0)
        gateway = Gateway(app.config["PASSLINE"]).start()
        try:
            watching = screen(auth={"token": token}, to=gateway)
            watching.ready()
            db.session.remove()
            duplicate(copy, backup)
            write(room, 1, 2)
            since = [watching.event(), watching.event()][-1][3]
            db.session.remove()
            db.engine.dispose()
            os.replace(backup, copy)
            for left in tmp_path.glob("copy.db-*"):
                left.unlink()
            is_sent_to_reload(watching, since, lambda auth: screen(auth={"token": token, **auth}, to=gateway))
            assert epoch_of(head_now()) != epoch_of(since)
        finally:
            gateway.remove()
            db.session.remove()
            db.engine.dispose()


def duplicate(source, copy):
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("vacuum into ?", (str(copy),))


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("with_redis", [True, False])
def test_every_gateway_tells_its_screens(app, cast, gateways, with_redis, screen):
    """Whoever notices first renews the epoch, once for all."""
    shared = gateways.pop("postgresql", None)
    if shared is not None:
        shared.remove()
    if with_redis and (reason := RedisServer.why_not()):
        pytest.skip(reason)
    redis = RedisServer().start() if with_redis else None
    config = replace(app.config["PASSLINE"], redis_url=redis.url if redis else None)
    running = []
    try:
        running = [Gateway(config).start() for _ in range(2)]
        screens = [screen(cast.vendor, to=gateway) for gateway in running]
        room, (_, start) = rooms.vendor_orders(cast.restaurant.id), screens[0].ready()
        screens[1].ready()
        write(room, 1, 2)
        for each in screens:
            since = [each.event(), each.event()][-1][3]
        put_back(place(start) + 1)
        returned = [
            is_sent_to_reload(each, since, lambda auth, to=gateway: screen(cast.vendor, auth, to=to))
            for each, gateway in zip(screens, running, strict=True)
        ]
        write(room, "another 2")
        events = [each.event(8) for each in returned]
        assert [numbers([event]) for event in events] == [["another 2"]] * 2
        assert events[0][3] == events[1][3] == head_now()
    finally:
        for server in (*running, *([redis] if redis else [])):
            server.remove()
