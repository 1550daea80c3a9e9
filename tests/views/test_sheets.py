"""CSV for spreadsheets: nothing that anybody typed is run as a formula."""

import pytest

from app.views.sheets import download, harmless


@pytest.mark.parametrize("cell", ["=1+1", "+254", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_what_begins_a_formula_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(("cell", "text"), [("QK7", "QK7"), (12, "12"), (None, ""), ("a=b", "a=b"), ("", "")])
def test_anything_else_stays_as_it_is(cell, text):
    assert harmless(cell) == text


def test_a_download_is_a_file_that_is_written_row_by_row(sqlite_app):
    with sqlite_app.test_request_context():
        answer = download("day.csv", iter([("a", 'say "hi"'), ("=x", None)]))
        assert answer.is_streamed
        assert answer.get_data(as_text=True) == '\ufeffa,"say ""hi"""\r\n\'=x,\r\n'
        assert answer.headers["Content-Disposition"] == 'attachment; filename="day.csv"'
        assert answer.headers["Cache-Control"] == "private, no-store"
