"""Which addresses are a person's alone: each refuses an admin who acts as them. Used by test_admin_people.py."""

import pytest

LOCKED = (
    "/account",
    "/account/password",
    "/account/second-factor",
    "/account/second-factor/confirmation",
    "/account/second-factor/recovery-codes",
    "/account/second-factor/removal",
    "/account/accesses/anything/end",
    "/logout-everywhere",
)
OPEN = ("/account", "/api/tokens")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_every_way_to_change_an_account_is_named(app):
    ways = {
        rule.rule.replace("<handle>", "anything")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("account.") and "POST" in rule.methods
    }
    assert ways | {"/logout-everywhere"} == set(LOCKED)
