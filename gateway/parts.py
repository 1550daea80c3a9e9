"""The parts of one gateway, put together in server.py and known to its handlers and views."""

from dataclasses import dataclass

from app.config import Config

from .checks import Checks
from .clients import Clients
from .fanout import Fanout
from .feed import Feed
from .fixes import Fixes
from .metrics import Metrics
from .receipts import Receipts
from .recent import Recent
from .recoveries import Recoveries
from .registry import Registry
from .replay import Replay
from .revocation import Revocation
from .store import Store
from .surface import Surface
from .threads import Threads


@dataclass(kw_only=True)
class Parts:
    """Everything there is one of."""

    config: Config
    clients: Clients
    engine: Surface
    registry: Registry
    recent: Recent
    revocation: Revocation
    fanout: Fanout
    replay: Replay
    fixes: Fixes
    feed: Feed
    store: Store
    checks: Checks
    recoveries: Recoveries
    threads: Threads
    receipts: Receipts
    metrics: Metrics
    is_draining: bool = False
