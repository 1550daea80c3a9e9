"""Which page asks, and whether it may."""

import pytest

from gateway.auth import may_knock, origin_of

OURS = ("https://pass.example", "http://localhost:5000")


def request(host="gateway.example:5001", **headers):
    return {"HTTP_HOST": host, **{f"HTTP_{name.upper()}": value for name, value in headers.items()}}


@pytest.mark.parametrize(
    ("environ", "origin"),
    [
        (request(), None),
        (request(origin="https://pass.example"), "https://pass.example"),
        (request(origin="http://evil.example", sec_fetch_site="same-origin"), "http://evil.example"),
        # A page at the gateway's own public address: a same-origin GET has no Origin.
        (request(host="pass.example", sec_fetch_site="same-origin"), "https://pass.example"),
        (request(host="pass.example", sec_fetch_site="cross-site"), None),
        (request(host="pass.example"), None),
        (request(host="other.example", sec_fetch_site="same-origin"), None),
    ],
)
def test_it_knows_the_origin_of_a_page(environ, origin):
    assert origin_of(environ, OURS) == origin


@pytest.mark.parametrize(
    ("environ", "may"),
    [
        (request(), True),
        (request(origin="http://localhost:5000"), True),
        (request(origin="http://localhost:5002"), False),
        (request(origin="http://pass.example"), False),
        (request(origin="http://gateway.example:5001"), True),
        (request(origin="null"), False),
        (request(origin="http://evil.example"), False),
    ],
)
def test_it_opens_the_door_to_programs_and_to_pages_of_ours(environ, may):
    assert may_knock(environ, OURS) is may


def test_it_opens_the_door_to_no_page_when_none_is_named():
    assert not may_knock(request(origin="http://localhost:5000"), ())
