"""How the databases are spoken to."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.extensions import db


def test_an_error_does_not_say_what_its_statement_was_given(app):
    with pytest.raises(DBAPIError) as raised:
        db.session.execute(text("select * from nowhere where token = :token"), {"token": "secret-of-somebody"})
    assert "nowhere" in str(raised.value)
    assert "secret-of-somebody" not in str(raised.value)
