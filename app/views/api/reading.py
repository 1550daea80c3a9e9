"""How a request is read: JSON that is JSON, a query in which nothing is unknown or said twice, and errors by field.

A refusal names every field that is wrong by its path (`items.0.quantity`), whoever found it: the schema or a verb.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask import request
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.errors import Invalid


def body(schema: Schema) -> Any:
    """The request's body as `schema` loads it; none at all counts as an empty object.

    Refuses what is not application/json (415), no JSON (400), or not what the schema says (Invalid).
    """
    data = request.get_data()
    if not data and not request.content_length:
        return _loaded(schema, {})
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("The body must be JSON: send it with Content-Type: application/json.")
    try:
        return _loaded(schema, orjson.loads(data))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is no JSON: {error}.") from error


def query(schema: Schema) -> Any:
    """The parameters of the request's address as `schema` loads them.

    An empty text counts as not given, as a form sends what is not filled in; what is said twice is Invalid.
    """
    given = request.args.to_dict(flat=False)
    twice = {name: ["Say it once."] for name, values in given.items() if len(values) > 1}
    if twice:
        raise Invalid("Something in the address is not right.", errors=twice)
    numbers = {name for name, field in schema.fields.items() if isinstance(field, fields.Integer)}
    return _loaded(schema, {name: values[0] for name, values in given.items() if values[0] or name in numbers})


def _loaded(schema: Schema, data: Any) -> Any:
    try:
        return schema.load(data)
    except ValidationError as error:
        raise Invalid("Something in the request is not right.", errors=dict(paths(error.messages))) from error


def paths(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Marshmallow's nested messages as `path.to.field: [message, …]`; `body` where they are about the whole."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            step = "" if name == "_schema" else str(name)
            yield from paths(inner, ".".join(part for part in (path, step) if part))
    else:
        yield path or "body", messages
