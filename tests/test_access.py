"""Access: every address of the application times every member of the cast.

The answers stand in access_table.py, what is asked for in access_asked.py. An address that has no line there fails the
test, so that whoever adds one says who may use it.
"""

import secrets
from datetime import date
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from app.domain import (
    job_runs,
    jobs,
    links,
    menu_pictures,
    menus,
    messages,
    opening_hours,
    passwords,
    people,
    saved_filters,
)
from app.extensions import atomic, db
from app.models import ApiToken, DropProof, Job, Order, Payment, Person, Refund, WifiPackage
from app.views import accesses
from tests.access_asked import BODIES, DELIVERIES, DONE, OF_ACCOUNTS, READS, STATES, TOLD, checkout
from tests.access_table import MEMBERS, TABLE, lines
from tests.access_trail import NOT_TOLD, TOLD_OF
from tests.factories import (
    attempt,
    order_in,
    payment_of,
    place,
    refund_of,
    session_of,
    ticket_in,
    two_factors,
    wifi_package,
)
from tests.passes import pass_for
from tests.pictures import png
from tests.trail import trail
from tests.wifi_rows import mint, package

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off", "daraja")]


class Answer(NamedTuple):
    """The status, whether anything was written, and the actions that the trail tells of since."""

    status: int
    wrote: bool
    told: list[str]


