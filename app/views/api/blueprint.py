"""The blueprint of the JSON API: what a view takes, asks and answers, said once for the code and for its document.

Default deny: every call needs a person but those in _FOR_ANYBODY. Each view names all of its statuses, so
that the document can be tested against what happens (tests/api/test_document.py).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from flask import request
from flask_smorest import Blueprint
from marshmallow import Schema

from app.views import loading

from . import documents, payment_documents, reading

View = TypeVar("View", bound=Callable[..., Any])

# Why a call is refused, and how that is documented.
_REFUSALS: dict[int, tuple[str, type[Schema]]] = {
    400: ("The body is no JSON, or the session's CSRF token is missing", documents.Problem),
    401: ("No valid token and no session", documents.Problem),
    403: ("Not for your role", documents.Problem),
    404: ("There is nothing here, or nothing that you may see", documents.Problem),
    409: ("It cannot be done to what it is now", documents.ConflictProblem),
    413: ("The body is larger than 256 KiB", documents.Problem),
    415: ("The body is not application/json", documents.Problem),
    422: ("Something in the request is not right; `errors` says what, by field", documents.InvalidProblem),
    429: ("Too many attempts; Retry-After says how many seconds to wait", documents.Problem),
    502: ("The provider took no request: nothing was charged, try again", payment_documents.PaymentProblem),
    504: ("The provider has not answered: it may yet be paid, do not pay twice", payment_documents.PaymentProblem),
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
    "description": "Your name for this attempt, kept 24 h: the same key and body get the first answer again (200, with "
    "`Idempotency-Replayed: true`), another body 422, one that is still being worked on 409.",
}


class Resources(Blueprint):
    """Flask-smorest's blueprint in shorter words. Its decorators document; reading is done in reading.py.

    They would wrap a view a dozen times, and every request would pay for it: see `_told`.
    """

    def takes(
        self, schema: type[Schema], *, once: bool = True, example: Mapping[str, Any] | None = None
    ) -> Callable[[View], View]:
        """The view gets the request's body as `schema` loads it; `once`: it understands Idempotency-Key."""
        # One instance for all requests: making one takes longer than loading with it.
        loads = schema()
        required = any(field.required for field in loads.fields.values())
        documents = [self.arguments(loads, required=required, example=example), *self._refusals(400, 413, 415, 422)]
        if once:
            documents += [self.doc(parameters=[_IDEMPOTENCY_KEY]), *self._refusals(409)]

        def decorate(view: View) -> View:
            return _told(_given(view, reading.body, loads), documents)

        return decorate

    def asks(self, schema: type[Schema]) -> Callable[[View], View]:
        """The view gets the request's query as `schema` loads it."""
        loads = schema()
        documents = [self.arguments(loads, location="query"), *self._refusals(422)]

        def decorate(view: View) -> View:
            return _told(_given(view, reading.query, loads), documents)

        return decorate

    def answers(
        self, status: int, schema: type[Schema] | None, about: str, *, refuses: tuple[int, ...] = (401,), **more: Any
    ) -> Callable[[View], View]:
        """The view answers `status` with a document like `schema`, or refuses with one of `refuses`."""
        response = self.response(status, schema, description=about, **more)

        def decorate(view: View) -> View:
            return _told(view, [response, self.doc(operationId=view.__name__), *self._refusals(*refuses)])

        return decorate

    def _refusals(self, *statuses: int) -> list[Callable[[Any], Any]]:
        """What documents that a view may answer a problem with these statuses."""
        problem = {"content_type": "application/problem+json"}
        told = [(status, *_REFUSALS[status]) for status in statuses]
        return [
            self.alt_response(status, description=about, schema=schema, **problem) for status, about, schema in told
        ]


def _given(view: View, read: Callable[[Schema], Any], schema: Schema) -> View:
    """`view` with what is read as its first argument."""

    @wraps(view)
    def reads(**path: Any) -> Any:
        return view(read(schema), **path)

    return reads  # type: ignore[return-value]


def _told(view: View, documents: Sequence[Callable[[Any], Any]]) -> View:
    """`view` itself, with what these decorators document about it."""
    wrapped = view
    for document in documents:
        wrapped = document(wrapped)
    view._apidoc = wrapped._apidoc  # type: ignore[attr-defined]
    return view


bp = Resources("api", __name__, url_prefix="/api")
_FOR_ANYBODY = ("api.issue_token", "api.start_payment", "api.payment")


@bp.before_request
def known() -> None:
    """Refuse whoever is nobody, before anything of the request is read."""
    if request.endpoint not in _FOR_ANYBODY:
        loading.person()
