"""The head of an HTTP request: bounded, strict, and read with little work, as most of them become a WebSocket.

Replaces what pywsgi takes from the standard library, a parser for e-mail: it reads on over what is no header, folds
lines, and cost a tenth of a handshake. A head that two servers could read differently is refused.
"""

import re
from collections.abc import Iterator
from io import BufferedReader

# Bytes and lines of a request's head.
MOST_HEAD, MOST_LINES = 16 * 1024, 100
# A token, RFC 9110 5.6.2.
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class TooLarge(ValueError):
    """The head of a request is more than may be."""


class Headers:
    """The headers of one request, by name whatever its case. `status`: why they are refused, in the words for a log."""

    def __init__(self, source: BufferedReader, size: int) -> None:
        """Read them from `source`, `size` bytes at most; TooLarge instead of the first byte or line too many."""
        self.status = ""
        self._fields: list[tuple[str, str]] = []
        self._first: dict[str, str] = {}
        for _ in range(MOST_LINES):
            line = source.readline(size + 1)
            size -= len(line)
            if size < 0:
                raise TooLarge
            if line in (b"\r\n", b"\n", b""):
                self.status = self.status or ("" if line else "ended early")
                return
            self._take(line.decode("latin-1"))
        raise TooLarge

    def _take(self, line: str) -> None:
        name, colon, value = line.partition(":")
        if not colon or not line.endswith("\n") or not _NAME.fullmatch(name):
            self.status = "no header"
            return
        name, value = name.lower(), value.strip()
        if name == "content-length" and not (value.isascii() and value.isdigit() and name not in self._first):
            self.status = "no length"
        self._fields.append((name, value))
        self._first.setdefault(name, value)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first of this name."""
        return self._first.get(name.lower(), default)

    getheader = get

    def __delitem__(self, name: str) -> None:
        """Forget all of this name; KeyError when there is none."""
        del self._first[name]
        self._fields = [field for field in self._fields if field[0] != name]

    @property
    def headers(self) -> Iterator[str]:
        """As lines."""
        return (f"{name}: {value}" for name, value in self._fields)

    @property
    def typeheader(self) -> str | None:
        """The type of the body."""
        return self._first.get("content-type")
