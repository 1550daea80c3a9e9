"""The captive page of the guest Wi-Fi, for whoever is in the restaurant, without account: choose, pay, read the code.

A purchase's address is its key (128 random bits), as a tracking link's is: whoever has it sees the code.
"""

from flask import Blueprint, Response

bp = Blueprint("wifi", __name__, url_prefix="/wifi")


@bp.after_request
def _keep_address(response: Response) -> Response:
    """No store keeps a code, no other site hears of the address, no search engine lists it."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


from . import purchase, shop  # noqa: E402, F401  (they put their views onto bp)
