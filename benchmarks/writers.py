"""One writer: a process that sends recorded transactions through the driver alone, and rings the doorbell.

Started by sequencing.py as `python -m benchmarks.writers`. On stdin first a pickled (url, walks), then lines "LOG
SECONDS RATE": with the rows of the log (1) or without (0), for so long, so many transactions a second (0: as many as
it can). Each line is answered with how many were committed. Imports little: eight of these share a core.
"""

import pickle
import sys
import time
from functools import cache
from itertools import cycle
from typing import Any

import psycopg

from app.config import Config
from app.doorbell import Doorbell

# SQL, its parameters.
Statement = tuple[str, Any]


def main() -> None:
    """Serve stdin to its end."""
    url, walks = pickle.load(sys.stdin.buffer)  # noqa: S301  (written by sequencing.py a moment ago)
    doorbell = Doorbell()
    doorbell.init(Config(secret_key="", database_url=url))
    with psycopg.connect(url.replace("+psycopg", "", 1)) as connection:
        steps = cycle(walks)
        print("ready", flush=True)
        for line in sys.stdin:
            with_log, seconds, rate = line.split()
            count = _write(connection, doorbell, steps, with_log == "1", float(seconds), float(rate))
            print(count, flush=True)


def _write(
    connection: psycopg.Connection, doorbell: Doorbell, steps: Any, with_log: bool, seconds: float, rate: float
) -> int:
    """The two steps of an order in turn; how many were committed."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        if rate:
            time.sleep(max(0.0, began + count / rate - time.perf_counter()))
        _walk(connection, next(steps), with_log)
        if with_log:
            doorbell.ring()
        count += 1
    return count


def _walk(connection: psycopg.Connection, statements: list[Statement], with_log: bool) -> None:
    """One transition as the application sends it: the guarded update says which version it made."""
    version = 0
    cursor = connection.cursor()
    for sql, parameters in statements:
        if sql.startswith("INSERT INTO event_log"):
            if with_log:
                cursor.execute(sql, _marked(parameters, version))
        elif sql.startswith("UPDATE orders"):
            cursor.execute(sql, parameters)
            version = cursor.fetchall()[0][_returned(sql).index("version")]
        elif sql.startswith("INSERT INTO order_changes"):
            cursor.execute(sql, {**parameters, "version": version})
        else:
            cursor.execute(sql, parameters)
            cursor.fetchall()
    connection.commit()


@cache
def _returned(sql: str) -> list[str]:
    """The columns that a statement returns; the application knows them as well."""
    return [column.strip().rpartition(".")[2] for column in sql.partition(" RETURNING ")[2].split(",")]


def _marked(rows: dict[str, Any], version: int) -> dict[str, Any]:
    """Rows of the log that say, in their data, to which history row they belong."""
    return {
        name: f'{value[:-1]},"mark":{version}}}' if name.startswith("data") else value for name, value in rows.items()
    }


if __name__ == "__main__":
    main()
