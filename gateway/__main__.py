"""`python -m gateway`: patch first, then read the settings and serve until SIGTERM or SIGINT.

Sockets and selects become cooperative; threads, their locks and queues stay those of the operating system, because
everything that may block (every database call) runs in real threads, where patched locks would bring a second hub.
psycopg sees a patched `select` and would wait through gevent: it is told to wait in C, as a real thread should.
"""

import os

from gevent import monkey

monkey.patch_all(thread=False, queue=False, dns=False)
os.environ["PSYCOPG_WAIT_FUNC"] = "wait_c"

import sys  # noqa: E402  (nothing of ours, and nothing that opens sockets, may be imported before the patch)

from app import presence, startup  # noqa: E402
from gateway.server import serve  # noqa: E402


def main() -> int:
    """Serve; the exit code says how it went."""
    config = startup.begin("gateway")
    with presence.kept("gateway", config):
        return serve(config)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed. The interpreter's own end would wait for real threads that are in C, and gain nothing.
    os._exit(code)
