"""The job that sends a code: what stands in its row is enough."""

import json

import pytest
from sqlalchemy import select

from app.domain import messages
from app.extensions import db
from app.jobs.messages import send_credentials
from app.models import Job
from app.providers.sms import NoAnswer
from tests.passes import pass_for

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def test_it_sends_what_its_row_names(cast, connected):
    messages.resend(pass_for(cast), by=cast.admin)
    payload = json.loads(db.session.scalars(select(Job.payload)).one())
    for _ in range(2):
        send_credentials(payload)
    assert len(connected.messages()) == 1


def test_it_fails_where_the_provider_does_not_answer(cast, connected):
    connected.set_sms(send="error")
    with pytest.raises(NoAnswer):
        send_credentials({"pass": pass_for(cast).id, "send": 1})
