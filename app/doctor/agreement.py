"""Whose settings differ: those that processes must have alike, compared with each other and with this command's own.

A process runs with the settings that it was started with, whatever stands in the environment by now. Of secrets only
marks are known (app/presence.py), and not even those are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.config import Config
from app.models import Process
from app.presence import Kind, settings_of

from .finding import Finding, ok, unsure, wrong
from .processes import START, Living, said

_HERE = "this command"


@dataclass(frozen=True, slots=True)
class _Agreement:
    """A setting that processes of these kinds must have alike. Of a secret only marks are known."""

    link: str
    name: str
    kinds: tuple[Kind, ...]
    what_breaks: str
    is_secret: bool = False


_AGREEMENTS = (
    _Agreement("secret key", "SECRET_KEY", ("web", "gateway", "worker"), "the cookie of one is refused by the other",
               is_secret=True),
    _Agreement("redis agrees", "REDIS_URL", ("web", "gateway", "worker"), "they do not meet", is_secret=True),
    _Agreement("address", "GATEWAY_URL", ("web", "gateway"), "browsers look for the gateway where it is not"),
    _Agreement("origins", "ALLOWED_ORIGINS", ("web", "gateway"), "pages of the web are refused by the gateway"),
)  # fmt: skip


def compare(config: Config, alive: Living) -> Iterator[Finding]:
    """One finding for each setting that must be the same everywhere."""
    yield _one_database(alive)
    own = settings_of(config)
    for each in _AGREEMENTS:
        rows = [row for row in alive.rows if row.kind in each.kinds]
        if each.name == "REDIS_URL":
            # Marks are made under the key: those of another key say nothing.
            rows = [row for row in rows if said(row)["SECRET_KEY"] == own["SECRET_KEY"]]
        yield _compared(each, own, rows)
    if config.gateway_url is None:
        # Else there may be many gateways behind one address, each at a port of its own.
        yield _port(own, alive)


_PORT = _Agreement("port", "GATEWAY_PORT", ("web",), "browsers look for the gateway where it is not")


def _port(own: dict[str, str | None], alive: Living) -> Finding:
    """Whether the web sends browsers to a port at which a gateway listens."""
    finding = _compared(_PORT, own, alive.of("web"))
    gateways = {row.name: said(row)["GATEWAY_PORT"] for row in alive.of("gateway")}
    if finding.verdict == "wrong" or not gateways:
        return finding
    listening = ", ".join(f"{name} at {port}" for name, port in gateways.items())
    if own[_PORT.name] not in gateways.values():
        seen = f"GATEWAY_PORT differs: browsers are sent to {own[_PORT.name]}; there listens {listening}"
        return wrong("port", seen, "give web and gateway one GATEWAY_PORT, or set GATEWAY_URL, and start them again")
    return ok("port", f"browsers are sent to {own[_PORT.name]}; there listens {listening}")


def _one_database(alive: Living) -> Finding:
    missing = [kind for kind in START if not alive.of(kind)]
    if missing:
        return unsure("one database", f"no {' and no '.join(missing)} shows its life in this one")
    return ok("one database", f"{len(alive.rows)} processes show their life in this one")


def _compared(each: _Agreement, own: dict[str, str | None], rows: Sequence[Process]) -> Finding:
    if not rows:
        return unsure(each.link, f"no process to compare {each.name} with")
    groups: dict[str | None, list[str]] = {own[each.name]: [_HERE]}
    for row in rows:
        groups.setdefault(said(row)[each.name], []).append(row.name)
    if len(groups) == 1:
        shown = "the same" if each.is_secret else own[each.name] or "not set"
        return ok(each.link, f"{each.name} is {shown} in {len(rows)} processes and here")
    parts = []
    for number, (value, names) in enumerate(groups.items(), start=1):
        shown = f"value {number}" if each.is_secret and value else value or "nothing"
        parts.append(f"{', '.join(names)}: {shown}")
    seen = f"{each.name} differs, so {each.what_breaks}: {'; '.join(parts)}"
    return wrong(each.link, seen, f"give all of them one {each.name} and start them again")
