"""One queue, as one worker process serves it: once a second its due rows go to Huey, whose threads run them.

A row that was committed starts within about a second. Huey's own queue is kept short: what waits, waits in our rows,
and what Huey has lost (its storage was emptied, a thread was killed between taking and running) comes again from there.
"""

from time import monotonic

import structlog
from flask import Flask
from huey.consumer import Consumer

from app.config import Config
from app.domain import job_runs
from app.domain.jobs import Queue

from . import queue, running
from .schedule import Schedule

_log = structlog.get_logger(__name__)
# Tasks in Huey's queue at most: handing out again cannot flood it, however slow the jobs are.
_MOST = 50
# One may wait for a provider while the other goes on.
_THREADS = 2
# Seconds between two looks into a queue that cannot tell of a new task (SQLite).
_LOOKS = 0.2


class _Threads(Consumer):
    """Huey's consumer without its signal handlers: a process has several of it, and ends them itself."""

    def _set_signal_handlers(self) -> None:
        pass


class Serving:
    """The queue `name`; the one that is for everything keeps the schedule as well."""

    def __init__(self, app: Flask, config: Config, name: Queue) -> None:
        self.name = name
        self.huey = huey = queue.make(config, name)
        self.schedule = Schedule(app, huey) if name == "default" else None

        @huey.task(name="job")
        def task(job_id: int) -> None:
            running.run(app, job_id)

        self._task = task
        self._threads = _Threads(huey, workers=_THREADS, max_delay=_LOOKS, periodic=False, scheduler_interval=60)

    def hand_out(self) -> int:
        """Once a second: count lost attempts as failed, and hand what is due to Huey; how many rows."""
        lost = job_runs.give_up_lost(self.name)
        try:
            return lost + self._jobs() + (self.schedule.hand_out() if self.schedule else 0)
        except queue.AWAY as error:
            # What was noted as handed out and was not is handed out again.
            _log.error("queue.away", queue=self.name, error=f"{type(error).__name__}: {error}")
            queue.mend(self.huey)
            return lost

    def _jobs(self) -> int:
        ids = job_runs.to_hand_out(self.name, most=_MOST)
        if not ids:
            return 0
        room = max(0, _MOST - self.huey.storage.queue_size())
        handed = job_runs.hand_out(ids[:room])
        for job_id in handed:
            self._task(job_id)
        return len(handed)

    def start(self) -> None:
        """Let its threads run."""
        self._threads.start()

    def look_after(self) -> None:
        """Replace threads that have died."""
        self._threads.check_worker_health()

    def ask_to_stop(self) -> None:
        """Begin nothing more; jobs that run go on."""
        self._threads.stop_flag.set()

    def wait(self, until: float) -> None:
        """Wait for the jobs that run, until `until` (monotonic) at the latest: their leases bring the rest back."""
        self._threads.shutdown_timeout = max(0.0, until - monotonic())
        self._threads.stop(graceful=True)
