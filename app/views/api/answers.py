"""How the API answers: one JSON response, and an answer that is given once per Idempotency-Key.

orjson writes what domain/order_json.py made; no schema stands between them.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from flask import Response, request

from app.domain import idempotency
from app.models import Person

Document = Mapping[str, Any]


def answer(document: Document | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`document` as the response. Nobody on the way may keep it."""
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    response = Response(body, status, headers, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def once(
    person: Person,
    act: Callable[[], Document],
    *,
    status: int = 200,
    told_once: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer what `act` does, under the request's Idempotency-Key: said again, the first answer is given again (200).

    `told_once` and `headers`, which `act` may fill, go out with the first answer alone and are stored nowhere.
    """
    made: Document = {}

    def first() -> str:
        nonlocal made
        made = act()
        return orjson.dumps(made).decode()

    kept, again = idempotency.once(person, request.headers.get("Idempotency-Key"), asked(), first)
    if again:
        return answer(kept.encode(), headers={"Idempotency-Replayed": "true"})
    return answer({**made, **told_once} if told_once else kept.encode(), status, headers)


def asked() -> bytes:
    """The request as an Idempotency-Key knows it again: method, path and body."""
    return b"\n".join((request.method.encode(), request.path.encode(), request.get_data()))
