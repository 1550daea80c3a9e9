"""The OpenAPI document against what happens: requests made from it, good and bad, by a customer, a vendor, an admin.

No answer may be a 500, have a status, header or body that the document does not tell, or take what it refuses.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.factories import order_in, ticket_in, token_of

# For a thorough run: EXAMPLES=500.
EXAMPLES = int(os.environ.get("EXAMPLES", "4"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
STATES = ("awaiting_payment", "scheduled", "placed", "accepted", "preparing", "ready_for_pickup", "cancelled")


@pytest.fixture
def backend():
    """The stricter of the two: what SQLite takes for a text or a number, PostgreSQL may refuse."""
    return "postgresql"


@pytest.fixture
def operations(app, cast):
    """The operations of the document, ready to be called."""

    def server(environ, start_response):
        with app.app_context():
            return app.wsgi_app(environ, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", server)
    schema.config.generation.update(with_security_parameters=False)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ["customer", "vendor", "driver", "admin"])
def test_it_tells_what_happens(operations, cast, name, mode):
    headers = {"Authorization": f"Bearer {token_of(getattr(cast, name))}"}
    there_is = {
        "number": [order_in(cast, state).number for state in STATES],
        "slug": ["first"],
        "ticket_id": [ticket_in(cast, state).id for state in ("unassigned", "delivered", "returning")],
        "menu_item_id": [item.id for item in cast.items()],
    }
    for label, operation in operations.items():
        if label == "POST /api/tokens":
            continue  # it answers 429 after a few; tests/api/test_tokens.py
        if mode == GenerationMode.NEGATIVE and not operation.query and not operation.body:
            continue  # any text is a slug or a number that may be asked for

        @settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
        def holds(case, data):
            if mode == GenerationMode.POSITIVE:
                meant_well(case, data, there_is)
            case.call_and_validate(headers=headers, checks=CHECKS)

        holds()


def meant_well(case, data, there_is):
    """Make of what is only well formed something that there is."""
    for name in case.path_parameters or {}:
        if name in there_is:
            case.path_parameters[name] = data.draw(st.sampled_from(there_is[name]))
    if case.operation.label == "POST /api/orders":
        case.body["restaurant"] = "first"
        for line in case.body["items"]:
            line["menu_item_id"] = data.draw(st.sampled_from(there_is["menu_item_id"]))


@pytest.mark.parametrize(
    ("name", "path", "documented"),
    [
        ("customer", "/orders/{number}", "Order"),
        ("customer", "/orders/{number}/history", "History"),
        ("customer", "/restaurants/first", "RestaurantWithMenu"),
        ("customer", "/tokens", "Tokens"),
        ("driver", "/driver/tickets", "DriverTickets"),
        ("driver", "/driver/tickets/{ticket_id}", "Ticket"),
        ("customer", "/customer/tickets/{ticket_id}", "FollowedTicket"),
        ("admin", "/admin/tickets", "AdminTickets"),
        ("admin", "/admin/tickets/{ticket_id}", "WholeTicket"),
        ("admin", "/admin/drivers", "AdminDrivers"),
    ],
)
def test_it_names_every_field_of_an_answer(program, cast, name, path, documented):
    ticket, client = ticket_in(cast, "picked_up"), program(getattr(cast, name))
    schemas = client.get("/openapi.json").json["components"]["schemas"]
    answer = client.get(path.format(number=ticket.order.number, ticket_id=ticket.id)).json
    assert sorted(undocumented(answer, schemas[documented], schemas)) == []


def undocumented(value, schema, schemas, path=""):
    """The fields of an answer that its schema does not know; a client may bear them, the document may not."""
    for part in schema.get("anyOf", [schema]):
        if "$ref" in part:
            schema = schemas[part["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for each in value:
            yield from undocumented(each, schema["items"], schemas, f"{path}[]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name in schema["properties"]:
                yield from undocumented(inner, schema["properties"][name], schemas, f"{path}.{name}")
            else:
                yield f"{path}.{name}"


def test_it_is_there_for_everybody(program, cast):
    document = program(None).get("/openapi.json")
    assert document.status_code == 200
    assert document.json["openapi"] == "3.1.0"
    assert [tag["name"] for tag in document.json["tags"]] == [
        "tokens",
        "restaurants",
        "orders",
        "payments",
        "driver",
        "customer",
        "admin",
    ]


def test_every_call_has_a_name_and_a_summary(program, cast):
    calls = [call for path in program(None).get("/openapi.json").json["paths"].values() for call in path.values()]
    calls = [call for call in calls if isinstance(call, dict)]
    names = [call["operationId"] for call in calls]
    assert len(names) == len(set(names)) == 34
    assert all(call["summary"] for call in calls)
