"""The panel of transitions: the machine drawn, dry runs, decisions, and what is said when somebody was faster."""

import re

import pytest
from sqlalchemy import func, select

from app.domain import policies, policy_changes, ticket_states
from app.domain.order_states import EDGES, LABELS
from app.domain.policies import BY_CODE
from app.extensions import db
from app.models import AuditEntry, EdgePolicy, Order
from app.views.admin import graph
from tests.domain.test_policies import decide
from tests.factories import order_in, place

pytestmark = [pytest.mark.parametrize("backend", ["sqlite"]), pytest.mark.usefixtures("csrf_off")]
EDGE = "/admin/transitions/preparing/cancelled"
MINUTES = {"acceptance_minutes": "12", "preparation_alert_minutes": "0", "abandonment_minutes": "30"}


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def version_in(page):
    [version] = re.findall(r'name="version" value="(\d+)"', page.text)
    return version


def agree(browser, path, said):
    """The dry run, then the second yes; what the second answers."""
    asked = browser.post(path, data=said)
    assert asked.status_code == 200, asked.text
    return browser.post(path, data={**said, "version": version_in(asked)})


@pytest.mark.parametrize(
    "machine", [(graph.ORDERS, EDGES, LABELS), (graph.TICKETS, ticket_states.EDGES, ticket_states.LABELS)]
)
def test_the_drawing_has_every_state_and_every_edge(machine):
    plan, edges, labels = machine
    drawn = plan.draw(edges.values())
    assert drawn.boxes.keys() == labels.keys()
    assert len({way.path for way in drawn.ways}) == len(edges), "each has a curve of its own"
    assert set(plan.bends) <= edges.keys()
    for way in drawn.ways:
        assert way.x - way.wide / 2 >= 0
        assert way.x + way.wide / 2 <= drawn.wide
        assert 11 <= way.y <= drawn.high - 11


def test_no_letters_of_a_drawing_lie_on_others_or_on_a_box():
    for plan, edges in ((graph.ORDERS, EDGES), (graph.TICKETS, ticket_states.EDGES)):
        ways = plan.draw(edges.values()).ways
        for number, one in enumerate(ways):
            for other in ways[number + 1 :]:
                apart = abs(one.x - other.x) >= (one.wide + other.wide) / 2 or abs(one.y - other.y) >= 22
                assert apart, (one.edge, other.edge)
            for box in plan.boxes.values():
                beside = abs(one.x - box.x) >= (one.wide + box.wide) / 2 - 8
                assert beside or abs(one.y - box.y) >= (22 + box.high) / 2, (one.edge, box.status)


def test_the_page_leads_to_every_edge_twice(cast, as_person):
    page = as_person(cast.admin).get("/admin/transitions?restaurant=first").text
    for start, to in EDGES:
        assert page.count(f'href="/admin/transitions/{start}/{to}?restaurant=first"') == 2


@pytest.mark.parametrize("edge", EDGES, ids="-".join)
def test_every_edge_has_a_form(cast, as_person, edge):
    page = as_person(cast.admin).get("/admin/transitions/{}/{}".format(*edge))
    assert page.status_code == 200
    shown = set(re.findall(r'name="roles" value="(\w+)"', page.text))
    assert shown == EDGES[edge].possible
    assert set(re.findall(r'name="reason" value="(\w+)"', page.text)) == EDGES[edge].asks


def test_what_does_not_exist_is_not_found(cast, as_person):
    browser = as_person(cast.admin)
    assert browser.get("/admin/transitions/placed/delivered").status_code == 404
    assert browser.get("/admin/transitions?restaurant=nowhere").status_code == 404


def test_a_dry_run_names_the_orders_and_writes_nothing(cast, as_person):
    order = order_in(cast, "preparing")
    page = as_person(cast.admin).post(EDGE, data={"roles": ["admin"], "reason": ["admin"]})
    assert page.status_code == 200
    assert "The vendor could no longer cancel an order that is preparing." in text_of(page)
    assert "1 open order is touched" in text_of(page)
    assert f"/admin/orders/{order.number}" in page.text
    assert db.session.scalar(select(func.count(EdgePolicy.id))) == 0


