"""What is too old to come back to goes."""

from datetime import timedelta

from app.contract.times import now
from app.extensions import atomic, db
from app.jobs import pruning
from app.models import Receipt, Recovery


def test_it_forgets_what_nobody_has_used_for_as_long_as_the_log_is_kept(app):
    hours = app.config["PASSLINE"].log_retention_hours
    with atomic() as session:
        for name, age in (("old", hours + 1), ("older", hours * 2), ("young", hours - 1)):
            used_at = now() - timedelta(hours=age)
            session.add(Recovery(pid_hash=name, credential="session:a", person_id=1, channels="{}", used_at=used_at))
    assert pruning.forget_recoveries() == 2
    assert db.session.scalars(db.select(Recovery.pid_hash)).all() == ["young"]
    assert pruning.forget_recoveries() == 0


def test_it_forgets_what_screens_drew_a_month_ago(app):
    with atomic() as session:
        for days in (29, 31):
            drawn = {"order_number": f"D{days}", "version": 1, "person_id": 1, "screen_id": "s"}
            session.add(Receipt(**drawn, audible=True, visible=True, seen_at=now() - timedelta(days=days)))
    assert pruning.forget_receipts() == 1
    assert db.session.scalars(db.select(Receipt.order_number)).all() == ["D29"]
