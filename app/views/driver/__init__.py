"""The driver's pages: for now one. Tickets, offers and positions are built with deliveries."""

from flask import Blueprint

bp = Blueprint("driver", __name__)

from . import home  # noqa: E402, F401  (it puts its view onto bp)