def test_a_second_yes_carries_it_out(cast, as_person):
    browser = as_person(cast.admin)
    done = agree(browser, f"{EDGE}?restaurant=first", {"roles": ["admin"], "reason": ["admin"]})
    assert (done.status_code, done.location) == (303, "/admin/transitions?restaurant=first")
    assert policies.read(db.session(), cast.restaurant.id).edges["preparing", "cancelled"].roles == {"admin"}
    assert policies.read(db.session(), None) == BY_CODE
    page = browser.get("/admin/transitions?restaurant=first")
    assert "Changed for The First Table" in text_of(page)
    assert page.text.count("changed here") >= 2
    assert "changed here" not in browser.get("/admin/transitions/machine?restaurant=second").text.partition("</p>")[2]


def test_what_is_for_all_is_marked_at_a_restaurant_too(cast, as_person):
    decide(cast)
    assert "changed for all" in as_person(cast.admin).get("/admin/transitions/machine?restaurant=first").text


def test_a_reset_goes_back_to_the_default(cast, as_person):
    decide(cast)
    browser = as_person(cast.admin)
    assert "Back to the default" in browser.get(EDGE).text
    assert agree(browser, EDGE, {"reset": "1"}).status_code == 303
    assert policies.read(db.session(), None) == BY_CODE


def test_a_role_that_was_taken_away_can_be_given_back(cast, as_person):
    decide(cast)
    browser = as_person(cast.admin)
    assert agree(browser, EDGE, {"roles": ["vendor"], "reason": ["vendor", "admin"]}).status_code == 303
    assert policies.read(db.session(), None) == BY_CODE


def test_what_changes_nothing_needs_no_yes(cast, as_person):
    page = as_person(cast.admin).post(EDGE, data={"roles": ["vendor"], "reason": ["vendor", "admin"]})
    assert "this is how it stands already" in page.text


def test_who_was_slower_sees_the_dry_run_anew(cast, as_person):
    browser = as_person(cast.admin)
    said = {"roles": ["admin"], "reason": ["admin"]}
    seen = version_in(browser.post(EDGE, data=said))
    decide(cast, edge=("accepted", "cancelled"))
    slower = browser.post(EDGE, data={**said, "version": seen})
    assert slower.status_code == 409
    assert "Somebody was faster" in slower.text
    assert db.session.scalar(select(func.count(EdgePolicy.id))) == 1
    assert browser.post(EDGE, data={**said, "version": version_in(slower)}).status_code == 303


def test_deadlines_are_set_and_those_of_open_orders_moved(cast, as_person):
    number = place(cast).order.number
    browser = as_person(cast.admin)
    asked = browser.post("/admin/transitions/deadlines", data={**MINUTES, "open_orders": "y"})
    assert "A kitchen would have 12 minutes to accept an order, and not 8." in text_of(asked)
    assert number[-4:] in text_of(asked)
    assert agree(browser, "/admin/transitions/deadlines", {**MINUTES, "open_orders": "y"}).status_code == 303
    order = db.session.scalars(select(Order).where(Order.number == number)).one()
    assert (order.accept_by - order.placed_at).total_seconds() == 12 * 60


@pytest.mark.parametrize(
    "wrong", [{"acceptance_minutes": "0"}, {"abandonment_minutes": "soon"}, {"acceptance_minutes": ""}]
)
def test_deadlines_that_cannot_be_are_refused_beside_their_fields(cast, as_person, wrong):
    page = as_person(cast.admin).post("/admin/transitions/deadlines", data={**MINUTES, **wrong})
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.text
    assert db.session.scalar(select(func.count(AuditEntry.id))) == 0


def form_of(page):
    """What the form of the reasons would send as it stands."""
    fields = re.findall(r'<input[^>]*name="(reasons-[^"]+)"[^>]*value="([^"]*)"[^>]*>', page.text)
    return dict(fields)


def test_a_reason_is_added_renamed_and_switched_off(cast, as_person):
    browser = as_person(cast.admin)
    said = form_of(browser.get("/admin/transitions?restaurant=first"))
    assert said["reasons-0-code"] == "too_busy"
    del said["reasons-0-is_active"]
    said |= {"reasons-1-words": "Sold out for today", "new": "The oven is broken"}
    path = "/admin/transitions/reasons?restaurant=first"
    asked = text_of(browser.post(path, data=said))
    assert "“Too busy right now” would not be offered any more." in asked
    assert "would be called “Sold out for today”" in asked
    assert "programs say the_oven_is_broken" in asked
    assert agree(browser, path, said).status_code == 303
    offered = policies.read(db.session(), cast.restaurant.id).offered
    assert "too_busy" not in offered
    assert (offered["sold_out"], offered["the_oven_is_broken"]) == ("Sold out for today", "The oven is broken")


