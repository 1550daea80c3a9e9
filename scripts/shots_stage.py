"""What is photographed: the demo, and beside it what the demo is too well-behaved for.

An order in every state with long names and notes, people and a restaurant that have nothing yet, a kitchen that has
paused, a dish whose name never ends.
"""

from dataclasses import dataclass, field
from datetime import time, timedelta

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

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
    offers,
    order_placement,
    orders,
    people,
    sessions,
    tracking,
)
from app.domain.order_placement import Line
from app.domain.ticket_transition import walk
from app.errors import DomainError
from app.extensions import atomic, db
from app.factory import create_app
from app.models import (
    Category,
    MenuItem,
    OpeningHours,
    Order,
    Person,
    Restaurant,
)

from . import shots_accounts, shots_payments, shots_wifi, shots_work

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
        told = (
            _orders(cast, kitchen, stage)
            | _deliveries(cast, kitchen, stage)
            | shots_payments.waiting(cast, kitchen, _restaurant("quiet"))
        )
        for name, order in told.items():
            stage.names[name] = order.number
        shots_work.jobs_in_each_state(LONG)
        shots_work.text_messages(kitchen)
        stage.names |= shots_payments.fill(cast, kitchen)
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
