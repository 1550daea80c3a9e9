"""What the pages of background work are drawn with: jobs, the schedule, and text messages as far as they can come."""

import json
import secrets
from datetime import timedelta

from app.contract.times import now
from app.domain import (
    job_runs,
    jobs,
    scheduled_runs,
)
from app.extensions import atomic, db
from app.models import (
    HotspotUser,
    Job,
    Payment,
    Process,
    Restaurant,
    SmsMessage,
    WifiPackage,
)


def jobs_in_each_state(long_name: str) -> None:
    """A job in each state that an admin sees, and runs of the schedule; a worker that serves one of the queues."""
    hour = timedelta(hours=1)
    with atomic() as session:
        for n in range(3):
            jobs.add(session, "query_payment", f"payment:{n}:1", {"payment": n})
        for n in range(4):
            jobs.add(session, "send_credentials", f"pass:{n}:1", {"pass": n, "send": 1})
        jobs.add(session, "disconnect_hotspot_user", "pass:12", {"pass": 12}, due_at=now() + 3 * hour)
        settings = json.dumps({"QUEUES": "default"})
        seen_at = now() + 24 * hour
        session.add(Process(id="staged", kind="worker", host="kitchen-1", pid=4711, settings=settings, seen_at=seen_at))
    told = f"No answer for +254712345678 within 10 s {long_name}"
    *asked, _, _, failing, running = db.session.scalars(db.select(Job.id).order_by(Job.id).limit(7)).all()
    for id in asked[:2]:
        claim = job_runs.claim(id)
        assert claim is not None
        job_runs.fail(claim, RuntimeError(told if id == asked[0] else ""))
    claim = job_runs.claim(failing)
    assert claim is not None
    job_runs.fail(claim, ConnectionError("Connection refused by https://api.sandbox.africastalking.com/version1"))
    job_runs.claim(running)
    for n, name in enumerate(list(scheduled_runs.SCHEDULE)[1:]):
        at = now() - timedelta(seconds=10 + 7 * n)
        scheduled_runs.begin(name, at=at)
        if n == 2:
            scheduled_runs.fail(name, started_at=at, at=now(), error=TimeoutError("the database was locked"))
        elif n != 4:
            scheduled_runs.end(name, started_at=at, at=at + timedelta(seconds=0.3), rows=17 * n)


def text_messages(kitchen: Restaurant) -> None:
    """Text messages that came as far as one can, each with the code of a pass of its own."""
    phones = iter(f"+2547123456{number}" for number in range(10, 100))
    with atomic() as session:
        package = WifiPackage(restaurant_id=kitchen.id, name="One hour", minutes=60, price_minor=5000)
        session.add(package)
        session.flush()
        for number, (status, error, pass_status) in enumerate(
            (
                ("delivered", None, "active"),
                ("failed", "UserInBlacklist", "minted"),
                ("delivered", None, "active"),
                ("sent", None, "minted"),
                ("queued", "The provider answered 401: The supplied authentication is invalid", "minted"),
            )
        ):
            at, phone = now() - timedelta(minutes=50 - 11 * number), next(phones)
            payment = Payment(
                transaction_id=secrets.token_hex(16), callback_token=secrets.token_hex(16), method="mpesa",
                status="paid", wifi_package_id=package.id, phone=phone, amount_minor=5000, currency="KES",
                created_at=at, settled_at=at,
            )  # fmt: skip
            session.add(payment)
            session.flush()
            given = HotspotUser(
                package_id=package.id, restaurant_id=kitchen.id, payment_id=payment.id, phone=phone,
                code=secrets.token_hex(4).upper(), status=pass_status, expires_at=at + timedelta(days=30),
            )  # fmt: skip
            session.add(given)
            session.flush()
            session.add(
                SmsMessage(
                    kind="credentials",
                    phone=phone,
                    hotspot_user_id=given.id,
                    number=1 + (number == 3),
                    status=status,
                    error=error,
                    created_at=at,
                )
            )
