"""A second factor: confirmed by a first code, asked for from then on, and no code counts twice."""

from datetime import timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from app.contract.times import now
from app.domain import second_factors, sessions
from app.errors import Conflict, SecondFactorMissing, SecondFactorRequired, WrongCode, WrongCredentials
from app.extensions import atomic, db
from app.models import Person, RecoveryCode, Session
from tests.at_once import at_once
from tests.cast import PASSWORD
from tests.factories import session_of, token_of, two_factors

one_database = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def clock():
    """Time stands still at the beginning of one of an app's steps, and is moved by the test."""
    at = now().timestamp() // 30 * 30 + 600
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


def check(person, code):
    with atomic() as session:
        return second_factors.check(session, person, code)


def finish(person_id, mark, code):
    return lambda: sessions.finish(db.session.get_one(Person, person_id), mark, code)


def code_of(secret, seconds=0):
    return pyotp.TOTP(secret).at(now() + timedelta(seconds=seconds))


@one_database
def test_nobody_is_asked_before_the_first_code(cast, clock):
    with pytest.raises(WrongCredentials):
        second_factors.begin(cast.customer, "a guess")
    secret = second_factors.begin(cast.customer, PASSWORD)
    assert check(cast.customer, None) is False
    with pytest.raises(WrongCode):
        second_factors.confirm(cast.customer, secret, "000000")
    codes = second_factors.confirm(cast.customer, secret, code_of(secret))
    assert len(set(codes)) == 10
    with pytest.raises(SecondFactorRequired):
        check(cast.customer, None)
    with pytest.raises(Conflict):
        second_factors.begin(cast.customer, PASSWORD)


def test_of_two_who_set_one_up_at_once_one_does(app, cast, clock):
    rules = sessions.Rules(admins_need_second_factor=True)
    mark, person_id = sessions.enter(cast.admin.email, PASSWORD, rules=rules).mark, cast.admin.id

    def enrol():
        secret = second_factors.new_secret()
        sessions.enrol(db.session.get_one(Person, person_id), mark, secret, code_of(secret), rules=rules)
        return secret

    told = at_once(app, *[enrol] * 3)
    assert [type(answer) for answer in told if not isinstance(answer, str)] == [Conflict] * 2
    assert [second_factors.of(cast.admin).secret] == [answer for answer in told if isinstance(answer, str)]


@one_database
def test_it_ends_what_the_password_alone_had_opened(cast, clock):
    here, there, program = session_of(cast.customer), session_of(cast.customer), token_of(cast.customer)
    secret = second_factors.new_secret()
    second_factors.confirm(cast.customer, secret, code_of(secret), within=here)
    assert sessions.by_id(here.id).second_factor
    assert (sessions.by_id(there.id), sessions.by_token(program)) == (None, None)


