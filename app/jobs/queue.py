"""Huey's queues: a SQLite file of their own by default, PostgreSQL or Redis where the settings name them.

A file of their own, because a worker that looks for tasks takes that file's write lock, and no order should wait for
it. Whatever is lost here is handed out again from our rows.
"""

import sqlite3

import psycopg
from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from huey.storage import BaseSqlStorage
from redis import ConnectionPool, RedisError

from app.config import Config
from app.domain.jobs import Queue

# What it raises while its storage is away, or broken.
AWAY = (RedisError, sqlite3.Error, psycopg.Error)
# Seconds: a worker asks for a task for one second at a time, and a Redis that is away is waited for no longer.
_ANSWERS_WITHIN = 5.0
_CONNECTS_WITHIN = 1.0


def make(config: Config, name: Queue) -> Huey:
    """The queue `name` of this installation; nothing is kept of what a task returns."""
    # Tasks are pickles: one that we have not signed ourselves is never read.
    options = {"results": False, "serializer": SignedSerializer(secret=config.secret_key)}
    if config.redis_url:
        pool = ConnectionPool.from_url(
            config.redis_url, socket_timeout=_ANSWERS_WITHIN, socket_connect_timeout=_CONNECTS_WITHIN
        )
        return RedisHuey(name, connection_pool=pool, **options)
    if config.is_sqlite:
        return SqliteHuey(name, filename=f"{config.sqlite_path}.queue", **options)
    return PostgresHuey(name, dsn=config.libpq_url, **options)


def mend(huey: Huey) -> None:
    """Begin anew where its storage has failed: with another connection, and its tables where they are gone."""
    if isinstance(huey.storage, BaseSqlStorage):
        huey.storage.initialize_schema()
