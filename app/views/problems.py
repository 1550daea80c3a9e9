"""Refusals, translated once: for programs problem JSON (RFC 9457), for people a page that says what to do next.

A view raises, or shows the refusal on its own page (refusals.py). A program is whoever asks under /api, or says that
it wants JSON (our own scripts do).
"""

import sqlite3

import orjson
import structlog
from flask import Flask, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from app.errors import DomainError, NotAuthenticated
from app.extensions import db
from app.language import N_
from app.language import gettext as _

from .language import ask_nobody

_log = structlog.get_logger(__name__)
_TITLES = {
    400: N_("That request was not right"),
    401: N_("Log in first"),
    403: N_("Not for you"),
    404: N_("Nothing here"),
    405: N_("Not like that"),
    409: N_("Something changed meanwhile"),
    413: N_("Too much at once"),
    415: N_("Not in that format"),
    422: N_("Not quite right yet"),
    429: N_("Slow down a little"),
    500: N_("Something broke on our side"),
    503: N_("Back in a moment"),
}


def register(app: Flask) -> None:
    """Put the error pages onto `app`."""
    app.register_error_handler(DomainError, _domain)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _operational)
    app.register_error_handler(NoConnectionFree, _away)
    app.register_error_handler(Exception, _unexpected)


def wants_json() -> bool:
    """Whether the caller is a program, or a script of ours that asked for JSON."""
    if request.path.startswith(("/api/", "/broadcasting/", "/webhooks/")):
        return True
    accept = request.accept_mimetypes
    return accept["application/json"] > accept["text/html"] or accept["application/problem+json"] > accept["text/html"]


def title(status: int) -> str:
    """What an answer with this status is called, for people."""
    return _(_TITLES[status]) if status in _TITLES else _("Refused")


def problem(status: int, code: str, detail: str, members: dict[str, object] | None = None) -> Response:
    """A problem document (RFC 9457) with our `code` and members."""
    document = {
        "type": "about:blank",
        "title": title(status),
        "status": status,
        "detail": detail,
        "code": code,
        **(members or {}),
    }
    return Response(orjson.dumps(document), status, content_type="application/problem+json")


def _answer(status: int, code: str, detail: str, members: dict[str, object] | None = None) -> Response:
    # Whatever the view had read or half written is over.
    db.session.rollback()
    if status >= 500:
        ask_nobody()
    # A refusal's own docstring is English; what was said in the page's language is not found, and stays.
    detail = _(detail)
    if wants_json():
        response = problem(status, code, detail, members)
    else:
        response = Response(_page(status=status, code=code, title=title(status), detail=detail), status)
    if status == 401 and request.path.startswith("/api/"):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _page(*, status: int, **words: str) -> str:
    if status < 500:
        return render_template("error.html", knows=True, status=status, **words)
    # Without Flask's context processors: they would ask the database who this is, and it may be what broke.
    return current_app.jinja_env.get_template("error.html").render(knows=False, status=status, **words)


def _domain(error: DomainError) -> ResponseReturnValue:
    if isinstance(error, NotAuthenticated) and not wants_json():
        flash(_("Log in to go on."), "info")
        wanted = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("accounts.login", next=wanted))
    return _answer(error.status, error.code, error.detail, error.members)


def _csrf(error: CSRFError) -> ResponseReturnValue:
    return _answer(400, "csrf", N_("This form is too old or came from elsewhere: reload the page and try again."))


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400 or error.response is not None:
        return error
    details = {
        404: N_("There is nothing here, or nothing that you may see."),
        429: N_("Too many attempts; wait a moment and try again."),
    }
    code = (error.name or "refused").lower().replace(" ", "_")
    response = _answer(error.code, code, details.get(error.code) or error.description or N_("Refused."))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


# Seconds after which asking again makes sense.
_BACK_SOON = 2
# What SQLite says where trying again helps; of its other operational errors (no such table) we are to blame.
_PASSES = ("database is locked", "unable to open database file", "disk is full", "disk I/O error")


def _operational(error: OperationalError) -> ResponseReturnValue:
    is_sqlite = isinstance(error.orig, sqlite3.Error)
    return _away(error) if not is_sqlite or any(word in str(error.orig) for word in _PASSES) else _unexpected(error)


def _away(error: Exception) -> ResponseReturnValue:
    """The database does not answer: nothing is broken on our side that a reader could report, it only takes a while."""
    _log.warning("request.database_away", method=request.method, endpoint=request.endpoint, error=type(error).__name__)
    detail = N_("Our database does not answer. Nothing was changed; try again in a moment.")
    response = _answer(503, "database_away", detail)
    response.headers["Retry-After"] = str(_BACK_SOON)
    return response


def _unexpected(error: Exception) -> ResponseReturnValue:
    _log.error("request.broke", method=request.method, endpoint=request.endpoint, exc_info=error)
    detail = N_("Nothing was changed. Try again; if it stays, tell the person who runs this.")
    return _answer(500, "internal", detail)
