"""Logging in, while the password is being changed."""

import pytest
from sqlalchemy import event, func, select, text

from app.domain import sessions
from app.errors import WrongCredentials
from app.extensions import db
from app.models import ApiToken, Person, Session
from tests.cast import PASSWORD


@pytest.mark.parametrize("way_in", [sessions.sign_in, sessions.issue_token])
def test_it_gives_nothing_for_a_password_that_changes_while_it_is_compared(cast, way_in):
    email = cast.vendor.email
    db.session.remove()

    def change(_person, _context):
        with db.engine.begin() as somebody:
            somebody.execute(text("update people set password_hash = 'of another'"))

    event.listen(Person, "load", change, once=True)
    with pytest.raises(WrongCredentials):
        way_in(email, PASSWORD)
    for table in (Session, ApiToken):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
