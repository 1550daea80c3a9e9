"""What makes the customer's pages an app that can be installed: the manifest, the service worker, the page without net.

The worker has the scope of /orders/ alone: menus need a connection anyway, links (/t/) leave nothing on a device, and
the driver's worker has its own.
"""

from flask import Response, current_app, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from app.language import gettext as _

from . import bp


@bp.get("/orders/manifest.webmanifest")
def manifest() -> Response:
    icon = {"src": url_for("static", filename="img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    told = {
        "name": "Passline",
        "short_name": "Passline",
        "description": _("Order, and follow your orders."),
        "id": "/orders/",
        "start_url": "/orders/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "icons": [icon],
    }
    answer = jsonify(told)
    answer.mimetype = "application/manifest+json"
    return answer


@bp.get("/orders/worker.js")
def worker() -> ResponseReturnValue:
    # A service worker serves what lies below its own address, so it cannot be one of the static files.
    return current_app.send_static_file("js/customer/worker.js")


@bp.get("/orders/offline")
def offline() -> ResponseReturnValue:
    """Kept on the device as it is, so it says nothing of anybody: what was known last, its script adds."""
    return render_template("customer/offline.html")
