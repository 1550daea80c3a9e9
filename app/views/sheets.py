"""Tables for spreadsheets: CSV, streamed a row at a time, with no cell that a spreadsheet takes for a formula."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask import Response, stream_with_context

# What begins with one of these is worked out by Excel and its like, whoever wrote it (OWASP, "CSV injection"). A cell
# begins in the middle of a text as well: where the comma is for decimals, they split lines at semicolons.
_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@])")


class _Line:
    """Hands a written row back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def download(name: str, rows: Iterable[Sequence[Any]]) -> Response:
    """`rows` as the file `name`, for UTF-8 and for Excel (which wants to be told by the mark at its beginning)."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(stream_with_context(_lines(rows)), content_type="text/csv; charset=utf-8", headers=headers)


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"
    for row in rows:
        yield writer.writerow([harmless(cell) for cell in row])


def harmless(cell: Any) -> str:
    """`cell` as text that no spreadsheet runs: an apostrophe stands before what would begin a formula."""
    return "" if cell is None else _FORMULA.sub("'", str(cell))
