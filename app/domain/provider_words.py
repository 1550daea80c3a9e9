"""What a provider said, as a person may see it: laid out, and with phones that can be told apart and not be dialled."""

import re

import orjson

# Ten to thirteen digits are a phone; fourteen are a moment.
_PHONE = re.compile(r"(?<!\d)(\d{4})\d{3,6}(\d{3})(?!\d)")


def masked(body: str) -> str:
    """`body` in lines where it is JSON, as it came where it is not; phones as `2547•••••678`."""
    return _PHONE.sub(r"\1•••••\2", _laid_out(body))


def _laid_out(body: str) -> str:
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body
