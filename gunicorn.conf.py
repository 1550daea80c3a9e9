"""How gunicorn serves the web process: one process and a few threads; where, says app/config.py.

What differs from one machine to another goes on the command line or into GUNICORN_CMD_ARGS, for example
`--workers 4`. A request has 3 s to end after a stop was asked for, so that all processes are down within 5 s.
"""

from contextlib import ExitStack
from typing import Any

from app import presence, startup

_config = startup.begin("web process")

bind = f"{_config.listen_host}:{_config.web_port}"
worker_class = "gthread"
workers = 1
threads = 8
keepalive = 5
graceful_timeout = 3
# Whose forwarded headers count is TRUSTED_PROXIES alone to say (app/views/security.py), not gunicorn.
forwarded_allow_ips = ""
# Its control socket would lie in the home folder, and nothing here uses it.
control_socket_disable = True

# What lasts as long as one worker process.
_life = ExitStack()


def post_worker_init(_worker: Any) -> None:
    """In each worker process, when it has the application."""
    _life.enter_context(presence.kept("web", _config))


def worker_exit(_server: Any, _worker: Any) -> None:
    """In the worker process, when it ends."""
    _life.close()
