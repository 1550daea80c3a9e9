"""What may be kept and shown of an error: its type and first line, without secrets and without whole phone numbers.

What follows the host of an address goes (addresses of webhooks are secrets), and so does what is long enough to be a
key. Of a phone number the country and the last three digits stay.
"""

import re

_LONGEST = 500
_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^\s/@'\"]*@)?([^\s/?#'\"]*)[^\s'\"]*", re.IGNORECASE)
_KEY = re.compile(r"(?=[A-Za-z+/=_-]*\d)[A-Za-z0-9+/=_-]{32,}")
_PHONE = re.compile(r"(?<!\w)(\+?\d{3})\d{3,9}(\d{3})(?!\w)")


def told(error: BaseException) -> str:
    """`error` in one line, e.g. `ConnectError: Connection refused`."""
    first = str(error).strip().partition("\n")[0]
    shown = _ADDRESS.sub(r"\1\2/…", first)
    shown = _PHONE.sub(r"\1•••••\2", _KEY.sub("…", shown))
    name = type(error).__name__
    return (f"{name}: {shown}" if shown else name)[:_LONGEST]
