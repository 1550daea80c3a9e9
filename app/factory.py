"""create_app: the application as a list of calls. Each call is one file; nothing is decided here."""

from collections.abc import Callable
from typing import Any

from flask import Flask

from . import cli, extensions, logs, models, views  # noqa: F401  (models register their tables)
from .config import ROOT, Config
from .contract.tokens import SESSION_COOKIE, SESSION_LIFETIME_DAYS


class _Application(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view and no hook of ours is a coroutine: to ask fifteen of them in a request took 2 % of a transition."""
        return func


def create_app(config: Config | None = None) -> Flask:
    """The web application with these settings (default: those of the environment)."""
    config = config or Config.from_env()
    app = _Application("passline", root_path=str(ROOT), template_folder="templates", static_folder="static")
    app.config.from_mapping(flask_settings(config))
    logs.configure(config)
    extensions.init(app)
    views.register(app)
    cli.register(app)
    return app


def flask_settings(config: Config) -> dict[str, object]:
    """Our settings in the words of Flask and its extensions."""
    return {
        "PASSLINE": config,
        "SECRET_KEY": config.secret_key,
        "TESTING": config.env == "test",
        "MIGRATIONS": str(ROOT / "migrations"),
        "SQLALCHEMY_DATABASE_URI": config.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": extensions.engine_options(config.database_url),
        "SESSION_COOKIE_NAME": SESSION_COOKIE,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": config.env == "production",
        "PERMANENT_SESSION_LIFETIME": SESSION_LIFETIME_DAYS * 86400,
        "SESSION_REFRESH_EACH_REQUEST": False,
        # The views decide: a bearer token needs no CSRF header, a cookie does (views/security.py).
        "WTF_CSRF_CHECK_DEFAULT": False,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": False,
        "MAX_CONTENT_LENGTH": 256 * 1024,
        **_rate_limits(config),
        "API_TITLE": "Passline",
        "API_VERSION": "1",
        "OPENAPI_VERSION": "3.1.0",
    }


def _rate_limits(config: Config) -> dict[str, object]:
    """Failed log-ins are counted in Redis, for all web processes together; by each for itself while that is away."""
    # The limiter's own name for a socket in the file system.
    uri = (config.redis_url or "memory://").replace("unix://", "redis+unix://", 1)
    # One attempt: the process can count for itself, and somebody waits to log in.
    options = {"socket_timeout": 1.0, "socket_connect_timeout": 1.0, "retry": None} if config.redis_url else {}
    return {
        "RATELIMIT_STORAGE_URI": uri,
        "RATELIMIT_STORAGE_OPTIONS": options,
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        # What fails between the look and the count is logged, and one guess more is let through.
        "RATELIMIT_SWALLOW_ERRORS": True,
    }
