"""The floor for transitions: a bare Flask view that sends the same statements in one transaction, driver alone.

Run by gunicorn as `benchmarks.bare:app`; BARE_STATEMENTS names the file that transitions.py recorded.
"""

import os
import pickle
import sqlite3
import threading
from typing import Any

import psycopg
from flask import Flask, Response

app = Flask(__name__)
_local = threading.local()
with open(os.environ["BARE_STATEMENTS"], "rb") as _file:
    _url, _walks = pickle.load(_file)  # noqa: S301  (written by transitions.py a moment ago)


@app.get("/healthz")
def healthz() -> str:
    return "alive"


@app.post("/bare/<number>/<to>")
def transition(number: str, to: str) -> Response:
    connection = _connection()
    cursor = connection.cursor()
    if isinstance(connection, sqlite3.Connection):
        cursor.execute("BEGIN IMMEDIATE")
    version = 0
    for statement in _walks[number, to]:
        if statement.sql.startswith("INSERT INTO order_changes"):
            statement = statement.with_version(version)
        (cursor.executemany if statement.many else cursor.execute)(statement.sql, statement.parameters)
        if statement.sql.startswith("UPDATE orders"):
            names = [column[0] for column in cursor.description]
            version = cursor.fetchone()[names.index("version")]
        elif statement.sql.startswith("SELECT"):
            cursor.fetchall()
    connection.commit()
    return Response(f'{{"version": {version}, "changed": true}}', content_type="application/json")


def _connection() -> Any:
    if not hasattr(_local, "connection"):
        _local.connection = _sqlite() if _url.startswith("sqlite") else psycopg.connect(_url)
    return _local.connection


def _sqlite() -> sqlite3.Connection:
    connection = sqlite3.connect(_url.removeprefix("sqlite:///"), isolation_level=None, timeout=10)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")
    return connection
