"""Huey's queue: a SQLite file of its own by default, PostgreSQL or Redis where the settings name them.

Its own file, because a worker that looks for tasks takes that file's write lock, and no order should wait for it.
"""

from huey import Huey, PostgresHuey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer

from app.config import Config

_NAME = "default"


def make(config: Config) -> Huey:
    """The queue of this installation; nothing is kept of what a task returns."""
    # Tasks are pickles: one that we have not signed ourselves is never read.
    options = {"results": False, "serializer": SignedSerializer(secret=config.secret_key)}
    if config.redis_url:
        return RedisHuey(_NAME, url=config.redis_url, **options)
    if config.is_sqlite:
        return SqliteHuey(_NAME, filename=f"{config.sqlite_path}.queue", **options)
    return PostgresHuey(_NAME, dsn=config.libpq_url, **options)
