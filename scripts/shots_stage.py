"""What is photographed: the demo, and beside it what the demo is too well-behaved for.

An order in every state with long names and notes, people and a restaurant that have nothing yet, a kitchen that has
paused, a dish whose name never ends.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from app.config import Config
from app.contract.identity import Role
from app.contract.times import now
from app.contract.tokens import SESSION_ID
from app.demo import load
from app.demo.cast import PASSWORD
from app.domain import (
    board_settings,
    deliveries,
    drivers,
    fixes,
    job_runs,
    jobs,
    offers,
    order_placement,
    orders,
    payments,
    people,
    refunds,
    scheduled_runs,
    sessions,
    tracking,
)
from app.domain.actor import SYSTEM
from app.domain.order_placement import Line
from app.domain.ticket_transition import walk
from app.errors import DomainError
from app.extensions import atomic, db
from app.factory import create_app
from app.models import (
    Category,
    HotspotUser,
    Job,
    MenuItem,
    OpeningHours,
    Order,
    Payment,
    Person,
    Process,
    ProviderMessage,
    Refund,
    Restaurant,
    SmsMessage,
    WifiPackage,
)

from . import shots_accounts, shots_wifi

LONG = "Maximiliane-Theodora Wolfeschlegelsteinhausenbergerdorff von und zu Hohenzollern-Sigmaringen"
ENDLESS = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsteller"


@dataclass
class Stage:
    """Where it is played, the cookies of its people, and the names that paths are filled in with."""

    base: str = ""
    broken: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)

    def cookie_of(self, who: str) -> str:
        """The session cookie of one of the cast."""
        return self.cookies[who]


def fill(settings: dict[str, str]) -> Stage:
    """Fill the database of `settings`."""
    app = create_app(Config.from_env(settings))
    stage = Stage()
    with app.app_context():
        load.load()
        kitchen = _restaurant("mama-wanjiru")
        cast = _cast(kitchen)
        told = _orders(cast, kitchen, stage) | _deliveries(cast, kitchen, stage) | _paying(cast, kitchen)
        for name, order in told.items():
            stage.names[name] = order.number
        _jobs()
        _messages(kitchen)
        _payments(cast, kitchen, stage)
        for who, person in cast.items():
            stage.cookies[who] = _cookie(app, person)
        names, cookies = shots_accounts.fill(app, cast, LONG)
        stage.names |= names
        stage.cookies |= cookies
        stage.names["order"] = _newest(cast["customer"], "preparing")
        stage.names |= shots_wifi.fill(kitchen, told["ready"])
        for status in (400, 409, 413, 422, 503):
            stage.errors[status] = _error_page(app, status)
        db.session.remove()
        db.engine.dispose()
    return stage


def _restaurant(slug: str) -> Restaurant:
    return db.session.query(Restaurant).filter_by(slug=slug).one()


def _cast(kitchen: Restaurant) -> dict[str, Person]:
    demo = {who: db.session.query(Person).filter_by(email=f"{who}@passline.test").one() for who in Role}
    quiet, paused = (
        _house("quiet", "The Quiet Corner"),
        _house("paused", ENDLESS[:110], mode="paused"),
    )

    def person(who: str, role: str, name: str, restaurant: Restaurant | None = None) -> Person:
        return people.create(
            email=f"{who}@passline.test", name=name, role=role, password=PASSWORD, restaurant=restaurant, is_demo=True
        )

    return {
        **{str(who): someone for who, someone in demo.items()},
        "newcomer": person("newcomer", "customer", "Ada Newcomer"),
        "long": person("long", "customer", LONG),
        "quiet_vendor": person("quiet-vendor", "vendor", "Quentin Still", quiet),
        "paused_vendor": person("paused-vendor", "vendor", LONG[:80], paused),
    }


def _house(slug: str, name: str, *, mode: str = "normal") -> Restaurant:
    with atomic() as session:
        house = Restaurant(
            slug=slug,
            name=name,
            kitchen="Small plates",
            time_zone="Europe/Vienna",
            currency="EUR",
            mode=mode,
            description="Open for a week, and nobody has come yet.",
            address="Am Ende der Straße 1, 1010 Wien",
        )
        house.hours = [OpeningHours(weekday=day, opens=time(0), closes=time(0)) for day in range(7)]
        session.add(house)
        session.flush()
        category = Category(restaurant_id=house.id, name="Plates")
        category.items = [
            MenuItem(restaurant_id=house.id, name=ENDLESS, price_minor=123_450, description=f"{ENDLESS} {LONG}"),
            MenuItem(restaurant_id=house.id, name="Bread", price_minor=350, description="With butter."),
            MenuItem(restaurant_id=house.id, name="Soup of yesterday", price_minor=650, available=False),
        ]
        session.add(category)
    return house


def _orders(cast: dict[str, Person], kitchen: Restaurant, stage: Stage) -> dict[str, Order]:
    """One order in each state of the one with the long name, by its name on the stage."""
    staff, guest, admin = cast["vendor"], cast["long"], cast["admin"]
    dishes = db.session.query(MenuItem).filter_by(restaurant_id=kitchen.id, available=True).order_by(MenuItem.id).all()
    board_settings.assign(kitchen, {dishes[0].id: "Grill", dishes[5].id: "Cold kitchen"}, by=staff)

    def place(**details: object) -> Order:
        lines = [
            Line(dishes[0].id, 2, "No onion please, and a severe nut allergy: nothing with nuts near it"),
            Line(dishes[5].id, 1),
            Line(dishes[9].id, 12),
        ]
        wanted = {
            "fulfilment": "pickup",
            "payment": "cash",
            "note": "The bell does not work; call when you are here. " * 3,
            **details,
        }
        placed = order_placement.place(guest, kitchen, lines, **wanted)  # type: ignore[arg-type]
        stage.names["token"] = placed.tracking_token
        return placed.order

    made = {
        "awaiting": place(payment="mpesa"),
        "scheduled": place(scheduled_for=now() + timedelta(days=1, hours=2)),
        "cancelled": place(),
        "declined": place(),
        "delivered": place(fulfilment="delivery", address=f"{LONG} Street 1"),
        "collected": place(),
        "picked_up": place(fulfilment="delivery", address="1 Ngong Road, Nairobi"),
        "ready": place(),
        "asked": place(fulfilment="dine_in"),
        "preparing": place(),
        "accepted": place(),
        "placed": place(),
    }
    orders.cancel(made["cancelled"], by=guest, reason_code="changed_mind")
    orders.cancel(made["declined"], by=staff, reason_code="sold_out", note="The last one went a minute ago, sorry!")
    for name in ("delivered", "collected", "picked_up", "ready", "asked", "preparing", "accepted"):
        orders.accept(made[name], by=staff)
    for name in ("delivered", "collected", "picked_up", "ready", "asked", "preparing"):
        orders.start(made[name], by=staff)
    for name in ("delivered", "collected", "picked_up", "ready"):
        orders.mark_ready(made[name], by=staff)
    for name in ("delivered", "collected", "picked_up"):
        orders.hand_over(made[name], by=staff)
    orders.deliver(made["delivered"], by=admin)
    orders.request_cancellation(made["asked"], by=guest, note="We have to leave for the airport")
    with atomic():
        stage.names["token"] = tracking.create_link(made["preparing"])
    return made


def _paying(cast: dict[str, Person], kitchen: Restaurant) -> dict[str, Order]:
    """An order that waits for its money in each way that its guest sees; M-Pesa itself is not asked."""
    guest = cast["long"]
    elsewhere = _restaurant("quiet")

    def place(house: Restaurant) -> Order:
        dish = db.session.query(MenuItem).filter_by(restaurant_id=house.id, available=True).first()
        assert dish is not None
        return order_placement.place(guest, house, [Line(dish.id, 3)], fulfilment="pickup", payment="mpesa").order

    made = {name: place(kitchen) for name in ("pay_ask", "pay_sent", "pay_silent", "pay_refused", "pay_review")}
    made |= {"pay_doubt": place(kitchen), "pay_back": place(kitchen), "pay_manual": place(elsewhere)}
    for name, order in made.items():
        if name in ("pay_ask", "pay_manual"):
            continue
        payment = payments.start(order, phone="+254712345678", by=guest)
        at = now() if name != "pay_sent" else now() + timedelta(minutes=1)
        with atomic() as session:
            payments.hold_with_order(session, payment)
            ids = {"checkout_request_id": f"ws_{name}", "prompted_at": at, "look_at": None}
            payments.walk(session, payment, "prompted", at=at, **ids)
            match name:
                case "pay_silent":
                    payments.walk(session, payment, "unknown", at=at)
                case "pay_refused":
                    payments.walk(session, payment, "rejected", at=at, result_code="1032")
                case "pay_review":
                    payments.walk(session, payment, "needs_review", at=at, receipt="SKT7RT61SV")
                case "pay_doubt":
                    payments.walk(session, payment, "needs_review", at=at)
                case "pay_back":
                    payments.walk(session, payment, "paid", at=at, receipt="SKT7RT61SX", settled_at=at)
                    orders.settle(order, by=SYSTEM)
    orders.cancel(made["pay_back"], by=cast["vendor"], reason_code="sold_out", note="The last one went a minute ago.")
    return made


def _deliveries(cast: dict[str, Person], kitchen: Restaurant, stage: Stage) -> dict[str, Order]:
    """A delivery in each state that somebody sees, each with its own driver, who joins the cast; `stale`: not heard of
    for minutes; `calling`: nobody took it.
    """
    dish = db.session.query(MenuItem).filter_by(restaurant_id=kitchen.id, available=True).order_by(MenuItem.id).first()
    assert dish is not None
    if kitchen.latitude is None:
        with atomic():
            kitchen.latitude, kitchen.longitude = -1.2921, 36.7871
    latitude, longitude = kitchen.latitude, kitchen.longitude
    assert latitude is not None
    assert longitude is not None
    door = (latitude - 0.012, longitude + 0.019)
    made: dict[str, Order] = {}
    names = {
        "looking": "",
        "assigned": "Otieno Odhiambo",
        "waiting": LONG[:60],
        "riding": "Njeri Kamau",
        "doorless": "Ali Hassan",
        "stale": "Baraka Mutua",
        "at_door": "Wanjiku Ngugi",
        "brought": "Kiprop Koech",
        "offered": "Achieng Were",
        "calling": "",
    }
    for name, driver_name in names.items():
        placed = order_placement.place(
            cast["long"], kitchen, [Line(dish.id, 2)], fulfilment="delivery", payment="cash",
            address="Rose Avenue 12, third floor", door=None if name == "doorless" else door,
        )  # fmt: skip
        order = made[name] = placed.order
        stage.names[f"{name}_token"] = placed.tracking_token
        for step in (orders.accept, orders.start, orders.mark_ready):
            step(order, by=cast["vendor"])
        ticket = order.ticket
        assert ticket is not None
        stage.names[f"{name}_ticket"] = str(ticket.id)
        if name == "calling":
            walk(ticket, "needs_dispatcher", by=cast["admin"], at=now())
        if not driver_name:
            continue
        driver = people.create(
            email=f"{name}@passline.test", name=driver_name, role=Role.DRIVER, password=PASSWORD, is_demo=True
        )
        cast[f"{name}_driver"] = driver
        drivers.go_on_duty(driver)
        seen = now() - timedelta(minutes=5) if name == "stale" else None
        fixes.record(driver, latitude - 0.006, longitude + 0.008, accuracy=12, recorded_at=seen)
        offers.offer(ticket, driver, by=cast["admin"])
        if name == "offered":
            continue
        offers.accept(ticket, by=driver)
        if name != "assigned":
            deliveries.arrive(ticket, by=driver)
        if name not in ("assigned", "waiting"):
            deliveries.pick_up(ticket, by=driver, handover_code=order.handover_code)
        if name in ("at_door", "brought"):
            deliveries.reach(ticket, by=driver)
        if name == "brought":
            deliveries.deliver(ticket, by=driver, proof={"drop_code": ticket.drop_code})
    return made


def _jobs() -> None:
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
    *asked, _, _, failing, running = db.session.scalars(db.select(Job.id).order_by(Job.id).limit(7)).all()
    for id in asked[:2]:
        claim = job_runs.claim(id)
        assert claim is not None
        job_runs.fail(claim, RuntimeError(f"No answer for +254712345678 within 10 s {LONG}" if id == asked[0] else ""))
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


def _messages(kitchen: Restaurant) -> None:
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


def _payments(cast: dict[str, Person], kitchen: Restaurant, stage: Stage) -> None:
    """A payment in each state with what the provider said of it, a pass that was bought, and money that goes back."""
    package = WifiPackage(restaurant_id=kitchen.id, name="A whole evening of Wi-Fi", minutes=240, price_minor=10_000)
    with atomic() as session:
        session.add(package)
        session.flush()
        unpaid = Order.id.not_in(select(Payment.order_id).where(Payment.order_id.is_not(None)))
        orders_of = db.session.query(Order).filter_by(restaurant_id=kitchen.id).filter(unpaid)
        waiting = orders_of.order_by(Order.id.desc()).limit(8).all()
        for status, order in zip(
            ("initiated", "prompted", "unknown", "rejected", "needs_review"), waiting, strict=False
        ):
            payment = _payment(status, order, "mpesa", now() - timedelta(minutes=3))
            session.add(payment)
            session.flush()
            if status == "needs_review":
                payment.receipt, payment.review_reason = "SKV4A2QX9P", "M-Pesa said paid after it had said no."
                payment.person, payment.prompted_at = cast["long"], payment.created_at + timedelta(seconds=2)
                stage.names["payment_review"] = str(payment.id)
                session.add_all(_words(payment))
        sold = _payment("paid", package, "mpesa", now() - timedelta(minutes=20))
        session.add(sold)
        session.flush()
        for n, reason in enumerate(("order_gone", "paid_twice", "order_cancelled")):
            payment = session.scalars(
                select(Payment).where(Payment.status == "paid").order_by(Payment.id).offset(n)
            ).first()
            assert payment is not None
            refunds.owe(session, payment, reason, at=now() - timedelta(hours=2 + n))
        stage.names["payment_paid"] = str(payment.id)
    refunds.mark_sent(payment_refund(payment), reference="SKX9B1ABCD", by=cast["admin"])
    stage.names["payment_cash"] = str(db.session.query(Payment).filter_by(method="cash").first().id)  # type: ignore[union-attr]


def payment_refund(payment: Payment) -> Refund:
    return db.session.query(Refund).filter_by(payment_id=payment.id).one()


def _payment(status: str, thing: Order | WifiPackage, method: str, at: datetime) -> Payment:
    is_order = isinstance(thing, Order)
    return Payment(
        transaction_id=secrets.token_hex(16),
        callback_token=secrets.token_hex(16),
        method=method,
        status=status,
        phone="+254712345678" if method == "mpesa" else "",
        amount_minor=thing.total_minor if isinstance(thing, Order) else thing.price_minor,
        currency=thing.currency if isinstance(thing, Order) else "KES",
        receipt=f"SK{secrets.token_hex(4).upper()}" if method == "mpesa" and status == "paid" else None,
        created_at=at,
        changed_at=at,
        settled_at=at if status == "paid" else None,
        **{"order_id" if is_order else "wifi_package_id": thing.id},
    )


def _words(payment: Payment) -> list[ProviderMessage]:
    callback = """{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-1","CheckoutRequestID":"ws_CO_1912",
    "ResultCode":0,"CallbackMetadata":{"Item":[{"Name":"MpesaReceiptNumber","Value":"SKV4A2QX9P"},
    {"Name":"TransactionDate","Value":20261129102115},{"Name":"PhoneNumber","Value":254712345678}]}}}}"""
    said = (("push", '{"ResponseCode":"0"}', "prompted"), ("callback", '{"ResultCode":1032}', "rejected"))
    told = [*said, ("callback", callback, "contradicts")]
    return [
        ProviderMessage(
            provider="mpesa", kind=kind, payment_id=payment.id, body=body, outcome=outcome,
            received_at=payment.created_at + timedelta(seconds=10 * (n + 1)),
        )
        for n, (kind, body, outcome) in enumerate(told)
    ]  # fmt: skip


def _newest(person: Person, status: str) -> str:
    mine = db.session.query(Order).filter_by(customer_id=person.id)
    order = mine.filter_by(status=status).order_by(Order.id.desc()).first() or mine.order_by(Order.id.desc()).first()
    assert order is not None
    return order.number


def _cookie(app: Flask, person: Person) -> str:
    """The cookie of a browser in which `person` is logged in, signed as the web process signs it."""
    row = sessions.sign_in(person.email, PASSWORD)
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps({SESSION_ID: row.id, "_permanent": True}))


def _error_page(app: Flask, status: int) -> str:
    """What the application answers to a refusal with this status."""
    with app.test_request_context("/error-page"):
        refusal = DomainError(None if status != 409 else "The Kitchen was faster: the order is accepted since 18:04.")
        refusal.status = status
        return app.make_response(app.handle_user_exception(refusal)).get_data(as_text=True)
