"""Half a log-in opens no socket; while an admin acts as somebody, their sockets are in that person's rooms."""

from datetime import timedelta

from sqlalchemy import update

from app.contract.times import now
from app.contract.tokens import SESSION_ID
from app.domain import acting, people, sessions
from app.extensions import atomic
from app.models import Session
from gateway import refusals
from tests.cast import PASSWORD
from tests.factories import two_factors
from tests.gateway.test_auth import refusal_of, rooms_of
from tests.gateway.test_revocation import closed_within_a_second, session_behind


def cookie_with(app, content):
    signed = app.session_interface.get_signing_serializer(app).dumps(content)
    return f"{app.config['SESSION_COOKIE_NAME']}={signed}"


def test_half_a_log_in_opens_no_socket(app, cast, screen):
    two_factors(cast.vendor)
    half = sessions.enter(cast.vendor.email, PASSWORD)
    for content in ({"half": [half.email, half.mark, half.enrols, int(now().timestamp()), "/"]}, {SESSION_ID: None}):
        assert refusal_of(screen(cookie=cookie_with(app, content))) == refusals.SESSION_UNKNOWN.data


def test_the_sockets_of_a_session_change_their_rooms_with_it(cast, screen, cookie_of):
    cookie, row = session_behind(cookie_of, cast.admin)
    before, other = screen(cookie=cookie), screen(cast.vendor)
    other.ready()
    assert before.ready()[0]["channels"] == rooms_of("admin", cast.admin)
    acting.start(row, cast.vendor)
    closed_within_a_second(before)
    assert not before.disconnected
    meanwhile = screen(cookie=cookie)
    assert meanwhile.ready()[0]["channels"] == rooms_of("vendor", cast.vendor)
    acting.stop(sessions.by_id(row.id))
    closed_within_a_second(meanwhile)
    assert screen(cookie=cookie).ready()[0]["channels"] == rooms_of("admin", cast.admin)


def test_what_ends_the_others_access_ends_the_acting(cast, screen, cookie_of):
    cookie, row = session_behind(cookie_of, cast.admin)
    acting.start(row, cast.vendor)
    socket = screen(cookie=cookie)
    socket.ready()
    people.deactivate(cast.vendor)
    closed_within_a_second(socket)
    assert screen(cookie=cookie).ready()[0]["channels"] == rooms_of("admin", cast.admin)


def test_what_ends_the_admins_access_ends_it_too(cast, screen, cookie_of):
    cookie, row = session_behind(cookie_of, cast.admin)
    acting.start(row, cast.vendor)
    socket = screen(cookie=cookie)
    socket.ready()
    people.change_password(cast.admin, "another long password")
    closed_within_a_second(socket)
    assert refusal_of(screen(cookie=cookie)) == refusals.SESSION_UNKNOWN.data


def test_nobody_comes_in_as_somebody_whose_hour_is_over(cast, screen, cookie_of):
    cookie, row = session_behind(cookie_of, cast.admin)
    acting.start(row, cast.vendor)
    with atomic() as session:
        session.execute(update(Session).where(Session.id == row.id).values(acting_until=now() - timedelta(seconds=1)))
    late = screen(cookie=cookie)
    assert late.until_closed() == []
    acting.stop_overdue()
    assert screen(cookie=cookie).ready()[0]["channels"] == rooms_of("admin", cast.admin)
