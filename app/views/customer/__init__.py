"""The customer's pages: the menu and checkout, one's orders, the status of one, and the same by a tracking link."""

from flask import Blueprint, Response, session

from app.contract.tokens import SESSION_ID

bp = Blueprint("customer", __name__)

from . import links, menu, orders, status, tracking  # noqa: E402, F401  (they put their views onto bp)


@bp.after_request
def _keep_fresh(response: Response) -> Response:
    """A personal page is asked for anew each time; a copy in a shared cache would be somebody else's."""
    if SESSION_ID in session:
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response
