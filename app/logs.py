"""Structured logs: one line an event, JSON in production, readable in the demo; no secrets, no full phone numbers.

Web, gateway and worker configure themselves here, so that a line looks alike wherever it was written.
"""

import logging
import sys

import structlog

from .config import Config

# What these say of every start, or of every question to a provider, would push the addresses off the demo's screen.
_TALKATIVE = ("alembic", "httpx", "huey")
# These say at INFO what must stand in no log: the limits' keys are e-mail addresses and whole phone numbers.
_INDISCREET = ("flask-limiter",)


def configure(config: Config) -> None:
    """Set up structlog and the standard library's logging for this process."""
    level = logging.getLevelNamesMapping()[config.log_level]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if config.env == "production"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            # In the demo the launcher says the time before each line.
            *([] if config.env == "demo" else [structlog.processors.TimeStamper(fmt="iso", utc=True)]),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=config.env != "test",
    )
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", force=config.env != "test")
    for name in _INDISCREET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    if config.env == "demo" and config.log_level != "DEBUG":
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(max(level, logging.WARNING))
