"""Payments while the worker and web are killed: guests who pay, a provider that says anything, and who kills.

Everything is real: gunicorn, the worker, the simulators' process, the database. Guests pay by the API; what the
provider does to each of them is drawn from the seed, and so is who is killed and when. `settle` brings all of it to
rest, the half hour of silence as a clock that was put on; what then must hold is counted in books.py.
"""

import os
import random
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import sqlalchemy
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, update

from app.contract.times import now
from app.extensions import atomic, db
from app.factory import create_app
from app.models import Job, Order, Payment
from app.models.payment import LIVE
from tests.cast import Cast, make_cast
from tests.conftest import settings
from tests.factories import order_in, token_of, wifi_package
from tests.processes import SimulatorProcess, Web, Worker
from tests.services import PostgresServer, free_port

from .faults import _children

# What the provider does, and how often in a hundred.
PIN = {"approve": 76, "cancel": 18, "wrong": 6}
PUSH = {"answer": 92, "error": 3, "hang": 3, "swallow": 2}
QUERY = {"answer": 90, "error": 5, "processing": 5}
FORGED = {"none": 80, "checkout_id": 4, "amount": 4, "phone": 4, "secret": 4, "token": 4}
CALLBACKS = {
    "once": 45,
    "twice": 18,
    "never": 10,
    "out_of_order": 9,
    "success_then_failure": 9,
    "failure_then_success": 9,
}
_WIFI, _CALLS_OFF, _LATE = 0.25, 0.1, 0.2
_GUESTS_AT_ONCE = 6
_GUESTS_BETWEEN_KILLS = 3, 9
_LATEST = 3  # seconds
_HALF_AN_HOUR = timedelta(minutes=31)
PATIENCE = 120.0


@dataclass
class Market:
    """An installation with its provider, and what was done to it."""

    app: Flask
    cast: Cast
    web: Web
    worker: Worker
    provider: SimulatorProcess
    package_id: int
    draw: random.Random
    http: httpx.Client
    token: str
    answers: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)

    def ask(self, path: str) -> list[dict[str, object]]:
        """A list of the provider's."""
        return list(httpx.get(f"{self.provider.http}{path}", timeout=30).raise_for_status().json()["items"])

    def tell(self, path: str, **said: object) -> None:
        """One of the provider's switches."""
        httpx.post(f"{self.provider.http}{path}", json=said, timeout=60).raise_for_status()


@contextmanager
def market(*, seed: int, postgres: bool) -> Iterator[Market]:
    """An installation in which nobody has paid yet."""
    with ExitStack() as closing:
        server = closing.enter_context(PostgresServer(fsync=False)) if postgres else None
        folder = Path(closing.enter_context(TemporaryDirectory(prefix="passline-payments-")))
        url = server.create_database("payments") if server else f"sqlite:///{folder}/payments.db"
        app, processes = _installation(url)
        with app.app_context():
            upgrade(str(Path(__file__).resolve().parents[2] / "migrations"))
            cast = make_cast()
            with atomic():
                cast.restaurant.currency = "KES"
            package = wifi_package(cast.restaurant, price_minor=5000)
            for process in processes:
                closing.callback(process.remove)
                process.start()
            provider, web, worker = processes
            http = closing.enter_context(httpx.Client(base_url=web.http, timeout=30))
            draw = random.Random(seed)
            yield Market(app, cast, web, worker, provider, package.id, draw, http, token_of(cast.customer))
            db.session.remove()
            db.engine.dispose()


def _installation(url: str) -> tuple[Flask, tuple[SimulatorProcess, Web, Worker]]:
    port, simulator = free_port(), free_port()
    here = f"http://127.0.0.1:{simulator}"
    mpesa = {"mpesa_consumer_key": "key", "mpesa_consumer_secret": "secret", "mpesa_passkey": "passkey"}
    config = settings(
        url,
        **mpesa,
        mpesa_url=here,
        mpesa_shortcode="174379",
        mpesa_sources=(ip_network("127.0.0.0/8"),),
        sms_url=here,
        sms_username="sandbox",
        sms_api_key="sms key",
        public_url=f"http://127.0.0.1:{port}",
        # Each guest comes from an address of its own, as outside.
        trusted_proxies=(ip_network("127.0.0.0/8"),),
    )
    return create_app(config), (SimulatorProcess(config, simulator), Web(config, port), Worker(config))


