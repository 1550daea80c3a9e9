"""Which function runs a kind of job: it gets the job's payload, returns when it is done, and raises to have it retried.

By name, so that a worker loads what it runs when it runs it, and a job that cannot be loaded fails like any other.
What it does must be harmless when it is done again: by a key, or by looking first.
"""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

# The kinds themselves, with their queues and pauses, stand in app/domain/jobs.py; a test holds the two together.
WORK = {
    "process_payment": "app.jobs.payments:process",
    "query_payment": "app.jobs.payments:query",
    "verify_callback": "app.jobs.payments:verify",
    "send_credentials": "app.jobs.messages:send_credentials",
    "send_mail": "app.jobs.mail:send",
    "disconnect_hotspot_user": "app.jobs.wifi:disconnect",
}


def of(kind: str) -> Callable[[dict[str, Any]], None]:
    """The function that runs jobs of this kind."""
    found: Callable[[dict[str, Any]], None] = resolve_name(WORK[kind])
    return found
