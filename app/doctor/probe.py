"""The last links: a log-in, a socket that is accepted, a channel, and an event that arrives, once.

By default the doctor logs a person in whom it makes for the moment (app/domain/probe.py), over HTTP at the web's
address, and takes that cookie to the gateway with an Origin that pages have: as a browser does, so that nothing of
the chain is assumed. Nobody else hears the event. With a token (of somebody who hears nothing) it asks as that person.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlencode

from app.config import Config
from app.contract import rooms
from app.contract.tokens import SESSION_COOKIE
from app.domain import log
from app.domain import probe as probes
from app.errors import DomainError

from . import trace
from .asking import Answer, NoAnswer, ask
from .finding import Finding, ok, unsure, wrong
from .screen import Rejected, Screen, Silent

# Seconds until the event must have arrived, and in which it must not come a second time.
_ARRIVES = 8.0
_AGAIN = 0.3
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

# What helps against the gateway's refusals (gateway/refusals.py), by their number.
MENDS = {
    1003: "the gateway cannot read or find the web's session: same SECRET_KEY and same DATABASE_URL for both",
    1004: "ask for a new token: `POST /api/tokens`",
    1005: "make a new link",
    1006: "this account is deactivated",
    1007: "put the web's origin into ALLOWED_ORIGINS of the gateway and start it again",
    1008: "put the web's origin into ALLOWED_ORIGINS of the gateway and start it again",
    2002: "whoever may hear it is in app/contract/rooms.py: log in as one of them, or ask for another channel",
    2003: "a tracking link may not subscribe: use a session or a token",
}


@dataclass(frozen=True, slots=True)
class Door:
    """Where browsers look for the gateway, from pages of which origin, and what to do when nobody is there."""

    gateway: str
    origin: str
    mend: str


@dataclass(frozen=True, slots=True)
class Asker:
    """How the doctor comes to the gateway: with whose credential, and which channel it wants (None: its own)."""

    channel: str | None = None
    cookie: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


def with_a_token(config: Config, token: str, channel: str | None, door: Door) -> Iterator[Finding]:
    """Socket, channel and event as the person who holds `token`."""
    yield from _socket(config, Asker(channel, token=token), door)


def with_a_log_in(config: Config, web: str, door: Door) -> Iterator[Finding]:
    """Log-in, socket, channel and event as a person who is there for the moment."""
    person, password = probes.make()
    try:
        finding, cookie = _log_in(web, person.email, password)
        yield finding
        if cookie:
            yield from _socket(config, Asker(f"private-{rooms.user(person.id)}", cookie), door)
    finally:
        probes.remove(person)


def _log_in(web: str, email: str, password: str) -> tuple[Finding, str | None]:
    try:
        page = ask(f"{web}/login")
        token = _CSRF.search(page.body.decode(errors="replace"))
        form = {"email": email, "password": password, "csrf_token": token[1] if token else ""}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "flask doctor"}
        cookie = _cookie(page)
        if cookie:
            headers["Cookie"] = f"{SESSION_COOKIE}={cookie}"
        answer = ask(f"{web}/login", method="POST", headers=headers, body=urlencode(form))
    except NoAnswer as error:
        return unsure("log-in", f"the web does not answer: {error}"), None
    cookie = _cookie(answer)
    if answer.status in (302, 303) and cookie:
        return ok("log-in", f"a person who was made for this logs in at {web}"), cookie
    if answer.status in (401, 422):
        # What the form says to a wrong password.
        seen = f"{web} does not know a person who was just made here"
        return wrong("log-in", seen, "the web uses another database: the same DATABASE_URL for all"), None
    if answer.status == 429:
        return unsure("log-in", "too many log-ins failed from this address; wait a minute"), None
    return wrong("log-in", f"{web}/login answers HTTP {answer.status}", "see the web's log"), None


def _cookie(answer: Answer) -> str | None:
    for header in answer.headers.get_all("Set-Cookie") or ():
        name, _, rest = header.partition("=")
        if name == SESSION_COOKIE:
            return str(rest).partition(";")[0]
    return None


def _socket(config: Config, asker: Asker, door: Door) -> Iterator[Finding]:
    """Connect, subscribe, receive: a finding for each, up to the one that is broken."""
    gateway, headers = door.gateway, {"Origin": door.origin}
    if asker.cookie:
        headers["Cookie"] = f"{SESSION_COOKIE}={asker.cookie}"
    try:
        screen = Screen(gateway, headers)
    except NoAnswer as error:
        yield wrong("socket", f"no WebSocket at {gateway}, where browsers look for it: {error}", door.mend)
        return
    except Rejected as rejected:
        yield _rejected(rejected, door)
        return
    except Silent as silent:
        yield wrong("socket", f"no answer to the handshake at {gateway}: {silent}", "a proxy that swallows upgrades?")
        return
    try:
        yield from _talk(config, asker, screen, door)
    except NoAnswer as error:
        yield wrong("socket", f"the connection to {gateway} broke: {error}", "see the gateway's log")
    except Silent as silent:
        yield wrong("socket", f"{gateway} did not answer what it should: {silent}", "see the gateway's log")
    finally:
        screen.close()


def _rejected(rejected: Rejected, door: Door) -> Finding:
    code, message = rejected.facts.get("code"), rejected.facts.get("message")
    if code is None:
        seen = f"what answers at {door.gateway}, where browsers look for the gateway, refuses WebSocket"
        mend = f"a proxy must pass `Upgrade: websocket`; else {door.mend}"
        return wrong("socket", f"{seen} with HTTP {rejected.status}", mend)
    seen = f"{door.gateway} refuses a page of {door.origin}: {code} {message} (HTTP {rejected.status})"
    return wrong("socket", seen, _mend(code))


def _mend(code: object) -> str:
    return MENDS.get(code, "see the gateway's log") if isinstance(code, int) else "see the gateway's log"


def _talk(config: Config, asker: Asker, screen: Screen, door: Door) -> Iterator[Finding]:
    screen.packet("0")
    screen.say("40" if asker.token is None else f"40{json.dumps({'token': asker.token})}")
    answer = screen.packet("40", "44")
    if answer.startswith("44"):
        facts = _data(answer)
        seen = f"{door.gateway} refuses the log-in: {facts.get('code')} {facts.get('message')}"
        yield wrong("socket", seen, _mend(facts.get("code")))
        return
    ready, position = screen.event("ready")
    yield ok("socket", f"accepted at {door.gateway} for pages of {door.origin}, at {position}")
    own = next(name for name in reversed(ready["channels"]) if name.startswith("user."))
    channel = asker.channel or own
    subscribed = screen.ask("subscribe", {"channel": channel})
    if not subscribed["ok"]:
        seen = f"the gateway refuses {channel}: {subscribed['code']} {subscribed['message']}"
        yield wrong("channel", seen, _mend(subscribed["code"]))
        return
    yield ok("channel", f"subscribed to {channel}")
    yield _event(config, screen, channel)


def _data(packet: str) -> dict[str, object]:
    facts = Rejected(0, packet[2:].encode()).facts.get("data")
    return facts if isinstance(facts, dict) else {}


def _event(config: Config, screen: Screen, channel: str) -> Finding:
    """Send a test event down the real path and wait for it: in the log, numbered, fanned out, here."""
    began = monotonic()
    try:
        event_id = log.send_test(channel, {"from": "flask doctor"})
    except DomainError as error:
        return unsure("event", f"no test event can be sent to {channel}: {error.detail}")
    arrived, delay = 0, 0.0
    until = began + _ARRIVES
    try:
        while monotonic() < until:
            _channel, data, *_position = screen.event("passline.test", within=until - monotonic())
            if data.get("event_id") == event_id:
                arrived += 1
                delay = delay or monotonic() - began
                # So long, a second one would have to come.
                until = min(until, monotonic() + _AGAIN)
    except Silent:
        pass
    if arrived == 1:
        return ok("event", f"a test event arrived once, {delay * 1000:.0f} ms after it was sent")
    if arrived:
        return wrong("event", f"the test event arrived {arrived} times", "this must not be: see the gateway's log")
    fate = "; ".join(trace.fate_of(config, event_id))
    return wrong("event", f"no event within {_ARRIVES:.0f} s: {fate}", "see the link that this names")
