"""Who asks, and whether the request may be believed: log-in by cookie or bearer token, CSRF, proxies, headers.

A cookie needs a CSRF token with every unsafe request, a bearer token does not; an explicit bearer token beats the
cookie, and a bad one is not rescued by it.
"""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from flask import Flask, Request, Response, current_app, g, make_response, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Config, Network
from app.contract.addresses import client_address, is_trusted
from app.contract.tokens import SESSION_ID
from app.domain import audit, sessions
from app.errors import Invalid, NotFound
from app.extensions import csrf, db, login
from app.language import gettext as _
from app.models import ApiToken, Person, Session

from .login_rules import rules

_log = structlog.get_logger(__name__)

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
# Of every answer; a view may say another.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}
# Pages that show a secret once, or take one: no store on the way or on the device keeps them.
_WITH_SECRETS = ("account", "account_links", "accounts")
# Bytes of a request, where more than the usual are taken: photographs as a phone takes them.
_ROOMY = {"admin.menu_picture": 8_000_000}
_ONLY_HTTPS = "max-age=31536000; includeSubDomains"


def register(app: Flask) -> None:
    """Put log-in, CSRF, proxies and security headers onto `app`."""
    config: Config = app.config["PASSLINE"]
    login.request_loader(person_asking)
    app.session_interface = _Cookies()
    app.before_request(_make_room)
    app.before_request(_say_whence)
    app.before_request(_refuse_nul)
    app.before_request(_protect)
    app.after_request(_harden)
    app.after_request(_note_use)
    if config.env == "production":
        app.after_request(_insist_on_https)
    if config.trusted_proxies:
        app.wsgi_app = _TrustedProxies(app.wsgi_app, config.trusted_proxies)  # type: ignore[method-assign]


def person_asking(_request: object = None) -> Person | None:
    """The person whose bearer token or session came with the request; `g.credential` is the row that says so."""
    g.credential = _credential()
    return g.credential.holder if g.credential else None


def gateway_url() -> str:
    """The address of the gateway as this visitor reaches it."""
    config: Config = current_app.config["PASSLINE"]
    if config.gateway_url:
        return config.gateway_url
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return f"{request.scheme}://{host}:{config.gateway_port}"


def bears_token() -> bool:
    """Whether the request brings a token of its own, good or bad."""
    return "Authorization" in request.headers and request.path.startswith(("/api/", "/broadcasting/"))


def _credential() -> Session | ApiToken | None:
    row = _presented()
    if row is None or row.second_factor or rules().let_in(row.person, proved=False):
        return row
    # From before the settings wanted a second factor.
    return None


def _presented() -> Session | ApiToken | None:
    if bears_token():
        kind, _, token = request.headers["Authorization"].partition(" ")
        return sessions.by_token(token.strip()) if kind.lower() == "bearer" else None
    session_id = session.get(SESSION_ID)
    return sessions.by_id(session_id) if isinstance(session_id, str) else None


def _note_use(response: Response) -> Response:
    """Once in a few minutes, say that the session or token of this request is used."""
    row = g.get("credential")
    if row is not None and sessions.is_unseen(row):
        try:
            sessions.see(row, rules=rules())
        except SQLAlchemyError as error:
            # The answer stands; the next request says it again.
            db.session.rollback()
            _log.warning("access.not_seen", error=str(error.__cause__ or error))
    return response


def _make_room() -> None:
    """Before anything looks into the form. What is too large for its purpose is then refused in words, on its page."""
    if request.endpoint in _ROOMY:
        request.max_content_length = _ROOMY[request.endpoint]


def _say_whence() -> None:
    if request.method not in _SAFE_METHODS:
        audit.coming_from(request.remote_addr or "", request.user_agent.string)


def _refuse_nul() -> None:
    # No name and no text of ours has one, and PostgreSQL would fail to look for it or to store it.
    if "\0" in request.path:
        raise NotFound
    if request.path.startswith(("/api/", "/webhooks/mpesa/")):
        return  # its fields look for themselves, and name the one (views/api/fields.py); a callback is kept as it comes
    if any("\0" in value for fields in (request.args, request.form) for _, value in fields.items(multi=True)):
        raise Invalid(_("A field holds a character that no text has (NUL)."))


def _protect() -> None:
    if request.method in _SAFE_METHODS or bears_token() or request.path.startswith("/webhooks/"):
        return
    # Asking for a token uses the password in its body, never the cookie.
    if request.endpoint == "api.issue_token":
        return
    # Without a session there is nothing that a forged request could use; the API then says 401.
    if request.path.startswith("/api/") and SESSION_ID not in session:
        return
    csrf.protect()


def _harden(response: Response) -> Response:
    """The headers of every answer, and for what is drawn what it may load."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not response.is_json:
        response.headers.setdefault("Content-Security-Policy", _content_security_policy())
    if request.blueprint in _WITH_SECRETS or "shows_secret" in g:
        response.headers["Cache-Control"] = "no-store"
    if "Cache-Control" not in response.headers and request.endpoint != "static" and SESSION_ID in session:
        # A personal page is asked for anew each time; a copy in a shared cache would be somebody else's.
        response.headers["Cache-Control"] = "private, no-cache"
    return response


def keep_nowhere() -> None:
    """Let no store keep this answer: it shows a link or a code that opens something."""
    g.shows_secret = True


def forget_pages(response: ResponseReturnValue) -> Response:
    """`response`, after which the browser has nothing left of the pages that it was shown: somebody logs out."""
    answer = make_response(response)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def _content_security_policy() -> str:
    """Made for each request: it names the gateway, whose host is the page's own."""
    gateway = gateway_url()
    socket = "ws" + gateway.removeprefix("http")
    tiles = current_app.config["PASSLINE"].tile_origin
    pictures = f"'self' data: blob: {tiles}" if tiles else "'self' data: blob:"
    # Widgets set inline styles (progress, charts); scripts are files of ours alone.
    return (
        f"default-src 'self'; connect-src 'self' {gateway} {socket}; img-src {pictures}; "
        f"style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action {_posts_to()}; "
        "frame-ancestors 'none'"
    )


def let_post_to(origin: str) -> None:
    """Let the forms of this answer post to `origin` as well: a guest's access point."""
    g.posts_to = origin


def _posts_to() -> str:
    return f"'self' {g.posts_to}" if "posts_to" in g else "'self'"


def _insist_on_https(response: Response) -> Response:
    # TLS ends at the proxy of whoever runs this; over plain HTTP the header must not be sent (RFC 6797).
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = _ONLY_HTTPS
    return response


class _Cookies(SecureCookieSessionInterface):
    """Flask's own; makes what checks a signature only where there is one: programs bring none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if "HTTP_COOKIE" in request.environ:
            return super().open_session(app, request)
        return self.session_class()


class _TrustedProxies:
    """Believes X-Forwarded-* only when the connection itself comes from a network that the settings trust."""

    def __init__(self, app: Callable[..., Iterable[bytes]], networks: tuple[Network, ...]) -> None:
        self.direct = app
        # The client's address is found below: there may be several proxies in a row.
        self.proxied = ProxyFix(app, x_for=0, x_proto=1, x_host=1)
        self.networks = networks

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        peer = environ.get("REMOTE_ADDR", "")
        if not is_trusted(peer, self.networks):
            return self.direct(environ, start_response)
        environ["REMOTE_ADDR"] = client_address(peer, environ.get("HTTP_X_FORWARDED_FOR"), self.networks)
        return self.proxied(environ, start_response)
