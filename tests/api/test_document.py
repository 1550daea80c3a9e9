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

from tests.factories import order_in, token_of

# For a thorough run: EXAMPLES=500.
EXAMPLES = int(os.environ.get("EXAMPLES", "10"))
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
def operations(app, cast):
    """The operations of the document, ready to be called."""

    def server(environ, start_response):
        with app.app_context():
            return app.wsgi_app(environ, start_response)

    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", server)
    schema.config.generation.update(with_security_parameters=False)
    return {found.ok().label: found.ok() for found in schema.get_all_operations()}


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ["customer", "vendor", "admin"])
def test_it_tells_what_happens(operations, cast, name, mode):
    headers = {"Authorization": f"Bearer {token_of(getattr(cast, name))}"}
    numbers = [order_in(cast, state).number for state in STATES]
    items = [item.id for item in cast.items()]
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
                meant_well(case, data, numbers, items)
            case.call_and_validate(headers=headers, checks=CHECKS)

        holds()


def meant_well(case, data, numbers, items):
    """Make of what is only well formed something that there is."""
    there_is = {"number": st.sampled_from(numbers), "slug": st.just("first")}
    for name in case.path_parameters or {}:
        if name in there_is:
            case.path_parameters[name] = data.draw(there_is[name])
    if case.operation.label == "POST /api/orders":
        case.body["restaurant"] = "first"
        for line in case.body["items"]:
            line["menu_item_id"] = data.draw(st.sampled_from(items))
