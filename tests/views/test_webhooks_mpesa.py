"""Callbacks: from M-Pesa alone, kept before they are answered, and answered at once whatever they say."""

import json

import pytest
from sqlalchemy import select

from app.extensions import db
from app.models import Job, ProviderMessage
from tests.daraja import callback
from tests.factories import attempt, order_in

pytestmark = pytest.mark.parametrize("backend", ["sqlite", "postgresql"])


@pytest.fixture
def payment(cast, daraja):
    return attempt(order_in(cast, "awaiting_payment"))


@pytest.fixture
def call(app):
    secret = app.config["PASSLINE"].webhook_secret("mpesa")

    def post(token, body, *, secret=secret, address="127.0.0.1", **how):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        how = {"content_type": "application/json", **how}
        return app.test_client().post(
            f"/webhooks/mpesa/{secret}/{token}", data=data, environ_base={"REMOTE_ADDR": address}, **how
        )

    return post


def kept():
    db.session.rollback()
    return db.session.scalars(select(ProviderMessage).where(ProviderMessage.kind == "callback")).all()


def test_it_is_kept_and_answered_and_left_to_the_worker(payment, call):
    answer = call(payment.callback_token, callback(payment))
    assert (answer.status_code, answer.json) == (200, {"ResultCode": 0, "ResultDesc": "Accepted"})
    [message] = kept()
    assert (message.payment_id, message.address, message.outcome) == (payment.id, "127.0.0.1", None)
    assert json.loads(message.body) == callback(payment)
    assert db.session.scalars(select(Job.kind)).all() == ["process_payment"]
    db.session.refresh(payment)
    assert payment.status == "prompted", "the web does not act on it"


@pytest.mark.parametrize("body", [b"", b"no JSON", b"\xff\xfe\x00", b"a=1&b=%00"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
def test_whatever_it_says_is_kept(payment, call, body, kind):
    assert call(payment.callback_token, body, content_type=kind).status_code == 200
    assert kept()[0].body == body.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_a_token_that_is_nobodys_is_kept_too(payment, call):
    assert call("nobodys", callback(payment)).status_code == 200
    assert kept()[0].payment_id is None


def test_without_the_secret_there_is_nothing(payment, call):
    for secret in ("0" * 32, "é", "x"):
        assert call(payment.callback_token, callback(payment), secret=secret).status_code == 404
    assert kept() == []


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", ""])
def test_strangers_are_refused(payment, call, address):
    answer = call(payment.callback_token, callback(payment), address=address)
    assert answer.status_code == 403
    assert kept() == []


def test_m_pesas_own_addresses_may_come_over_ipv6_sockets(payment, call):
    assert call(payment.callback_token, callback(payment), address="::ffff:127.0.0.1").status_code == 200


def test_a_stranger_who_says_to_be_forwarded_is_a_stranger(payment, call):
    answer = call(
        payment.callback_token,
        callback(payment),
        address="192.0.2.1",
        headers={"X-Forwarded-For": "127.0.0.1"},
    )
    assert answer.status_code == 403


def test_too_much_is_refused(payment, call):
    assert call(payment.callback_token, b"x" * (64 * 1024 + 1)).status_code == 413
    assert kept() == []
