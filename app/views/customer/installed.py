"""What makes the customer's pages an app that can be installed: the manifest, the service worker, the page without net.

The worker has the scope of /orders/ alone: menus need a connection anyway, links (/t/) leave nothing on a device, and
the driver's worker has its own.
"""

from flask import Response, current_app, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from app.language import gettext as _

from . import bp

# File, sizes, type, purpose: the drawing, and pictures for systems that draw none.
_ICONS = (
    ("favicon.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable-512.png", "512x512", "image/png", "maskable"),
)


@bp.get("/orders/manifest.webmanifest")
def manifest() -> Response:
    told = {
        "name": "Passline",
        "short_name": "Passline",
        "description": _("Order, and follow your orders."),
        "id": "/orders/",
        "start_url": "/orders/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#ffffff",
        "icons": [
            {"src": url_for("static", filename=f"img/{name}"), "sizes": sizes, "type": kind, "purpose": purpose}
            for name, sizes, kind, purpose in _ICONS
        ],
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
