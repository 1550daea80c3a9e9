"""No database call blocks the loop: while SQLite is locked, or PostgreSQL hangs, everybody else is served."""

import threading
from time import monotonic, sleep

from sqlalchemy import text

from app.extensions import db
from tests.factories import place


def test_a_lock_that_is_held_for_two_seconds_does_not_stop_the_loop(app, cast, backend, gateway, screen):
    """A receipt has to wait for the lock; pings of others do not."""
    order = place(cast).order
    waiting, other = screen(cast.vendor), screen(cast.colleague)
    waiting.ready()
    other.ready()
    db.session.rollback()
    lock = db.engine.connect().execution_options(passline_writes=True)
    lock.execute(text("select 1"))
    if backend == "postgresql":
        lock.execute(text("lock table receipts in access exclusive mode"))
    threading.Timer(2, lock.close).start()
    began, answered = monotonic(), []
    receipt = {"order_number": order.number, "version": 1, "audible": True, "visible": True}
    asking = threading.Thread(target=lambda: answered.append((waiting.ask("seen", receipt), monotonic() - began)))
    asking.start()
    slowest = 0.0
    while monotonic() - began < 1.8:
        asked = monotonic()
        assert gateway.get("/live").status_code == 200
        assert other.ask("nothing", {})["ok"] is False
        slowest = max(slowest, monotonic() - asked)
        sleep(0.02)
    asking.join()
    assert slowest < 0.5
    ((answer, took),) = answered
    assert answer == {"ok": True}
    assert took > 1.9
