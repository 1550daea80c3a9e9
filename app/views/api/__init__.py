"""The JSON API: the same verbs as the pages, for programs. Its document: /api/openapi.json, drawn at /api/docs.

`requests` says what is taken, `documents` what is answered, the files beside them what happens. Errors are problem
JSON (views/problems.py); who asks, and CSRF where a session is used, is decided in views/security.py.
"""

import orjson
from flask import Flask
from flask_smorest import Api

from . import (  # noqa: F401  (they add views)
    admin_drivers,
    admin_tickets,
    customer_tickets,
    docs,
    driver_duty,
    driver_location,
    driver_steps,
    driver_tickets,
    order_cancellation,
    order_transitions,
    orders,
    payments,
    restaurants,
    tokens,
)
from .blueprint import bp

_ABOUT = """
Orders of restaurants: placed, moved through their states, delivered and followed.

**Who you are**: a bearer token from `POST /api/tokens`, or the session of a browser, which sends its CSRF token as
`X-CSRFToken` with everything but GET. What is not yours is 404.

**Errors** are problem documents (RFC 9457) with a `code` for programs. **Lists** are `{items, next}`: hand `next`
back as `after`. **Times** are ISO 8601 in UTC with `Z`. **Money** is whole minor units beside an ISO 4217 code.

**Live**: connect a Socket.IO client to the gateway with the position that `Passline-Position` told (`since`), and it
receives everything that the answer did not show yet.
"""


_TAGS = (
    {"name": "tokens", "description": "How a program says whose it is"},
    {"name": "restaurants", "description": "Where one can order, and what"},
    {"name": "orders", "description": "Placed, found, moved through their states"},
    {"name": "payments", "description": "Begun by M-Pesa, and followed"},
    {"name": "driver", "description": "Deliveries, for whoever rides them"},
    {"name": "customer", "description": "Deliveries, for whoever waits for them"},
    {"name": "admin", "description": "Deliveries and drivers, for whoever dispatches them"},
)


class _Api(Api):
    # A view names each of its statuses; a default would allow any.
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: views/problems.py answers for the whole application."""


def register(app: Flask) -> None:
    """Put the API and its document onto `app`."""
    security: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
    api = _Api(spec_kwargs={"info": {"description": _ABOUT}, "security": security})
    api.init_app(app)
    cookie = {"type": "apiKey", "in": "cookie", "name": app.config["SESSION_COOKIE_NAME"]}
    api.spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    api.spec.components.security_scheme("session", cookie)
    api.register_blueprint(bp)
    app.register_blueprint(docs.bp)
    document = api.spec.to_dict()
    document |= {"tags": _TAGS, "paths": dict(sorted(document["paths"].items()))}
    app.extensions[docs.DOCUMENT] = orjson.dumps(document, option=orjson.OPT_INDENT_2)
