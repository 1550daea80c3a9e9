"""The fields of requests: strict in type (no "1" for 1, no true for 1), bounded, and only what both databases can keep.

Each says its bounds to the OpenAPI document by itself. What a value means (is there such an item, is that a time to
order for) is the domain's question, not one for here.
"""

from base64 import b64decode
from datetime import datetime
from typing import Any

from marshmallow import fields, validate

# PostgreSQL keeps no NUL in text, and would say so with an error of its own.
_NO_NUL = validate.Regexp(r"^[^\x00]*$", error="Holds a character that no text has.")
BIGGEST_ID = 2**63 - 1
_YEARS = range(2000, 2101)


class Text(fields.String):
    """Text of `shortest` to `longest` characters."""

    def __init__(self, longest: int, *, shortest: int = 0, about: str = "", **how: Any) -> None:
        rules = [validate.Length(shortest or None, longest), _NO_NUL]
        super().__init__(validate=rules, metadata={"description": about} if about else {}, **how)


class Choice(fields.String):
    """One of a list of words."""

    def __init__(self, words: Any, *, about: str = "", **how: Any) -> None:
        rule = validate.OneOf(tuple(words), error="One of {choices}.")
        super().__init__(validate=rule, metadata={"description": about} if about else {}, **how)


class Whole(fields.Integer):
    """A whole number from `least` to `most`, spelt as a JSON number."""

    default_error_messages = {"invalid": "Not a whole number."}

    def __init__(self, least: int, most: int, *, about: str = "", **how: Any) -> None:
        rule = validate.Range(least, most, error="From {min} to {max}.")
        super().__init__(strict=True, validate=rule, metadata={"description": about} if about else {}, **how)

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool):  # to Python a bool is a whole number
            raise self.make_error("invalid")
        return super()._validated(value)


class Number(fields.Float):
    """A number from `least` to `most`, spelt as a JSON number."""

    default_error_messages = {"invalid": "Not a number.", "special": "Not a number."}

    def __init__(self, least: float, most: float, *, about: str = "", **how: Any) -> None:
        rule = validate.Range(least, most, error="From {min} to {max}.")
        super().__init__(allow_nan=False, validate=rule, metadata={"description": about} if about else {}, **how)

    def _validated(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):  # Float takes "1" and True
            raise self.make_error("invalid")
        return super()._validated(value)


class Flag(fields.Boolean):
    """true or false, spelt so."""

    default_error_messages = {"invalid": "Not true or false."}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):  # Boolean takes 1, "on" and "yes"
            raise self.make_error("invalid")
        return value


class Base64(fields.String):
    """Bytes as base64 text (RFC 4648, on one line), at most `most` of them."""

    default_error_messages = {"invalid_base64": "Not base64."}

    def __init__(self, most: int, *, about: str, **how: Any) -> None:
        rule = validate.Length(max=-(-most // 3) * 4)
        how["metadata"] = {"description": about, "contentEncoding": "base64"}
        super().__init__(validate=rule, **how)

    def _validate(self, value: Any) -> None:
        """Nothing: its length is asked of the text, before it is decoded."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:  # type: ignore[override]
        text = super()._deserialize(value, attr, data, **kwargs)
        super()._validate(text)
        try:
            return b64decode(text or "", validate=True)
        except ValueError as error:
            raise self.make_error("invalid_base64") from error


class Digits(fields.Integer):
    """A whole number from `least` to `most`, spelt in digits: in a query everything is text."""

    default_error_messages = {"invalid": "Not a whole number."}

    def __init__(self, least: int, most: int, *, about: str = "", **how: Any) -> None:
        rule = validate.Range(least, most, error="From {min} to {max}.")
        super().__init__(validate=rule, metadata={"description": about} if about else {}, **how)

    def _validated(self, value: Any) -> int:
        # int() takes "1_0" and " 1" as well, and pages of digits.
        if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20):
            raise self.make_error("invalid")
        return int(value)


class Moment(fields.DateTime):
    """An instant: ISO 8601 with a zone, in this century."""

    default_error_messages = {"invalid": "Not a time in ISO 8601 with a zone, like 2026-11-20T18:04:05Z."}

    def __init__(self, *, about: str = "", **how: Any) -> None:
        super().__init__(metadata={"description": about} if about else {}, **how)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        try:
            at = datetime.fromisoformat(value)
        except ValueError as error:
            raise self.make_error("invalid") from error
        if at.tzinfo is None or at.year not in _YEARS:
            raise self.make_error("invalid")
        return at
