"""What a stranger can hold, and how it is checked."""

import pytest
from flask import Flask, session

from app.contract.positions import Position
from app.contract.tokens import SESSION_COOKIE, SESSION_ID, digest, new_bearer_token, new_tracking_token, session_id_in

KEY = "a key of the web process, as the gateway has it"


def cookie_of(content: dict[str, object], key: str = KEY) -> str:
    """The cookie that Flask itself sets."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY=key, SESSION_COOKIE_NAME=SESSION_COOKIE)

    @app.get("/")
    def index() -> str:
        session.update(content)
        return ""

    client = app.test_client()
    client.get("/")
    cookie = client.get_cookie(SESSION_COOKIE)
    assert cookie is not None
    return cookie.value


def test_it_reads_the_session_that_flask_signed():
    assert session_id_in(cookie_of({SESSION_ID: "abc", "csrf_token": "x" * 300}), KEY) == "abc"


@pytest.mark.parametrize("content", [{"other": 1}, {SESSION_ID: 7}])
def test_it_finds_no_session_where_there_is_none(content):
    assert session_id_in(cookie_of(content), KEY) is None


def test_it_refuses_a_cookie_of_another_key():
    assert session_id_in(cookie_of({SESSION_ID: "abc"}, key="another"), KEY) is None


@pytest.mark.parametrize("cookie", ["", "garbage", "a.b.c", "." * 50])
def test_it_refuses_garbage(cookie):
    assert session_id_in(cookie, KEY) is None


def test_its_tokens_are_long_and_stored_as_digests():
    assert len(new_tracking_token()) == 22
    assert len({new_bearer_token() for _ in range(100)}) == 100
    assert digest("x") != digest("y")


@pytest.mark.parametrize("text", ["", "x", "-1", "zz-1", "abcd-", "abcd--1", "abcd-1.5", "abcd-" + "9" * 30, None, 7])
def test_a_position_that_a_stranger_made_up_is_none(text):
    assert Position.parse(text) is None


def test_a_position_survives_its_spelling():
    assert Position.parse(str(Position("abcd1234", 17))) == Position("abcd1234", 17)
