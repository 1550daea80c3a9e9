"""The address at which delivery reports arrive."""

import pytest
from sqlalchemy import select

from app.extensions import atomic, db
from app.models import ProviderMessage, SmsMessage
from tests.passes import PHONE, pass_for

FORM = {"id": "ATXid_1", "status": "Success", "phoneNumber": PHONE, "networkCode": "63902"}
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def post(app, as_person):
    """A report that comes in; CSRF is on, as in production."""

    def send(form=FORM, secret=None, **options):
        secret = secret or app.config["PASSLINE"].webhook_secret("sms")
        return as_person(None).post(f"/webhooks/sms/{secret}", data=form, **options)

    return send


def kept():
    db.session.rollback()
    return db.session.scalars(select(ProviderMessage)).all()


def test_a_report_is_kept_and_done(cast, post):
    with atomic() as session:
        message = SmsMessage(
            kind="credentials", phone=PHONE, hotspot_user_id=pass_for(cast).id, status="sent", provider_id="ATXid_1"
        )
        session.add(message)
    assert post().status_code == 200
    [row] = kept()
    assert (row.provider, row.kind, row.outcome, row.address) == (
        "africastalking",
        "sms_receipt",
        "delivered",
        "127.0.0.1",
    )
    assert row.body == "id=ATXid_1&status=Success&phoneNumber=%2B254712345678&networkCode=63902"
    db.session.refresh(message)
    assert message.status == "delivered"


@pytest.mark.parametrize("secret", ["0" * 32, "é", "x"])
def test_a_wrong_secret_is_no_address(cast, post, secret):
    assert post(secret=secret).status_code == 404
    assert kept() == []


def test_what_cannot_be_read_is_kept_and_answered_all_the_same(cast, post):
    assert post({"hello": "world"}).status_code == 200
    assert post(b"{}", content_type="application/json").status_code == 200
    assert [row.outcome for row in kept()] == ["malformed", "malformed"]


def test_more_than_64_kib_is_not_read(cast, post):
    assert post({**FORM, "failureReason": "x" * 64 * 1024}).status_code == 413
    assert kept() == []
