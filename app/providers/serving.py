"""A small HTTP server of threads, as many as there are requests, that says nothing of them. For simulators alone."""

import threading
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server


class _Quiet(WSGIRequestHandler):
    """Werkzeug's, without a line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def start(app: Flask, port: int = 0) -> BaseWSGIServer:
    """Serve `app` on 127.0.0.1 (0: at a free port), in threads beside this one, until `shutdown()`.

    Where the port is taken, Werkzeug says so and ends the process.
    """
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="serving", daemon=True).start()
    return server
