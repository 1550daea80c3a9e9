"""The driver's page: offers, the delivery under way, and what was done today."""

from flask import Blueprint

bp = Blueprint("driver", __name__)

from . import home  # noqa: E402, F401  (it puts its view onto bp)
