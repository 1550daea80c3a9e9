"""Processes: who serves this installation, when each last showed life, and with which settings it runs.

Written by the processes themselves (app/presence.py), read by the doctor and the trace. A row here is also the proof
that its process uses this database. `settings` is JSON text that holds no secret, only marks of them.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.contract.times import now
from app.extensions import Model

from .columns import Instant, choice

# After which a process that gave no sign of life counts as gone.
GONE = timedelta(seconds=15)


class Process(Model):
    """One running process: `kind` is web, gateway or worker; `id` is new at every start."""

    __tablename__ = "processes"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(choice())
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int]
    settings: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Instant, default=now)
    seen_at: Mapped[datetime] = mapped_column(Instant, default=now)

    @property
    def name(self) -> str:
        """How people tell it from others: `gateway (host:pid)`."""
        return f"{self.kind} ({self.host}:{self.pid})"

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues of jobs that it works on; only a worker has any."""
        return tuple((json.loads(self.settings).get("QUEUES") or "").split())
