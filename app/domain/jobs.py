"""Jobs as rows: asked for in the transaction of what they follow from, and run after it (app/jobs/).

`add` writes the row; a kind and a key are one job however often it is asked for. What runs it claims it first
(job_runs.py), so that a queue that hands it out twice, or loses it, changes nothing. Each kind must be harmless when it
runs again: a worker may be killed after the deed and before `done`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contract.times import now
from app.models import Job

Queue = Literal["default", "payments"]
QUEUES: tuple[Queue, ...] = get_args(Queue)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its queue, how long one attempt may take (seconds), and the pauses between attempts (seconds).

    After as many failures as there are pauses, and one more, it is dead.
    """

    queue: Queue
    lease: int = 60
    pauses: tuple[int, ...] = (5, 30, 120, 600, 3600)


# Which function runs a kind stands in app/jobs/work.py; a test holds the two together.
KINDS: Mapping[str, Kind] = {
    "process_payment": Kind("payments"),
    "query_payment": Kind("payments", pauses=()),
    "verify_callback": Kind("payments"),
    "send_credentials": Kind("default"),
    "send_mail": Kind("default"),
    "disconnect_hotspot_user": Kind("default", lease=30, pauses=(5, 15, 60)),
}


def add(
    session: Session, kind: str, key: str, payload: Mapping[str, Any], *, due_at: datetime | None = None
) -> Job | None:
    """Write a job, due at `due_at` (now), in the transaction of `session`; None where it was asked for before.

    `payload` holds ids of rows, and no secret: it is shown to admins and kept.
    """
    if session.scalars(select(Job.id).where(Job.kind == kind, Job.key == key)).first() is not None:
        return None
    job = Job(
        queue=KINDS[kind].queue,
        kind=kind,
        key=key,
        payload=orjson.dumps(payload).decode(),
        due_at=due_at or now(),
    )
    session.add(job)
    session.flush()
    return job
