"""How tests read the vendor's board."""

import re

from flask.testing import FlaskClient

PROBLEM = {"Accept": "application/problem+json"}
_CARD = re.compile(r'data-order-number="(\w+)" data-order-version="(\d+)"\s+data-column-of="(\w*)"')


def board(browser: FlaskClient, **screen: str) -> dict[str, str]:
    """The column of each order on the board, in the board's order."""
    page = browser.get("/vendor/", query_string=screen)
    assert page.status_code == 200
    return {number: column for number, _version, column in _CARD.findall(page.text)}


def column_of(browser: FlaskClient, number: str) -> str:
    """Where one card says that it belongs."""
    [(_number, _version, column)] = _CARD.findall(browser.get(f"/vendor/orders/{number}/card").text)
    return column