@one_database
def test_a_code_counts_once_and_an_older_one_not_after_it(cast, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    assert check(cast.customer, code_of(secret))
    for seconds in (0, -30):
        with pytest.raises(WrongCode):
            check(cast.customer, code_of(secret, seconds))
    assert check(cast.customer, code_of(secret, 30))


@one_database
def test_the_code_that_confirmed_it_is_used_up(cast, clock):
    secret, _ = two_factors(cast.customer)
    with pytest.raises(WrongCode):
        check(cast.customer, code_of(secret))


@one_database
@pytest.mark.parametrize(("seconds", "is_right"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(cast, clock, seconds, is_right):
    secret, _ = two_factors(cast.customer)
    clock.shift(300)
    if is_right:
        assert check(cast.customer, code_of(secret, seconds))
    else:
        with pytest.raises(WrongCode):
            check(cast.customer, code_of(secret, seconds))


def test_of_two_who_send_one_code_at_once_one_is_let_in(app, cast, clock):
    secret, codes = two_factors(cast.customer)
    person_id, mark = cast.customer.id, sessions.mark_of(cast.customer)
    clock.shift(60)
    for code in (code_of(secret), codes[0]):
        told = at_once(app, *[finish(person_id, mark, code)] * 3)
        assert [type(answer) for answer in told].count(Session) == 1
        assert [type(answer) for answer in told].count(WrongCode) == 2


@one_database
def test_a_recovery_code_counts_once_however_it_is_typed(cast, clock):
    _, codes = two_factors(cast.customer)
    assert check(cast.customer, f" {codes[3].lower().replace('-', ' ')}")
    with pytest.raises(WrongCode):
        check(cast.customer, codes[3])
    assert second_factors.codes_left(cast.customer) == 9


@one_database
def test_a_recovery_code_of_somebody_else_is_wrong(cast, clock):
    _, codes = two_factors(cast.customer)
    two_factors(cast.vendor)
    with pytest.raises(WrongCode):
        check(cast.vendor, codes[0])


@one_database
def test_no_recovery_code_is_stored(cast, clock):
    _, codes = two_factors(cast.customer)
    stored = " ".join(db.session.scalars(select(RecoveryCode.code_hash)))
    assert not [code for code in codes if code.replace("-", "") in stored]


@one_database
def test_new_codes_take_the_place_of_the_old_ones(cast, clock):
    _, old = two_factors(cast.customer)
    fresh = second_factors.renew_codes(cast.customer, old[0])
    with pytest.raises(WrongCode):
        check(cast.customer, old[1])
    assert check(cast.customer, fresh[1])


@one_database
def test_it_is_removed_against_a_code_only(cast, clock):
    _, codes = two_factors(cast.customer)
    with pytest.raises(WrongCode):
        second_factors.remove(cast.customer, "")
    second_factors.remove(cast.customer, codes[0])
    assert check(cast.customer, None) is False


@one_database
def test_a_reset_ends_what_the_person_is_logged_in_with(cast, clock):
    two_factors(cast.vendor)
    row = session_of(cast.vendor)
    second_factors.reset(cast.vendor, by=cast.admin)
    assert (second_factors.of(cast.vendor), sessions.by_id(row.id)) == (None, None)


@one_database
def test_a_log_in_stops_half_way(cast, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    half = sessions.enter(cast.customer.email, PASSWORD)
    assert isinstance(half, sessions.Half)
    assert Session.query.count() == 0
    with pytest.raises(SecondFactorRequired):
        sessions.sign_in(cast.customer.email, PASSWORD)
    with pytest.raises(SecondFactorRequired):
        sessions.issue_token(cast.customer.email, PASSWORD)
    with pytest.raises(WrongCode):
        sessions.issue_token(cast.customer.email, PASSWORD, otp="123")
    assert sessions.finish(cast.customer, half.mark, code_of(secret)).second_factor
    clock.shift(30)
    assert sessions.issue_token(cast.customer.email, PASSWORD, otp=code_of(secret))[1].second_factor


@one_database
def test_the_first_half_counts_no_more_when_the_password_is_another(cast, clock):
    secret, _ = two_factors(cast.customer)
    clock.shift(60)
    half = sessions.enter(cast.customer.email, PASSWORD)
    with atomic():
        cast.customer.password_hash = "of another"
    with pytest.raises(WrongCredentials):
        sessions.finish(cast.customer, half.mark, code_of(secret))


@one_database
def test_an_admin_who_must_have_one_sets_it_up_on_the_way_in(cast, clock):
    rules = sessions.Rules(admins_need_second_factor=True)
    half = sessions.enter(cast.admin.email, PASSWORD, rules=rules)
    assert half.enrols
    with pytest.raises(SecondFactorMissing):
        sessions.issue_token(cast.admin.email, PASSWORD, rules=rules)
    secret = second_factors.new_secret()
    row, codes = sessions.enrol(cast.admin, half.mark, secret, code_of(secret), rules=rules)
    assert (row.second_factor, len(codes)) == (True, 10)
    assert isinstance(sessions.enter(cast.vendor.email, PASSWORD, rules=rules), Session)
