"""Where providers call us back: the address holds a secret, what is said is kept first and acted on by the worker."""

from flask import Blueprint

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

from . import mpesa  # noqa: E402, F401  (it puts its view onto bp)
