"""The customer's pages: the menu and checkout, one's orders, the status of one, and the same by a tracking link."""

from flask import Blueprint

bp = Blueprint("customer", __name__)

from . import (  # noqa: E402, F401  (they put their views onto bp)
    browse,
    installed,
    links,
    menu,
    orders,
    payment,
    pictures,
    receipt,
    status,
    tracking,
)
