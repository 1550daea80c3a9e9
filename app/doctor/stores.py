"""The stores: the database is there and migrated, and so is Redis where the settings name one."""

from pathlib import Path

import redis
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from app.config import Config
from app.extensions import db

from .asking import PATIENCE
from .finding import Finding, ok, wrong


def database(config: Config) -> Finding:
    """Whether it answers. Its address is shown without the password."""
    url = make_url(config.database_url)
    shown = url.render_as_string(hide_password=True)
    if config.is_sqlite and not Path(str(url.database)).is_file():
        # Connecting would make an empty one, and the next look would find it there.
        return wrong("database", f"{shown}: there is no such file", "DATABASE_URL, or `flask --app wsgi db upgrade`")
    try:
        db.session.execute(text("select 1"))
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return wrong("database", f"{shown} does not answer: {said}", "start it, or set DATABASE_URL to where it is")
    finally:
        db.session.rollback()
    return ok("database", f"{shown} answers")


def migrations(folder: str) -> Finding:
    """Whether the tables are those that this code knows."""
    wanted = ScriptDirectory(folder).get_current_head()
    try:
        found = db.session.execute(text("select version_num from alembic_version")).scalar_one_or_none()
    except SQLAlchemyError:
        found = None
    finally:
        db.session.rollback()
    if found != wanted:
        seen = f"the tables are those of {found or 'no migration'}, this code's of {wanted}"
        return wrong("migrations", seen, "`flask --app wsgi db upgrade`, then start the processes again")
    return ok("migrations", f"up to date at {wanted}")


def redis_server(config: Config) -> Finding:
    """Whether Redis answers."""
    if config.redis_url is None:
        return ok("redis", "not used: REDIS_URL is not set")
    try:
        # Asked once: the client's own attempts would take half a minute.
        with redis.Redis.from_url(
            config.redis_url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None
        ) as client:
            client.ping()
    except redis.RedisError as error:
        return wrong("redis", f"does not answer: {error}", "start it, or set REDIS_URL to where it is")
    return ok("redis", "answers")
