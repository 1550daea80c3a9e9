"""The processes: who lives (by the rows that they write), and who answers at which address.

A process that answers at its address and has no row here writes its rows somewhere else: it uses another database.
"""

import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import select

from app.config import Config
from app.contract.times import now
from app.extensions import db
from app.models import Process
from app.models.process import GONE
from app.presence import Kind

from .asking import Answer, NoAnswer, ask
from .finding import Finding, ok, unsure, wrong

# What a listener may be told to listen everywhere, and where it is asked on its own machine.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}  # noqa: S104  (nothing listens here)
NOT_FROM_HERE = "listens on its own machine alone: ask there"
START: dict[Kind, str] = {"web": "gunicorn wsgi:app", "gateway": "python -m gateway", "worker": "python -m app.jobs"}


@dataclass(frozen=True, slots=True)
class Living:
    """The rows of the processes that gave a sign of life lately, and of the newest that did not, by kind."""

    rows: Sequence[Process]
    gone: Sequence[Process]

    def of(self, kind: Kind) -> list[Process]:
        """Those of one kind."""
        return [row for row in self.rows if row.kind == kind]

    def missing(self, kind: Kind) -> str:
        """What is to be said where none of a kind lives."""
        last = max((row for row in self.gone if row.kind == kind), key=lambda row: row.seen_at, default=None)
        if last is None:
            return f"no {kind} uses this database"
        return f"no {kind} lives: {last.name} was last seen {(now() - last.seen_at).total_seconds():.0f} s ago"


def living() -> Living:
    """Who lives now."""
    rows = db.session.scalars(select(Process).order_by(Process.started_at)).all()
    # They are what they were now: not read again, whoever rolls back.
    for row in rows:
        db.session.expunge(row)
    db.session.rollback()
    latest = now() - GONE
    return Living([row for row in rows if row.seen_at >= latest], [row for row in rows if row.seen_at < latest])


def said(row: Process) -> dict[str, str | None]:
    """The settings that a process runs with."""
    settings: dict[str, str | None] = json.loads(row.settings)
    return settings


def address(row: Process) -> str | None:
    """Where a web process or a gateway is asked from here; None when it listens on another machine's loopback alone."""
    settings = said(row)
    host = settings["LISTEN_HOST"] or ""
    port = settings["WEB_PORT" if row.kind == "web" else "GATEWAY_PORT"]
    if row.host == socket.gethostname():
        host = _EVERYWHERE.get(host, host)
    elif host in _EVERYWHERE:
        host = row.host
    elif _is_loopback(host):
        return None
    return f"http://{_bracketed(host)}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def web_address(config: Config) -> str:
    """Where the web listens by these settings."""
    host = _EVERYWHERE.get(config.listen_host, config.listen_host)
    return f"http://{_bracketed(host)}:{config.web_port}"


def gateway_address(config: Config, origin: str) -> str:
    """Where the pages of an origin look for the gateway: at GATEWAY_URL, else beside themselves."""
    if config.gateway_url:
        return config.gateway_url
    parts = urlsplit(origin)
    return f"{parts.scheme}://{_bracketed(parts.hostname or '')}:{config.gateway_port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


# -- who answers ---------------------------------------------------------------------------------------------------


def web(config: Config, alive: Living) -> tuple[Finding, str | None]:
    """Whether the web answers, and at which address."""
    tried = web_address(config)
    for url in dict.fromkeys([tried, *(url for row in alive.of("web") if (url := address(row)))]):
        try:
            lives, ready = ask(f"{url}/healthz"), ask(f"{url}/readyz")
        except NoAnswer as error:
            reason = str(error)
            continue
        if lives.facts.get("process") != "alive":
            reason = "what answers there is no web process of Passline"
        elif ready.status != 200:
            facts = ", ".join(f"{name}: {value}" for name, value in ready.facts.items())
            return wrong("web", f"{url} is not ready: {facts}", "see the links above, with the web's own settings"), url
        elif not alive.of("web"):
            seen = f"{url} answers, but it uses another database than this command"
            mend = "set DATABASE_URL of the web and of this command to the same, and start it again"
            return wrong("web", seen, mend), url
        else:
            return ok("web", f"{url} answers and is ready"), url
    if alive.of("web") and not any(map(address, alive.of("web"))):
        return unsure("web", f"{alive.of('web')[0].name} {NOT_FROM_HERE}"), None
    return wrong("web", f"{tried} does not answer: {reason}", _start_web(alive)), None


def gateway(alive: Living) -> tuple[Finding, bool]:
    """Whether each gateway answers where it listens (its state is not for the public address); whether any may."""
    found = [_one_gateway(row) for row in alive.of("gateway")]
    if not found:
        mend = f"start it (`{START['gateway']}`); if one runs, give it this DATABASE_URL"
        return wrong("gateway", alive.missing("gateway"), mend), False
    may_answer = any(is_there for _, is_there in found)
    broken = next((finding for finding, _ in found if finding.verdict == "wrong"), None)
    say = ok if all(finding.verdict == "ok" for finding, _ in found) else unsure
    return broken or say("gateway", "; ".join(finding.seen for finding, _ in found)), may_answer


def _one_gateway(row: Process) -> tuple[Finding, bool]:
    url = address(row)
    if url is None:
        return unsure("gateway", f"{row.name} {NOT_FROM_HERE}"), True
    try:
        lives, ready = ask(f"{url}/live"), ask(f"{url}/ready")
    except NoAnswer as error:
        seen = f"{row.name} does not answer at {url}, where it listens: {error}"
        return wrong("gateway", seen, "it hangs, or was killed within these seconds: end it and start it again"), False
    who = lives.facts.get("gateway")
    if who != f"{row.host}:{row.pid}":
        seen = f"{row.name} listens at {url}, but {f'gateway ({who})' if who else 'something else'} answers there"
        return wrong("gateway", seen, "it may have ended within these seconds; else see who listens there"), False
    if ready.status != 200:
        seen = f"{row.name} at {url} is not ready: {_reasons(ready)}"
        return wrong("gateway", seen, "see its log; what it needs stands in the other links"), True
    return ok("gateway", f"{url} answers and is ready, {ready.facts.get('lag_ms')} ms behind the log"), True


def _reasons(ready: Answer) -> str:
    reasons = ready.facts.get("reasons")
    if not isinstance(reasons, dict) or not reasons:
        return f"HTTP {ready.status}"
    return ", ".join(f"{name}: {reason}" for name, reason in reasons.items())


def found_at(alive: Living) -> str:
    """The mend for an address of the gateway at which there is none: where one listens."""
    found = [f"{row.name} listens at {address(row) or 'its own machine alone'}" for row in alive.of("gateway")]
    return f"{'; '.join(found)}: set GATEWAY_URL or GATEWAY_PORT of the web to where browsers reach it"


def _start_web(alive: Living) -> str:
    if alive.of("web"):
        return f"{alive.of('web')[0].name} lives: its address or its port is another than these settings say"
    return f"{alive.missing('web')}: start it (`{START['web']}`)"


def worker(alive: Living) -> Finding:
    """Whether a worker lives."""
    if not alive.of("worker"):
        return wrong("worker", alive.missing("worker"), f"start it (`{START['worker']}`)")
    return ok("worker", f"{', '.join(row.name for row in alive.of('worker'))} lives")
