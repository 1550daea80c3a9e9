"""Writers on PostgreSQL: a transition's own statements, recorded, sent by pgbench, each on an order of its own.

pgbench, which comes with PostgreSQL, prepares each statement once and sends it as the application's driver does, one
round trip each; but it is written in C, and eight of its clients cost a tenth of what eight Python processes took from
the two cores on which the log was to be measured.
"""

import re
import resource
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from app.config import Config
from app.doorbell import Doorbell
from tests.services import PostgresServer

from .machine import LOAD_CORE, keep_on
from .statements import Statement

Walk = Sequence[Statement]
_PARAMETER = re.compile(r"%\((\w+)\)s")
_DONE = re.compile(r"number of transactions actually processed: (\d+)")
# Seconds between two rings of a process that commits all the time; its doorbell makes few of them (app/doorbell.py).
_RING = 0.005


class Writers:
    """Clients of one pgbench. `walks` leads an order there and back; the orders' ids follow each other from `first`."""

    def __init__(self, url: str, walks: Sequence[Walk], first: int, count: int, folder: Path) -> None:
        programs = PostgresServer.programs()
        assert programs is not None
        self._pgbench = str(programs / "pgbench")
        self._url, self._walks, self._first, self._count, self._folder = url, walks, first, count, folder
        self._bells = [Doorbell() for _ in range(count)]
        for bell in self._bells:
            bell.init(Config(secret_key="", database_url=url))

    @property
    def cpu(self) -> float:
        """CPU seconds of all clients so far, and of who rings for them."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime + time.process_time()

    def write(self, *, with_log: bool, seconds: int, rate: float = 0) -> float:
        """Let all write at once, `rate` transactions a second together (0: as many as they can); how many they did."""
        script = _Script(self._walks, self._first, with_log=with_log)
        path = self._folder / "walk.sql"
        path.write_text(script.text, encoding="utf-8")
        command = [self._pgbench, "--no-vacuum", "--protocol=prepared", f"--client={self._count}", "--jobs=1"]
        command += [f"--time={seconds}", f"--file={path}"]
        command += [f"--define={name}={value}" for name, value in script.values.items()]
        command += [f"--rate={rate / len(self._walks)}"] if rate else []
        with self._ringing() if with_log else nullcontext():
            done = subprocess.run(
                [*command, self._url.replace("+psycopg", "", 1)],
                capture_output=True,
                text=True,
                check=False,
                preexec_fn=keep_on(LOAD_CORE),
            )
        if done.returncode:
            raise RuntimeError(f"a writer has ended: {done.stderr.strip()[-500:]}")
        match = _DONE.search(done.stdout)
        assert match is not None
        return int(match[1]) * len(self._walks) / seconds

    @contextmanager
    def _ringing(self) -> Iterator[None]:
        """Ring as the writers' processes would after each commit."""
        over = threading.Event()

        def ring() -> None:
            while not over.wait(_RING):
                for bell in self._bells:
                    bell.ring()

        thread = threading.Thread(target=ring, name="rings", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


class _Script:
    """What one client does over and over: `text`, with `values` for its variables."""

    def __init__(self, walks: Sequence[Walk], first: int, *, with_log: bool) -> None:
        self.values: dict[str, str] = {}
        lines = [rf"\set order {first} + :client_id"]
        for place, walk in enumerate(walks):
            sent = [one for one in walk if with_log or not one.sql.startswith("INSERT INTO event_log")]
            lines += ["BEGIN;", *(self._line(one, f"walk{place}_") for one in sent), "COMMIT;"]
        self.text = "\n".join([*lines, ""])

    def _line(self, statement: Statement, prefix: str) -> str:
        """A statement as pgbench reads it, its parameters by name. The guarded update says which version it made."""
        sql = _PARAMETER.sub(
            lambda found: self._parameter(found[1], statement.parameters[found[1]], prefix),
            " ".join(statement.sql.split()),
        )
        return rf"{sql} \gset now_" if sql.startswith("UPDATE orders") else f"{sql};"

    def _parameter(self, name: str, value: Any, prefix: str) -> str:
        if name == "guarded_id" or name.startswith("order_id"):
            return ":order"
        if name == "version":
            return ":now_version"
        if value is None:
            return "null"
        if name.startswith("data_"):
            # It says, in its data, to which row of history it belongs.
            self.values[prefix + name] = f'{value[:-1]},"mark":'
            return f"(:{prefix}{name} || :now_version || '}}')"
        value = value.value if isinstance(value, Enum) else value
        self.values[prefix + name] = value.isoformat() if isinstance(value, datetime) else str(value)
        return f":{prefix}{name}"
