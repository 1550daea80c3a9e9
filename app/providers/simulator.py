"""All simulators as one application: what `python -m app.providers` serves, and a test starts for itself.

Its pages load nothing from other hosts. Forms that another site posts here are refused, but for the access point's
log-in, which is there for them.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask, Response, abort, render_template, request

from app.config import ROOT, Config

from . import mpesa_simulator, radius_simulator, sms_simulator
from .clockwork import Clockwork

# One line for each stranger: `install(app, config, clock)`.
_SIMULATORS = (mpesa_simulator, sms_simulator, radius_simulator)
_NAIROBI = ZoneInfo("Africa/Nairobi")
_OUTCOMES = {0: "Paid", 1: "Not enough money", 1032: "Cancelled", 1037: "Not answered", 2001: "Wrong PIN"}
_POLICY = "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'; object-src 'none'"


def create(config: Config) -> Flask:
    """The simulators with these settings; each application has a memory of its own."""
    app = Flask("simulator", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.from_mapping(TRUSTED_HOSTS=["127.0.0.1", "localhost"], MAX_CONTENT_LENGTH=256 * 1024)
    app.add_template_filter(_clock, "clock")
    app.add_template_filter(_spoken, "spoken")
    app.add_template_filter(_OUTCOMES.get, "outcome")
    clock = Clockwork()
    for each in _SIMULATORS:
        each.install(app, config, clock)
    app.before_request(_refuse_strangers)
    app.after_request(_harden)
    app.add_url_rule("/", "index", lambda: render_template("simulator/index.html", config=config))
    app.add_url_rule("/healthz", "healthz", lambda: {"status": "alive"})
    return app


def _clock(at: datetime) -> str:
    return f"{at.astimezone(_NAIROBI):%H:%M}"


def _spoken(phone: str) -> str:
    return f"+{phone[:3]} {phone[3:6]} {phone[6:9]} {phone[9:]}".strip()


def _refuse_strangers() -> None:
    origin = request.headers.get("Origin")
    if request.endpoint == "hotspot.login":
        return
    if request.method == "POST" and origin not in (None, request.host_url.rstrip("/")):
        abort(403)


def _harden(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response
