"""The one HTTP client of a process: to make one reads all certificates, which takes longer than to ask somebody.

It keeps no connection open: who is asked rarely has closed it by the next time, and a push sent into such a one may or
may not have been read. Threads may share it.
"""

from functools import cache

import httpx


@cache
def client() -> httpx.Client:
    """The client; each call says its own `timeout` (seconds)."""
    return httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), follow_redirects=False)