def test_a_reset_of_reasons_ends_what_was_added(cast, as_person):
    browser = as_person(cast.admin)
    path = "/admin/transitions/reasons"
    agree(browser, path, {**form_of(browser.get("/admin/transitions")), "new": "The oven is broken"})
    assert "Back to the default" in browser.get("/admin/transitions").text
    assert agree(browser, path, {"reset": "1"}).status_code == 303
    reasons = policies.read(db.session(), None)
    assert reasons.offered == BY_CODE.offered
    assert "the_oven_is_broken" in reasons.reasons, "histories are told with it"


def test_a_reason_without_words_is_refused(cast, as_person):
    browser = as_person(cast.admin)
    said = form_of(browser.get("/admin/transitions")) | {"reasons-3-words": ""}
    assert browser.post("/admin/transitions/reasons", data=said).status_code == 422


def test_the_board_offers_what_its_rules_say(cast, as_person):
    order = order_in(cast, "preparing")
    browser = as_person(cast.vendor)
    card = f"/vendor/orders/{order.number}/card"
    assert "Cannot make it" in browser.get(card).text
    decide(cast)
    assert "Cannot make it" not in browser.get(card).text
    decide(cast, roles={"admin", "vendor"}, reason=())
    assert re.search(r'name="reason_code" +>', browser.get(card).text), "it may be left out"


def test_the_board_asks_why_a_recall_where_it_must_be_said(cast, as_person):
    order = order_in(cast, "ready_for_pickup")
    decide(cast, edge=("ready_for_pickup", "preparing"), roles={"admin", "vendor"}, reason={"vendor"})
    browser = as_person(cast.vendor)
    assert f'id="{order.number}-recall-reason"' in browser.get(f"/vendor/orders/{order.number}/card").text
    said = {"expected_version": order.version, "reason_code": "kitchen_problem"}
    assert browser.post(f"/vendor/orders/{order.number}/recall", data=said).status_code == 303
    assert db.session.get(Order, order.id).status == "preparing"


def test_the_board_shouts_about_what_is_not_ready(cast, as_person):
    order = order_in(cast, "preparing")
    browser = as_person(cast.vendor)
    assert "data-shows-at" not in browser.get("/vendor/").text
    minutes = {**{name: int(value) for name, value in MINUTES.items()}, "preparation_alert_minutes": 15}
    policy_changes.change_deadlines(cast.restaurant, minutes, by=cast.admin, seen=cast.restaurant.policy_version)
    card = browser.get(f"/vendor/orders/{order.number}/card").text
    assert re.search(r'data-shows-at="[^"]+" hidden', card)
    assert "more than 15 min" in card


def test_a_customer_who_may_cancel_what_is_accepted_need_not_ask(cast, as_person):
    order = order_in(cast, "accepted")
    browser = as_person(cast.customer)
    assert "Ask to cancel" in browser.get(f"/orders/{order.number}").text
    decide(cast, edge=("accepted", "cancelled"), roles={"admin", "vendor", "customer"}, reason={"admin"})
    page = browser.get(f"/orders/{order.number}").text
    assert "Cancel this order" in page
    assert "Ask to cancel" not in page
    answer = browser.post(f"/orders/{order.number}/cancellation", data={"expected_version": order.version})
    assert answer.status_code == 303
    assert db.session.get(Order, order.id).cancellation_kind == "customer"


def test_an_admin_may_be_let_release_what_is_scheduled(cast, as_person):
    order = order_in(cast, "scheduled")
    decide(cast, edge=("scheduled", "placed"), roles={"admin"}, reason=())
    browser = as_person(cast.admin)
    assert "Send to the kitchen now" in browser.get(f"/admin/orders/{order.number}").text
    said = {"to": "placed", "expected_version": order.version}
    browser.post(f"/admin/orders/{order.number}/transitions", data=said)
    assert db.session.get(Order, order.id).status == "placed"


def test_a_refusal_by_the_api_says_what_the_rules_allow(cast, as_person, bearer):
    order = order_in(cast, "preparing")
    decide(cast)
    said = {"to": "accepted"}
    answer = as_person(None).post(f"/api/orders/{order.number}/transitions", json=said, headers=bearer(cast.vendor))
    assert (answer.status_code, answer.json["allowed"]) == (409, ["ready_for_pickup"])
