"""What the pages of accounts are drawn with: an invitation, second factors, log-ins, an admin who acts as a vendor."""

from datetime import timedelta
from typing import Any

import pyotp
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from app.contract.times import now
from app.demo.cast import PASSWORD
from app.domain import acting, audit, invitations, links, people, second_factors, sessions
from app.extensions import atomic
from app.models import Person, Session

_TABLET = "Mozilla/5.0 (Linux; Android 14; SM-X200) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148 Safari/604.1"


def fill(app: Flask, cast: dict[str, Person], long_name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Names for paths, and cookies, by what they are for."""
    admin, vendor = cast["admin"], cast["vendor"]
    audit.coming_from("196.201.214.200", _TABLET)
    invited, invitation = invitations.invite(
        email="cook@passline.test",
        name="Zawadi Njoroge",
        role="vendor",
        restaurant=vendor.restaurant,
        by=admin,
        mailed=False,
    )
    careful = _person("careful", "admin", "Catherine Careful", by=admin)
    wary = _person("wary", "admin", "Walter Wary", by=admin)
    fresh = _person("fresh", "admin", "Fred Fresh", by=admin)
    gone = _person("gone", "customer", long_name[:100], by=admin)
    people.change(gone, by=admin, name=long_name[:90], phone="+254700000012", role="customer")
    people.deactivate(gone, by=admin)
    for person in (careful, wary):
        secret = second_factors.new_secret()
        second_factors.confirm(person, secret, pyotp.TOTP(secret).at(now()))
    for _ in range(2):
        sessions.sign_in(vendor.email, PASSWORD)
    audit.coming_from("2001:db8:85a3::8a2e:370:7334", _PHONE)
    sessions.issue_token(vendor.email, PASSWORD)
    with atomic() as session:
        reset = links.make(session, links.PASSWORD_RESET, cast["customer"], mailed=False)
    acts = _acting(_person("acting", "admin", "Adam Admin", by=admin), vendor)
    names = {
        "invitation": invitation,
        "reset": reset,
        "vendor_person": str(vendor.id),
        "invited_person": str(invited.id),
        "careful_person": str(careful.id),
        "gone_person": str(gone.id),
    }
    cookies = {
        "half": _signed(app, half=_half(careful, enrols=False)),
        "half_other": _signed(app, half=_half(wary, enrols=False)),
        "half_new": _signed(app, half=_half(fresh, enrols=True)),
        "acting": _signed(app, sid=acts.id),
        "careful": _signed(app, sid=_session(careful).id),
    }
    audit.coming_from("", "")
    return names, cookies


def _person(who: str, role: str, name: str, *, by: Person) -> Person:
    return people.create(email=f"{who}@passline.test", name=name, role=role, password=PASSWORD, is_demo=True, by=by)


def _session(person: Person) -> Session:
    at = now()
    with atomic() as session:
        row = Session(id=f"shots-{person.id}", person_id=person.id, expires_at=at + timedelta(days=1))
        row.user_agent, row.address = _PHONE, "203.0.113.7"
        session.add(row)
    return row


def _acting(admin: Person, person: Person) -> Session:
    row = _session(admin)
    acting.start(row, person)
    return row


def _half(person: Person, *, enrols: bool) -> list[Any]:
    return [person.email, sessions.mark_of(person), enrols, int(now().timestamp()) + 3600, "/"]


def _signed(app: Flask, **content: Any) -> str:
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps({**content, "_permanent": True}))
