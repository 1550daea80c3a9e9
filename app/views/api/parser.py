"""How a request is read: JSON that is JSON, a query in which nothing is unknown or said twice, and errors by field.

A refusal names every field that is wrong by its path (`items.0.quantity`), whoever found it: this parser or a verb.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import orjson
from flask import Request
from marshmallow import Schema, ValidationError, fields
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.errors import Invalid


class StrictParser(FlaskParser):
    """Reads bodies and queries for `Resources.takes` and `Resources.asks`."""

    # What is unknown, the schemas decide: they refuse it.
    DEFAULT_UNKNOWN_BY_LOCATION = {}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body; none at all counts as an empty object, for calls that need nothing said."""
        body = req.get_data(cache=True)
        if not body and not req.content_length:
            return {}
        if req.mimetype != "application/json":
            raise UnsupportedMediaType("The body must be JSON: send it with Content-Type: application/json.")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"The body is no JSON: {error}.") from error

    def load_querystring(self, req: Request, schema: Schema) -> dict[str, str]:
        """The parameters of the address; an empty text counts as not given, as a form sends what is not filled in."""
        given = req.args.to_dict(flat=False)
        twice = {name: ["Say it once."] for name, values in given.items() if len(values) > 1}
        if twice:
            raise ValidationError(twice)
        numbers = {name for name, field in schema.fields.items() if isinstance(field, fields.Integer)}
        return {name: values[0] for name, values in given.items() if values[0] or name in numbers}

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        """Raise what the schema found, each field by its path."""
        by_location = error.messages_dict
        found = {path: said for messages in by_location.values() for path, said in paths(messages)}
        raise Invalid("Something in the request is not right.", errors=found) from error


def paths(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Marshmallow's nested messages as `path.to.field: [message, …]`; `body` where they are about the whole."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            step = "" if name == "_schema" else str(name)
            yield from paths(inner, ".".join(part for part in (path, step) if part))
    else:
        yield path or "body", messages