# -- Guests --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guest:
    """Somebody with a phone of their own, who pays for an order (its number) or, without one, for an hour of Wi-Fi."""

    phone: str
    address: str
    number: str | None
    calls_off: bool


def pay(market: Market, count: int) -> None:
    """Have so many payments asked for, while somebody kills; a fifth are second tries for orders that are not paid, as
    far as there are any."""
    first = count - count // 5
    _pay_all(market, [_guest(market, n) for n in range(first)])
    unpaid: list[str | None] = [*_unpaid(market, count - first)]
    again = unpaid + [None] * (count - first - len(unpaid))
    _pay_all(market, [_guest(market, first + n, number) for n, number in enumerate(again)])


def _pay_all(market: Market, guests: list[Guest]) -> None:
    """All of them pay, a few at a time. Whoever kills is the main thread: Linux ends a process with the thread that
    started it."""
    with ThreadPoolExecutor(_GUESTS_AT_ONCE) as pool:
        paying = {pool.submit(_pay_one, market, guest) for guest in guests}
        while paying:
            before = len(paying)
            wanted = market.draw.randint(*_GUESTS_BETWEEN_KILLS)
            while paying and before - len(paying) < wanted:
                done, paying = wait(paying, return_when=FIRST_COMPLETED)
                market.answers.update(each.result() for each in done)
            _kill(market)


def _guest(market: Market, n: int, number: str | None = None) -> Guest:
    draw = market.draw
    if number is None and draw.random() > _WIFI:
        number = order_in(market.cast, "awaiting_payment").number
    phone = f"+254712{n:06}"
    market.tell(
        "/control",
        phone=phone.removeprefix("+"),
        pin=_one_of(draw, PIN),
        pin_delay_ms=draw.randrange(1500),
        push=_one_of(draw, PUSH),
        query=_one_of(draw, QUERY),
        forged=_one_of(draw, FORGED),
        callbacks=_one_of(draw, CALLBACKS),
        late_s=draw.randint(1, _LATEST) if draw.random() < _LATE else 0,
    )
    return Guest(phone, f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}", number, draw.random() < _CALLS_OFF)


def _one_of(draw: random.Random, table: dict[str, int]) -> str:
    return draw.choices(list(table), list(table.values()))[0]


def _pay_one(market: Market, guest: Guest) -> str:
    """What the guest was answered in the end; a guest whose connection breaks asks again, with the same key."""
    headers = {"X-Forwarded-For": guest.address}
    body: dict[str, object] = {"phone": guest.phone, "provider": "mpesa", "wifi_package_id": market.package_id}
    if guest.number:
        headers |= {"Authorization": f"Bearer {market.token}", "Idempotency-Key": uuid.uuid4().hex}
        body = {"phone": guest.phone, "provider": "mpesa", "order_number": guest.number}
    answer = _until_answered(market, "/api/payments", body, headers)
    if guest.number and guest.calls_off:
        path = f"/api/orders/{guest.number}/transitions"
        _until_answered(market, path, {"to": "cancelled"}, headers | {"Idempotency-Key": uuid.uuid4().hex})
    return answer


def _until_answered(market: Market, path: str, body: dict[str, object], headers: dict[str, str]) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        with suppress(httpx.TransportError):
            answer = market.http.post(path, json=body, headers=headers)
            if answer.json().get("code") != "idempotency_in_flight":
                return str(answer.status_code)
        time.sleep(0.2)
    return "none"


def _unpaid(market: Market, most: int) -> list[str]:
    """Orders for which another attempt may be begun, once what was said of the first ones is known."""
    live = select(Payment.order_id).where(
        Payment.order_id.is_not(None), Payment.status.in_((*LIVE, "needs_review", "paid"))
    )
    db.session.rollback()
    wanted = select(Order.number).where(Order.status == "awaiting_payment", Order.id.not_in(live)).limit(most)
    numbers = list(db.session.scalars(wanted))
    db.session.rollback()
    return numbers


# -- Who kills -----------------------------------------------------------------------------------------------------


