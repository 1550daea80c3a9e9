"""The status of an order for whoever holds its link: read-only, and nothing on it says whose order it is."""

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain import tracking
from app.errors import NotFound
from app.language import gettext as _
from app.models import Order
from app.views import formats

from . import bp, story


@bp.get("/t/<token>")
def tracked(token: str) -> ResponseReturnValue:
    formats.remember_position()
    return render_template("customer/tracked.html", token=token, **_shown(token))


@bp.get("/t/<token>/fragment")
def tracked_fragment(token: str) -> ResponseReturnValue:
    return render_template("customer/_order.html", **_shown(token))


def _order(token: str) -> Order:
    link = tracking.by_token(token)
    if link is None:
        raise NotFound(_("This link does not lead to an order, or does not do so any more."))
    return link.order


def _shown(token: str) -> dict[str, object]:
    order = _order(token)
    return {
        "order": order,
        "mine": False,
        "fragment_url": url_for(".tracked_fragment", token=token),
        "told": story.told(order),
    }


@bp.after_request
def _keep_address(response: Response) -> Response:
    """The address is the key: no other page, store or search engine hears of it, also when the answer is a refusal."""
    if request.path.startswith("/t/"):
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
