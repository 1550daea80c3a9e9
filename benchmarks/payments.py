"""What `POST /api/payments` adds to the provider's own time: the answer must be there within 300 ms of the provider's.

The whole way over HTTP: gunicorn, the database, the simulator as the provider, which answers at once or after 300 ms.
The provider's time is taken out of what a client waits: that of the same push sent to it directly, in the same run.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from app.extensions import atomic
from app.providers.mpesa import Daraja, Prompted
from tests.cast import make_cast
from tests.factories import wifi_package
from tests.services import free_port

from .stage import DATABASES, stage
from .table import Row, median, percentile

PUSHES = int(os.environ.get("BENCH_PUSHES", "40"))
DELAYS_MS = (0, 300)
LIMIT_MS = 300.0
_PROXY = "127.0.0.0/8"


def run() -> list[Row]:
    """A row for each database and each time that the provider takes."""
    return [row for database in DATABASES for row in _on(database)]


def _on(database: str) -> list[Row]:
    with stage(database) as scene:
        cast = make_cast()
        with atomic():
            cast.restaurant.currency = "KES"
        package = wifi_package(cast.restaurant, price_minor=5000).id
        web, simulator = free_port(), free_port()
        provider = f"http://127.0.0.1:{simulator}"
        told = {
            "MPESA_URL": provider,
            "MPESA_CONSUMER_KEY": "key",
            "MPESA_CONSUMER_SECRET": "secret",
            "MPESA_PASSKEY": "passkey",
            "MPESA_SHORTCODE": "174379",
            "PUBLIC_URL": f"http://127.0.0.1:{web}",
            "WEB_PORT": str(web),
            "SIMULATOR_PORT": str(simulator),
            "RADIUS_COA_PORT": str(free_port()),
            "TRUSTED_PROXIES": _PROXY,
        }
        python = sys.executable
        scene.start([python, "-m", "app.providers"], simulator, path="/healthz", **told)
        scene.start([python, "-m", "gunicorn", "wsgi:app"], web, path="/healthz", **told)
        settings = {name.lower(): told[name] for name in told if name.startswith(("MPESA", "PUBLIC"))}
        config = replace(scene.app.config["PASSLINE"], **settings)
        return [_row(database, delay, web, provider, package, Daraja(config)) for delay in DELAYS_MS]


def _row(database: str, delay: int, web: int, provider: str, package: int, daraja: Daraja) -> Row:
    httpx.post(f"{provider}/control", json={"push_delay_ms": delay}).raise_for_status()
    with httpx.Client(base_url=f"http://127.0.0.1:{web}", timeout=30) as client:

        def ask(n: int) -> None:
            body: dict[str, Any] = {"wifi_package_id": package, "phone": f"+2547{delay + 100:04}{n:04}"}
            address = {"X-Forwarded-For": f"10.{delay % 256}.0.{n}"}
            client.post("/api/payments", json=body, headers=address).raise_for_status()

        def push(n: int) -> None:
            pushed = daraja.push(phone=f"+2547{delay + 500:04}{n:04}", shillings=50, reference="BENCH", token="0" * 32)
            if not isinstance(pushed, Prompted):
                raise RuntimeError(str(pushed))

        theirs = median(_timed(push))
        added = [each - theirs for each in _timed(ask)]
    daraja.close()
    middle, slow = median(added), percentile(added, 95)
    return Row(
        f"POST /api/payments beyond a provider that takes {delay} ms, {PUSHES} prompts",
        database,
        f"median {middle:.0f} ms, p95 {slow:.0f} ms",
        f"the provider itself: {theirs:.0f} ms",
        f"p95 < {LIMIT_MS:.0f} ms",
        slow < LIMIT_MS,
    )


def _timed(act: Callable[[int], None]) -> list[float]:
    """Milliseconds of each, after a first one that opens connections and fetches the token."""
    act(PUSHES)
    taken = []
    for n in range(PUSHES):
        began = time.perf_counter()
        act(n)
        taken.append((time.perf_counter() - began) * 1000)
    return taken
