"""How many transitions a second one core serves over HTTP, beside a bare view with the same statements.

Each client has an order of its own and takes it from `preparing` to `ready_for_pickup` and back. Ours: bearer token,
validation, state machine, history, five rows of the log, the answer. The bare view: the same statements, recorded
from ours, through the driver alone, in one transaction. In turn, three rounds; medians.
"""

import os
import pickle
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

from app.extensions import db
from tests.cast import make_cast
from tests.factories import order_in, token_of

from .load import post, rate
from .stage import DATABASES, Stage, stage
from .statements import recorded
from .table import Row, median

CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
ROUNDS = 3
_THERE, _BACK = "ready_for_pickup", "preparing"
_GUNICORN = ("gunicorn", "--config", "python:benchmarks.gunicorn_settings", "--bind", "127.0.0.1:{port}")


def run() -> list[Row]:
    """One row per database."""
    return [_on(database) for database in DATABASES]


def _on(database: str) -> Row:
    with stage(database) as scene, tempfile.TemporaryDirectory() as folder:
        cast = make_cast()
        token = token_of(cast.vendor)
        numbers = [order_in(cast, _BACK).number for _ in range(2 * CLIENTS)]
        # Clients go on where the last round left their orders, so neither side ever asks for what is there already.
        our_clients = [_ours(number, token) for number in numbers[:CLIENTS]]
        bare_clients = [_bare(number) for number in numbers[CLIENTS:]]
        db.session.remove()
        record = Path(folder) / "statements"
        walks = _record(scene, numbers[CLIENTS:], token)
        record.write_bytes(pickle.dumps((scene.url.replace("+psycopg", "", 1), walks)))
        ours_port = _serve(scene, "wsgi:app")
        bare_port = _serve(scene, "benchmarks.bare:app", BARE_STATEMENTS=str(record))
        ours, bare = [], []
        for _ in range(ROUNDS):
            ours.append(rate(ours_port, our_clients, SECONDS))
            bare.append(rate(bare_port, bare_clients, SECONDS))
    ratio = median(ours) / median(bare)
    return Row(
        "transitions/s over HTTP, one core",
        database,
        f"{median(ours):.0f}/s",
        f"bare view, same statements: {median(bare):.0f}/s (ratio {ratio:.2f})",
        "ratio ≥ 0.5",
        ratio >= 0.5,
    )


def _serve(scene: Stage, application: str, **environment: str) -> int:
    return scene.serve(*_GUNICORN, application, path="/healthz", **environment)


def _record(scene: Stage, numbers: list[str], token: str) -> dict[tuple[str, str], list[object]]:
    """The statements of each order's two steps, sent once by the real application."""
    client, headers = scene.app.test_client(), {"Authorization": f"Bearer {token}"}
    walks: dict[tuple[str, str], list[object]] = {}
    for number in numbers:
        for to in (_THERE, _BACK):

            def act(number: str = number, to: str = to) -> None:
                # A context of its own, as on a server: else the person of one request would be the next one's.
                with scene.app.app_context():
                    answer = client.post(f"/api/orders/{number}/transitions", json={"to": to}, headers=headers)
                assert answer.status_code == 200, answer.text

            walks[number, to] = list(recorded(act))
    return walks


def _ours(number: str, token: str) -> Iterator[bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    steps = [post(f"/api/orders/{number}/transitions", b'{"to":"%s"}' % to.encode(), headers) for to in (_THERE, _BACK)]
    return cycle(steps)


def _bare(number: str) -> Iterator[bytes]:
    return cycle([post(f"/bare/{number}/{to}", b"{}", {}) for to in (_THERE, _BACK)])
