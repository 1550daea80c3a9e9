"""The links of the chain in their order, from the settings to a browser's socket: one finding each.

A link that cannot be looked at because of another that is broken is said to be so, and is not wrong itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from app.config import Config

from . import agreement, job_queues, probe, processes, sequencing, stores
from .finding import Finding, ok, unsure, wrong

_BEHIND_THE_DATABASE = (
    *("web", "gateway", "worker", "settings agree", "sequencer", "deadlines"),
    *(*job_queues.LINKS, "events", "socket"),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person who asks may say: the Origin of pages, a token to ask with, and the channel that it wants."""

    origin: str | None = None
    token: str | None = None
    channel: str | None = None


def examine(config: Config, migrations: str, wishes: Wishes) -> Iterator[Finding]:
    """Look at every link; `migrations` is the folder of the migrations."""
    yield ok("settings", f"valid, PASSLINE_ENV is {config.env}")
    yield (database := stores.database(config))
    if database.verdict == "ok":
        yield (database := stores.migrations(migrations))
    yield stores.redis_server(config)
    if database.verdict != "ok":
        for link in _BEHIND_THE_DATABASE:
            yield unsure(link, "needs the database, migrated")
        return
    alive = processes.living()
    finding, web = processes.web(config, alive)
    yield finding
    finding, gateway_answers = processes.gateway(alive)
    yield finding
    yield processes.worker(alive)
    yield from agreement.compare(config, alive)
    yield sequencing.sequencer(config)
    yield sequencing.deadlines()
    yield from job_queues.look(alive)
    yield sequencing.events()
    origin = wishes.origin or next(iter(config.allowed_origins), None)
    if origin is None:
        mend = "set it to the addresses at which people open the web"
        yield wrong("socket", "ALLOWED_ORIGINS is empty: no page may use its log-in on the gateway", mend)
        return
    if not gateway_answers:
        yield unsure("socket", "no gateway answers")
        return
    door = probe.Door(processes.gateway_address(config, origin), origin, processes.found_at(alive))
    if wishes.token is not None:
        yield from probe.with_a_token(config, wishes.token, wishes.channel, door)
    elif web is None:
        yield unsure("log-in", "no web answers")
    else:
        yield from probe.with_a_log_in(config, web, door)
