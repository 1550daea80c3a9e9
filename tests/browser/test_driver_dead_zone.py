"""In a dead zone: what a driver does is kept on the phone, sent later with its own times, refused in a sentence."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select, update

from app.contract.times import now
from app.domain import access, offers
from app.extensions import atomic, db
from app.models import Ticket, TicketChange, TicketOffer
from tests.browser.conftest import Visit, is_live, log_in
from tests.browser.phone import at, becomes, phone, press, state, type_code, wrong
from tests.cast import COUNTER, Cast
from tests.factories import on_duty, ticket_in

# The page keeps itself on the phone a moment after it was opened.
UNTIL_KEPT = "async () => { while (!(await caches.match('/driver/'))) await new Promise((on) => setTimeout(on, 100)); }"

# What is still on the phone: the page itself, the list of deliveries, and steps that wait to be sent.
LEFT = """async () => {
  const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
  const database = await asked(indexedDB.open("passline-driver", 1));
  const rows = database.transaction(["kept", "steps"]);
  const [kept, steps] = await Promise.all(["kept", "steps"].map((name) => asked(rows.objectStore(name).count())));
  database.close();
  return { page: await caches.has("passline-driver"), kept, steps };
}"""


def changes_of(ticket: Ticket) -> list[TicketChange]:
    db.session.rollback()
    query = select(TicketChange).where(TicketChange.ticket_id == ticket.id).order_by(TicketChange.version)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def kept(page: Page, *words: str) -> None:
    """Wait until the page says that these steps will be sent."""
    expect(page.locator(".pl-kept li")).to_have_count(len(words))
    for n, each in enumerate(words):
        expect(page.locator(".pl-kept li").nth(n)).to_contain_text(each)


def deliver_off_line(page: Page, code: str) -> None:
    """Reach the door and hand over without a connection."""
    page.context.set_offline(True)
    press(page, "I am at the door")
    at(page, "at_dropoff")
    press(page, "Delivered")
    type_code(page, code, "Delivered")
    state(page, "idle")
    kept(page, "I am at the door", "Delivered")


def test_what_was_done_is_sent_on_return_with_its_own_times(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    begun = now()
    deliver_off_line(page, ticket.drop_code)
    page.wait_for_timeout(2000)
    back = now()
    page.context.set_offline(False)
    becomes(ticket, "delivered")
    reached, delivered = changes_of(ticket)[-2:]
    early = timedelta(seconds=1)
    assert begun - early < reached.occurred_at < delivered.occurred_at < back - early
    assert reached.at >= back - early
    assert ticket.ended_at == delivered.occurred_at
    expect(page.locator(".pl-kept")).to_have_count(0)


def test_it_is_there_after_a_reload_in_the_dead_zone(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    page.evaluate(UNTIL_KEPT)
    page.context.set_offline(True)
    press(page, "I am at the door")
    at(page, "at_dropoff")
    page.reload()
    at(page, "at_dropoff")
    expect(page.locator(".pl-ride")).to_contain_text("1 Street")
    kept(page, f"I am at the door {ticket.order.number}")
    page.context.set_offline(False)
    becomes(ticket, "at_dropoff")


def test_what_is_stale_is_refused_in_a_sentence_and_what_was_to_follow_is_dropped(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "assigned")
    page = phone(visit, cast.driver)
    at(page, "assigned")
    page.context.set_offline(True)
    press(page, "I am at the restaurant")
    at(page, "at_pickup")
    press(page, "Picked up")
    type_code(page, ticket.order.handover_code, "Picked up")
    kept(page, "I am at the restaurant", "Picked up")
    on_duty(cast.other_driver, *COUNTER)
    offers.offer(ticket, cast.other_driver, by=cast.admin)
    offers.accept(ticket, by=cast.other_driver)
    page.context.set_offline(False)
    refusal = page.locator(".pl-refusal")
    expect(refusal).to_contain_text("Not done: I am at the restaurant")
    expect(refusal).to_contain_text(cast.other_driver.name)
    expect(refusal).to_contain_text(f"{ticket.order.number}, pressed at")
    expect(refusal).to_contain_text("Not sent either: Picked up.")
    state(page, "idle")
    assert becomes(ticket, "assigned").driver_id == cast.other_driver.id
    page.reload()
    refusal.get_by_role("button", name="I have read it").click()
    expect(refusal).to_have_count(0)


def test_a_wrong_code_is_typed_again_after_the_dead_zone(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    deliver_off_line(page, wrong(ticket.drop_code))
    page.context.set_offline(False)
    expect(page.locator(".pl-refusal")).to_contain_text("That is not this delivery's code.")
    at(page, "at_dropoff")
    press(page, "Delivered")
    type_code(page, ticket.drop_code, "Delivered")
    becomes(ticket, "delivered")


def test_an_answer_that_got_lost_is_no_second_step(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    tries: list[str] = []

    def lose_the_first(route: Route) -> None:
        tries.append(route.request.headers["idempotency-key"])
        if len(tries) > 1:
            return route.continue_()
        route.fetch()
        return route.abort()

    page.context.route("**/at-dropoff", lose_the_first)
    # Until it is lost: the handler runs while the browser is waited for, and not while the database is.
    with page.context.expect_event("requestfailed", lambda request: request.url.endswith("/at-dropoff")):
        press(page, "I am at the door")
    becomes(ticket, "at_dropoff")
    expect(page.locator(".pl-kept")).to_have_count(1)
    expect(page.locator(".pl-kept")).to_have_count(0)
    assert (len(tries), len(set(tries))) == (2, 1)
    assert [change.to_status for change in changes_of(ticket)].count("at_dropoff") == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_cannot_now_is_asked_again(visit: Visit, cast: Cast, status):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    page.context.route("**/at-dropoff", lambda route: route.fulfill(status=status, json={}), times=1)
    with page.expect_response(lambda response: response.url.endswith("/at-dropoff") and response.ok):
        press(page, "I am at the door")
    becomes(ticket, "at_dropoff")


def test_who_is_logged_out_loses_nothing(visit: Visit, cast: Cast, site, site_app):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    page.context.set_offline(True)
    press(page, "I am at the door")
    kept(page, "I am at the door")
    access.end_all(cast.driver, reason="logged_out")
    page.context.set_offline(False)
    expect(page.locator("#live-line")).to_contain_text("Log in again")
    kept(page, "I am at the door")
    log_in(page.context, site, site_app, cast.driver)
    page.goto(f"{site.http}/driver/")
    is_live(page)
    becomes(ticket, "at_dropoff")


def test_a_log_out_on_any_page_leaves_no_address_on_the_phone(visit: Visit, cast: Cast, site):
    ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    page.evaluate(UNTIL_KEPT)
    page.context.set_offline(True)
    press(page, "I am at the door")
    kept(page, "I am at the door")
    page.route("**/api/driver/tickets/*/at-dropoff", lambda route: route.abort())
    page.context.set_offline(False)
    page.goto(f"{site.http}/account")
    assert page.evaluate(LEFT) == {"page": True, "kept": 1, "steps": 1}
    page.locator("summary.pl-person").click()
    page.get_by_role("button", name="Log out", exact=True).click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.wait_for_function(f"async () => (await ({LEFT})()).kept === 0")
    assert page.evaluate(LEFT) == {"page": False, "kept": 0, "steps": 1}


def test_what_one_driver_did_is_not_sent_as_another(visit: Visit, cast: Cast, site, site_app):
    ticket = ticket_in(cast, "picked_up")
    page = phone(visit, cast.driver)
    at(page, "picked_up")
    page.context.set_offline(True)
    press(page, "I am at the door")
    kept(page, "I am at the door")
    log_in(page.context, site, site_app, cast.other_driver)
    page.context.set_offline(False)
    page.goto(f"{site.http}/driver/")
    state(is_live(page), "off")
    expect(page.locator("main")).not_to_contain_text("1 Street")
    assert becomes(ticket, "picked_up")


def test_an_offer_that_runs_out_without_a_connection_goes_away(visit: Visit, cast: Cast):
    ticket_in(cast, "offered")
    with atomic() as session:
        session.execute(update(TicketOffer).values(lapses_at=now() + timedelta(seconds=5)))
    page = phone(visit, cast.driver)
    expect(page.locator("#offer")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("#offer")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-ringing", "false")


def test_an_offer_that_is_accepted_without_a_connection_waits_for_one(visit: Visit, cast: Cast):
    ticket = ticket_in(cast, "offered")
    page = phone(visit, cast.driver)
    accept = page.locator("#offer:not([data-settling])").get_by_role("button", name="Accept")
    expect(accept).to_be_visible()
    page.context.set_offline(True)
    accept.click()
    expect(page.locator("#offer")).to_contain_text("No connection: it is sent as soon as there is one.")
    page.context.set_offline(False)
    at(page, "assigned")
    becomes(ticket, "assigned")
