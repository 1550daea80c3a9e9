"""Who a client is: what it presents, looked up in the database, becomes an Identity or a numbered refusal.

An explicit `auth` beats the session cookie, and a bad one is not rescued by it. The cookie counts only with an Origin
of ours: a page of somebody else must not use a visitor's session. No token, cookie or link is ever logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from app.config import Config
from app.contract.identity import Identity, Role
from app.contract.times import now
from app.contract.tokens import SESSION_COOKIE, digest, session_id_in

from . import refusals
from .refusals import Refused
from .store import Kind, Knock


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client came with: one credential, its screen, and how far it has seen the log (as it says).

    `pid` and `offset` are what Socket.IO's connection state recovery sends: which connection it had, and how far that
    had seen the log. A pid of another form than ours is one that nobody knows.
    """

    kind: Kind
    secret: str = field(repr=False)
    screen: tuple[str, str]
    since: object
    pid: str | None = field(repr=False)
    offset: object

    @property
    def knock(self) -> Knock:
        """What the database is asked for: hashes, but for a session's id, which the cookie's signature vouches for."""
        key = self.secret if self.kind == "session" else digest(self.secret)
        return Knock(self.kind, key, None if self.pid is None else digest(self.pid))


@dataclass(frozen=True, slots=True)
class Authorised:
    """An identity, since when it is one, and when it runs out by itself (None: when the order is at its end).

    `as_of` is the place that the log had reached when the database said so.
    """

    identity: Identity
    began: datetime
    until: datetime | None
    as_of: int


def presented(auth: object, cookies: Mapping[str, str], origin: str | None, config: Config) -> Presented:
    """What the client presents, before anything is looked up; Refused when it presents nothing that counts."""
    if auth is None:
        auth = {}
    if not isinstance(auth, dict):
        raise Refused(refusals.AUTH_MALFORMED)
    rest = (_screen(auth.get("screen")), auth.get("since"), _pid(auth.get("pid")), auth.get("offset"))
    tracking, token = auth.get("tracking"), auth.get("token")
    if tracking is None and token is None:
        return Presented("session", _session_id(cookies, origin, config), *rest)
    secret: Any = tracking if token is None else token
    if None not in (tracking, token) or not _is_secret(secret):
        raise Refused(refusals.AUTH_MALFORMED)
    return Presented("tracking" if token is None else "token", secret, *rest)


_UNKNOWN = {
    "session": refusals.SESSION_UNKNOWN,
    "token": refusals.TOKEN_UNKNOWN,
    "tracking": refusals.LINK_UNKNOWN,
}


def authorise(kind: Kind, row: Any, config: Config) -> Authorised:
    """The identity behind a credential's `row` (store.py), None if there is none; Refused when it does not hold now."""
    if row is None or not _holds(row):
        raise Refused(_UNKNOWN[kind])
    credential = f"{kind}:{row.id}"
    if kind == "tracking":
        identity = Identity(credential, order_number=row.number)
        return Authorised(identity, row.created_at, row.expires_at, row.as_of)
    if not row.is_active:
        raise Refused(refusals.PERSON_INACTIVE)
    if not _is_proved(row, config):
        raise Refused(_UNKNOWN[kind])
    identity = Identity(credential, row.person_id, Role(row.role), row.restaurant_id)
    return Authorised(identity, row.created_at, _until(row), row.as_of)


def _is_proved(row: Any, config: Config) -> bool:
    """Whether a second factor was given, where the settings want one: of admins, also while one acts as somebody."""
    is_admins = row.role == Role.ADMIN or row.acting_until is not None
    return row.second_factor or config.require_second_factor != "admin" or not is_admins


def _until(row: Any) -> datetime:
    """When it runs out by itself, or gives another person's access; the door then knows what it is."""
    if row.acting_until is None:
        return row.expires_at  # type: ignore[no-any-return]
    if row.acting_until <= now():
        # The worker, which ends it, is about to say so.
        raise Refused(refusals.ACCESS_CHANGED)
    return min(row.expires_at, row.acting_until)  # type: ignore[no-any-return]


def _holds(row: Any) -> bool:
    """Whether a session, token or link has neither ended nor run out."""
    return row.ended_at is None and (row.expires_at is None or row.expires_at > now())


def _is_secret(secret: object) -> bool:
    return isinstance(secret, str) and 1 <= len(secret) <= 200 and secret.isprintable()


def _pid(pid: object) -> str | None:
    """The pid, as far as it can be one; anything else is as unknown as a wrong one."""
    if pid is None:
        return None
    return pid if isinstance(pid, str) and len(pid) <= 100 and pid.isascii() else ""


def _session_id(cookies: Mapping[str, str], origin: str | None, config: Config) -> str:
    cookie = cookies.get(SESSION_COOKIE)
    if not cookie:
        raise Refused(refusals.NO_IDENTITY)
    if origin not in config.allowed_origins:
        raise Refused(refusals.COOKIE_WITHOUT_ORIGIN)
    session_id = session_id_in(cookie, config.secret_key)
    if session_id is None:
        # Signed by another key, forged, or of somebody who is not logged in.
        raise Refused(refusals.SESSION_UNKNOWN)
    return session_id


def cookies_in(environ: Mapping[str, Any]) -> dict[str, str]:
    """The cookies of a request, the first of each name, as they stand: ours needs no unquoting."""
    pairs = (part.strip().partition("=") for part in reversed(environ.get("HTTP_COOKIE", "").split(";")))
    return {name: value for name, _, value in pairs}


def origin_of(environ: Mapping[str, Any], allowed: tuple[str, ...]) -> str | None:
    """The origin of the page that asks, or None for no page.

    Browsers leave Origin out of a same-origin GET (a gateway behind the web's own address), but say that it is one in
    a header that no page can set; then the page's origin is the one of ours that has this host.
    """
    origin: str | None = environ.get("HTTP_ORIGIN")
    if origin is None and environ.get("HTTP_SEC_FETCH_SITE") == "same-origin":
        return next((ours for ours in allowed if urlsplit(ours).netloc == environ.get("HTTP_HOST")), None)
    return origin


def may_knock(environ: Mapping[str, Any], allowed: tuple[str, ...]) -> bool:
    """Whether a request may pass the door: from no page, from a page of ours, or from this very address.

    There are no pages at the gateway's own address, but some programs name it as their origin; it opens the door for
    a token and never for the cookie.
    """
    origin = origin_of(environ, allowed)
    return origin is None or origin in allowed or origin.partition("://")[2] == environ.get("HTTP_HOST")


def _screen(screen: object) -> tuple[str, str]:
    """The screen's id and name, as the browser made them up; empty where it names none."""
    if screen is None:
        return "", ""
    if not isinstance(screen, dict):
        raise Refused(refusals.AUTH_MALFORMED)
    name, label = screen.get("id", ""), screen.get("name") or ""
    if not isinstance(name, str) or not isinstance(label, str) or len(name) > 40:
        raise Refused(refusals.AUTH_MALFORMED)
    if not _is_storable(name + label):
        raise Refused(refusals.AUTH_MALFORMED)
    return name, label[:60]


def _is_storable(text: str) -> bool:
    """Whether a database takes `text`: JSON spells NUL and halves of characters; receipts are written in batches."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
