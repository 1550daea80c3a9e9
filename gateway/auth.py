"""Who a client is: what it presents, looked up in the database, becomes an Identity or a numbered refusal.

An explicit `auth` beats the session cookie, and a bad one is not rescued by it. The cookie counts only with an Origin
of ours: a page of somebody else must not use a visitor's session. No token, cookie or link is ever logged.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from app.config import Config
from app.contract.identity import Identity, Role
from app.contract.times import now
from app.contract.tokens import SESSION_COOKIE, digest, session_id_in

from . import refusals
from .refusals import Refusal, Refused
from .store import Store


@dataclass(frozen=True, slots=True)
class Presented:
    """What a client came with: one credential, its screen, and how far it has seen the log (as it says)."""

    kind: Literal["session", "token", "tracking"]
    secret: str = field(repr=False)
    screen: tuple[str, str]
    since: object


@dataclass(frozen=True, slots=True)
class Authorised:
    """An identity, and when it runs out by itself (None: when the order is at its end)."""

    identity: Identity
    until: datetime | None


def presented(auth: object, cookies: Mapping[str, str], origin: str | None, config: Config) -> Presented:
    """What the client presents, before anything is looked up; Refused when it presents nothing that counts."""
    if auth is None:
        auth = {}
    if not isinstance(auth, dict):
        raise Refused(refusals.AUTH_MALFORMED)
    screen, since = _screen(auth.get("screen")), auth.get("since")
    explicit = [kind for kind in ("token", "tracking") if auth.get(kind) is not None]
    if not explicit:
        return Presented("session", _session_id(cookies, origin, config), screen, since)
    secret = auth[explicit[0]]
    if len(explicit) > 1 or not isinstance(secret, str) or not 1 <= len(secret) <= 200 or not secret.isprintable():
        raise Refused(refusals.AUTH_MALFORMED)
    return Presented("token" if explicit == ["token"] else "tracking", secret, screen, since)


def authorise(shown: Presented, store: Store) -> Authorised:
    """The identity behind what was presented; blocks (a real thread's work). Refused when there is none any more.

    One look-up per connect, here and nowhere else: the place for batches and a brief cache. An answer that is reused
    must be dropped by the `!access` row that ends it (revocation.py).
    """
    if shown.kind == "tracking":
        link = store.link(digest(shown.secret))
        if link is None or not _holds(link):
            raise Refused(refusals.LINK_UNKNOWN)
        return Authorised(Identity(f"tracking:{link.id}", order_number=link.number), link.expires_at)
    row, refusal = _of_person(shown, store)
    if row is None or not _holds(row):
        raise Refused(refusal)
    if not row.is_active:
        raise Refused(refusals.PERSON_INACTIVE)
    credential = f"{shown.kind}:{row.id}"
    return Authorised(Identity(credential, row.person_id, Role(row.role), row.restaurant_id), row.expires_at)


def _of_person(shown: Presented, store: Store) -> tuple[Any, Refusal]:
    if shown.kind == "session":
        return store.session(shown.secret), refusals.SESSION_UNKNOWN
    return store.token(digest(shown.secret)), refusals.TOKEN_UNKNOWN


def _holds(row: Any) -> bool:
    """Whether a session, token or link has neither ended nor run out."""
    return row.ended_at is None and (row.expires_at is None or row.expires_at > now())


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
