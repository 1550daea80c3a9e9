"""The audit trail: what differs is written, secrets are not, and a request says where it came from."""

import json

import pytest
from sqlalchemy import select

from app.domain import audit
from app.extensions import atomic, db
from app.models import AuditEntry

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def recorded(cast, **fields):
    with atomic() as session:
        audit.record(session, "person.changed", by=cast.admin, subject=("person", cast.vendor.id, "Vera"), **fields)
    return db.session.scalars(select(AuditEntry)).all()


def test_only_what_differs_is_kept(cast):
    [entry] = recorded(cast, before={"role": "vendor", "name": "V"}, after={"role": "driver", "name": "V"})
    assert (json.loads(entry.before), json.loads(entry.after)) == ({"role": "vendor"}, {"role": "driver"})
    assert (entry.actor_id, entry.actor_name, entry.role) == (cast.admin.id, cast.admin.name, "admin")


def test_nothing_is_written_where_nothing_differs(cast):
    assert recorded(cast, before={"role": "vendor"}, after={"role": "vendor"}) == []


def test_no_secret_is_kept(cast):
    [entry] = recorded(cast, after={"password_hash": "$argon2", "totp_secret": "ABC", "role": "admin"})
    assert json.loads(entry.after) == {"password_hash": "•••", "totp_secret": "•••", "role": "admin"}


def test_it_tells_where_a_request_came_from(cast):
    audit.coming_from("203.0.113.7", "Kitchen tablet")
    [entry] = recorded(cast, after={"role": "admin"})
    assert (entry.address, entry.user_agent) == ("203.0.113.7", "Kitchen tablet")


def test_what_comes_from_nowhere_says_so(cast):
    audit.coming_from("203.0.113.7", "Kitchen tablet")
    with audit.from_nowhere():
        [entry] = recorded(cast, after={"role": "admin"})
    assert (entry.address, entry.user_agent) == ("", "")