def addresses(app):
    """Every method and endpoint of the application."""
    return {
        (method, rule.endpoint): rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


@pytest.fixture
def ask(app, cast, as_person, bearer):
    """The answer to a member who asks for an address, about an order of its own."""

    deliveries = {}

    def answer(method, endpoint, name, *, by_token=False):
        if endpoint in DELIVERIES and endpoint not in deliveries:
            deliveries[endpoint] = ticket_in(cast, DELIVERIES[endpoint])
            photographed(deliveries[endpoint])
        ticket = deliveries.get(endpoint)
        delivered = {"fulfilment": "delivery", "address": "1 Street"} if endpoint == "api.request_ticket" else {}
        placed = place(cast, **delivered)
        order = placed.order if endpoint not in STATES else order_in(cast, STATES[endpoint])
        paid = {"payment": "needs_review", "refund": "paid"}
        payment = next((payment_of(placed.order, how) for word, how in paid.items() if word in endpoint), None)
        if endpoint == "admin.payment_wifi_refund":
            payment = payment_of(wifi_package(cast.restaurant))
        person = cast.people().get(name)
        headers = bearer(person) if by_token and person else {}
        browser = as_person(None if by_token else person)
        about = {"order": order, "token": placed.tracking_token, "ticket": ticket, "payment": payment}
        path = path_of(app, endpoint, **about, cast=cast, bearer=bearer)
        body = TOLD[endpoint](cast, order, ticket) if endpoint in TOLD else BODIES.get(endpoint, {})
        said = {"json": body}
        if not endpoint.startswith("api."):
            version = (payment or ticket or order).version
            said = {"data": {**checkout(cast), **body, "expected_version": str(version)}}
        before, known = written(), len(trail())
        with browser.open(path, method=method, headers=headers, **({} if method == "GET" else said)) as response:
            return Answer(response.status_code, written() != before, [one.action for one in trail()[known:]])

    return answer


def photographed(ticket):
    """Where it was proved with a code, let it have been a photograph as well."""
    with atomic() as session:
        if proof := session.get(DropProof, ticket.id):
            proof.photo, proof.photo_type = b"\xff\xd8\xff", "image/jpeg"


def path_of(app, endpoint, *, order, token, ticket, payment, cast, bearer):
    """The address about this order, its link, this ticket, a token of `customer`, or a file."""
    rule = next(app.url_map.iter_rules(endpoint))
    values = {"number": order.number, "slug": "first", "token": token, "filename": "css/passline.css"}
    values |= {"start": "placed", "to": "accepted", "person_id": cast.customer.id}
    if "handle" in rule.arguments:
        session_of(cast.customer)
        values["handle"] = accesses.of(cast.customer)[0].handle
    # A line of the order, or a dish of the menu.
    values |= {"item_id": order.items[0].id if endpoint == "vendor.item_tick" else cast.items()[2].id}
    values |= {"ticket_id": ticket.id if ticket else None, "driver_id": cast.driver.id}
    provider = "mpesa" if endpoint == "webhooks.mpesa_callback" else "sms"
    values |= {"secret": app.config["PASSLINE"].webhook_secret(provider)}
    if "payment_id" in rule.arguments:
        values["payment_id"] = (payment or attempt(order)).id
    if endpoint.startswith("vendor.team") or endpoint in COOKS:
        cook = new_cook(cast)
        values["person_id"] = cook.id
        COOKS.get(endpoint, lambda cook: None)(cook)
    if "refund_id" in rule.arguments:
        values["refund_id"] = refund_of(payment).id
    if "message_id" in rule.arguments:
        # Each of a phone of its own: how often one may have its code again is limited.
        given = pass_for(cast, phone=f"+2547{secrets.randbelow(10**8):08}")
        values["message_id"] = messages.resend(given, by=cast.admin).id
    if endpoint.startswith(("wifi.", "admin.wifi")):
        user = mint(package(cast))
        bought = db.session.get(Payment, user.payment_id)
        values |= {"pass_id": user.id, "package_id": user.package_id, "transaction_id": bought.transaction_id}
    if endpoint.startswith("account_links.") and "token" in rule.arguments:
        values["token"] = one_time_token(cast, "invitation" if "invitation" in endpoint else "password_reset")
    if "category_id" in rule.arguments:
        values["category_id"] = cast.items()[0].category_id
        if endpoint.startswith("admin.menu_category"):
            values["category_id"] = menus.add_category(cast.restaurant, order.number, by=cast.admin).id
    if "day" in rule.arguments:
        opening_hours.set_days(cast.restaurant, date(2099, 12, 24), date(2099, 12, 24), "", by=cast.admin)
        values["day"] = "2099-12-24"
    if endpoint == "admin.menu_item_restoration":
        menus.remove_item(cast.restaurant, cast.items()[2], by=cast.admin)
    if endpoint == "admin.menu_picture_removal":
        menu_pictures.hang(cast.items()[2], png(), by=cast.admin)
    if "digest" in rule.arguments:
        values["digest"] = menu_pictures.hang(cast.items()[0], png(), by=cast.admin)
    if "token_id" in rule.arguments:
        bearer(cast.customer)
        values["token_id"] = db.session.scalars(select(func.max(ApiToken.id))).one()
    if "filter_id" in rule.arguments:
        values["filter_id"] = saved_filters.save(cast.admin, "Mine", "status=placed").id
    if "job_id" in rule.arguments:
        values["job_id"] = dead_job().id
    with app.test_request_context():
        return app.url_for(endpoint, **{name: values[name] for name in rule.arguments})


def new_cook(cast):
    with atomic() as session:
        cook = Person(email=f"{secrets.token_hex(6)}@example.com", name="A Cook", role="vendor", staff_role="cook")
        cook.password_hash, cook.restaurant_id = cast.vendor.password_hash, cast.restaurant.id
        session.add(cook)
    return cook


def never_logged_in(cook):
    with atomic():
        cook.password_hash = passwords.NOT_CHOSEN


# What a cook must be, so that there is something to do for an admin.
COOKS = {
    "admin.person_invitation": never_logged_in,
    "admin.person_reactivation": people.deactivate,
    "admin.person_second_factor_reset": two_factors,
}


def dead_job():
    with atomic() as session:
        job = jobs.add(session, "query_payment", secrets.token_hex(8), {})
    job_runs.fail(job_runs.claim(job.id), ValueError())
    return job


def one_time_token(cast, purpose):
    with atomic() as session:
        return links.make(session, purpose, cast.other_driver, mailed=False)


def written():
    """What every table holds, as far as one call can change it."""
    db.session.rollback()
    # But for the row of each process, which a gateway of another test may be writing just now.
    tables = [table for name, table in db.metadata.tables.items() if name not in ("processes", "recoveries")]
    counts = [db.session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
    dead = db.session.scalars(select(func.count(Job.id)).where(Job.status == "dead")).one()
    packages = db.session.execute(select(WifiPackage.price_minor, WifiPackage.is_sold).order_by(WifiPackage.id)).all()
    changed = (func.sum(Order.version), func.sum(Payment.version), func.count(Refund.sent_at))
    return [*counts, *(db.session.scalars(select(each)).one() for each in changed), dead, packages]


def test_every_address_has_a_line(app):
    assert addresses(app).keys() == lines().keys()


# What the people of one kitchen are answered about an order of it, by their duty (domain/staff.py).
DUTIES = """
                                 cook counter manager
GET  api.orders                  403  200     200
GET  api.order                   200  200     200
GET  api.order_history           403  200     200
POST api.acknowledge_stop        200  403     200
POST api.order_transition        200  403     200
"""


@pytest.mark.parametrize("line", DUTIES.strip().splitlines()[1:])
def test_a_program_is_answered_by_the_duty_of_its_person(ask, cast, line):
    method, endpoint, *answers = line.split()
    answered = []
    for duty in ("cook", "counter", "manager"):
        with atomic():
            cast.colleague.staff_role = duty
        answered.append(ask(method, endpoint, "colleague", by_token=True).status)
    assert answered == [int(answer) for answer in answers]


def test_it_names_no_address_twice():
    assert len(TABLE.strip().splitlines()) == len(lines())


@pytest.mark.parametrize("line", lines(), ids=" ".join)
def test_each_member_is_answered_as_the_table_says(ask, line):
    answered = {name: ask(*line, name) for name in MEMBERS}
    assert {name: answer.status for name, answer in answered.items()} == lines()[line]
    method, endpoint = line
    if endpoint not in (*OF_ACCOUNTS, *READS):
        assert {name: answer.wrote for name, answer in answered.items()} == {
            name: method != "GET" and answer.status in DONE for name, answer in answered.items()
        }
    if endpoint.startswith("admin."):
        told = {name: answer.told for name, answer in answered.items() if answer.told}
        assert told == ({"admin": TOLD_OF[endpoint]} if endpoint in TOLD_OF else {})


def test_each_post_of_an_admin_is_told_of_or_says_why_not(app):
    posts = {endpoint for method, endpoint in addresses(app) if method == "POST" and endpoint.startswith("admin.")}
    assert posts == TOLD_OF.keys() | NOT_TOLD.keys()
    assert not TOLD_OF.keys() & NOT_TOLD.keys()


@pytest.mark.parametrize("line", [line for line in lines() if line[1].startswith("api.")], ids=" ".join)
def test_a_token_opens_what_a_session_opens(ask, line):
    assert {name: ask(*line, name, by_token=True).status for name in MEMBERS} == lines()[line]