def _kill(market: Market) -> None:
    """kill -9 of one of the two, which is started again after a moment."""
    draw = market.draw
    if draw.random() < 0.6:
        _kill_worker(market, in_work=draw.random() < 0.7)
        time.sleep(draw.uniform(0.0, 0.5))
        market.worker.start()
    else:
        _kill_web(market)
        time.sleep(draw.uniform(0.0, 0.5))
        market.web.start()


def _kill_worker(market: Market, *, in_work: bool) -> None:
    """kill -9 of the worker, at any moment or as soon as a job runs."""
    until = time.monotonic() + 3
    while in_work and not _running() and time.monotonic() < until:
        time.sleep(0.001)
    before = _running()
    market.worker.kill()
    market.kills["worker"] += 1
    market.kills["worker while a job ran"] += bool(before and _running())


def _running() -> int:
    """How many jobs in work were begun just now: those of a worker that was killed before wait for their lease."""
    with suppress(sqlalchemy.exc.OperationalError):
        db.session.rollback()
        recent = Job.started_at > now() - timedelta(seconds=1)
        running = db.session.scalar(select(func.count()).select_from(Job).where(Job.status == "running", recent))
        db.session.rollback()
        return running or 0
    return 0


def _kill_web(market: Market) -> None:
    """kill -9 of gunicorn and its worker process, in the middle of requests."""
    assert market.web.process is not None
    children = _children(market.web.process.pid)
    market.web.kill()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    market.kills["web"] += 1


# -- And then ------------------------------------------------------------------------------------------------------


def settle(market: Market) -> None:
    """Wait until all that is under way has come, half an hour passes, and money comes for what is gone by then."""
    market.tell("/control/held")
    _quiet(market)
    _let_time_pass()
    _rest(market)
    for prompt in market.ask("/control/prompts"):
        if prompt["receipt"] and not prompt["callbacks"] and market.draw.random() < 0.5:
            market.tell(f"/control/prompts/{prompt['checkout_request_id']}/callbacks", kinds=["truth"])
    _rest(market)


def _quiet(market: Market) -> None:
    """Nothing more comes from the provider: for longer than any callback of its is late."""
    sent, since, until = -1, time.monotonic(), time.monotonic() + PATIENCE
    while time.monotonic() - since < _LATEST + 2:
        assert time.monotonic() < until, "the provider goes on"
        told = market.ask("/control/prompts")
        count = sum(len(each["callbacks"]) + (each["result"] is not None) for each in told)  # type: ignore[arg-type]
        if count != sent:
            sent, since = count, time.monotonic()
        time.sleep(0.2)


def _let_time_pass() -> None:
    """Half an hour goes by for every payment that is still looked at, for unpaid orders, and for leases."""
    # One transaction for each table: a worker at work holds an order and then its payment.
    with atomic() as session:
        for payment in session.scalars(select(Payment).where(Payment.look_at.is_not(None))):
            payment.created_at -= _HALF_AN_HOUR
            payment.prompted_at = payment.prompted_at and payment.prompted_at - _HALF_AN_HOUR
            payment.look_at = now()
    with atomic() as session:
        waiting = Order.status == "awaiting_payment"
        session.execute(update(Order).where(waiting).values(due_at=now()))
    with atomic() as session:
        session.execute(update(Job).where(Job.status.in_(("running", "waiting"))).values(due_at=now()))


def _rest(market: Market) -> None:
    until = time.monotonic() + PATIENCE
    while left := _open():
        assert time.monotonic() < until, f"it never came to rest: {left}"
        _let_questions_be_asked()
        time.sleep(0.2)


def _let_questions_be_asked() -> None:
    """The half hour goes by as well for questions of which each is asked after the one before."""
    with atomic() as session:
        waiting = Job.kind == "verify_callback", Job.status == "waiting", Job.due_at > now()
        session.execute(update(Job).where(*waiting).values(due_at=now()))


def _open() -> dict[str, int]:
    """What is still under way, by its name."""
    queries = {
        "jobs": select(func.count()).select_from(Job).where(Job.status.in_(("running", "waiting"))),
        "payments": select(func.count()).select_from(Payment).where(Payment.look_at.is_not(None)),
        "orders": select(func.count()).select_from(Order).where(Order.status == "awaiting_payment"),
    }
    db.session.rollback()
    found = {name: db.session.scalar(query) or 0 for name, query in queries.items()}
    db.session.rollback()
    return {name: count for name, count in found.items() if count}
