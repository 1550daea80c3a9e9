"""How gunicorn serves the web process: one process and a few threads; where, says app/config.py.

What differs from one machine to another goes on the command line or into GUNICORN_CMD_ARGS, for example
`--workers 4`. A request in work has 2 s to end after a stop was asked for, so that all processes are down well within
5 s. Nobody waits for the connections that browsers keep open after an answer, or open in reserve and say nothing on.
"""

import os
from contextlib import ExitStack
from typing import Any

from gunicorn.workers import gthread

from app import startup

_config = startup.begin("web process")

# gunicorn's own 2 s and 5 s (seconds for the next request on a kept connection once a stop was asked for, and those
# that a thread spends on a new connection that says nothing, before it leaves it to the loop) would be all our time.
gthread.STOP_KEEPALIVE_LINGER = 0.3
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.5


class Worker(gthread.ThreadWorker):
    """gunicorn's worker with threads, which when it stops drops the connections that have not said anything yet."""

    def murder_pending(self) -> None:
        """Close who has waited too long; at a stop, everybody who waits."""
        if not self.alive:
            for connection in self.pending_conns:
                connection.timeout = 0.0
        super().murder_pending()


# An IPv6 address stands in brackets before its port.
_host = f"[{_config.listen_host}]" if ":" in _config.listen_host else _config.listen_host
bind = f"{_host}:{_config.web_port}"
worker_class = Worker
workers = 1
threads = 8
keepalive = 5
graceful_timeout = 2
# Whose forwarded headers count is TRUSTED_PROXIES alone to say (app/views/security.py), not gunicorn.
forwarded_allow_ips = ""
# Its control socket would lie in the home folder, and nothing here uses it.
control_socket_disable = True

# What lasts as long as one worker process.
_life = ExitStack()


def post_worker_init(_worker: Any) -> None:
    """In each worker process, when it has the application."""
    # Here and not above: gunicorn's master needs no models, and what it imported it would take apart when it ends.
    from app import presence

    _life.enter_context(presence.kept("web", _config))


def worker_exit(_server: Any, worker: Any) -> None:
    """In the worker process, when it ends."""
    _life.close()
    if os.getpid() == worker.pid and worker.booted and not worker.alive:
        # It was asked to. The interpreter's own end would wait for threads that wait for half a request.
        os._exit(0)
