"""CSV for spreadsheets: nothing that anybody typed is run as a formula."""

import pytest

from app.domain import menu_sheet
from app.extensions import atomic
from app.views.sheets import download, harmless


@pytest.mark.parametrize("cell", ["=1+1", "+254", "-1", "@SUM(A1)", "\tx", "\rx", "\nx"])
def test_what_begins_a_formula_becomes_text(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("Ana;=cmd|' /C calc'!A0", "Ana;'=cmd|' /C calc'!A0"),
        ("a; @b;c", "a;' @b;c"),
        ("a\n=b", "a\n'=b"),
        ("  =b", "'  =b"),
        ("a;b=c", "a;b=c"),
    ],
)
def test_nor_does_a_cell_begin_one_where_semicolons_part_cells(cell, text):
    assert harmless(cell) == text


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


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("text", ["soup; -no onion", "=2", "hot;=1+1", "- mild"])
def test_a_menu_comes_back_as_it_went_out(app, cast, text):
    with atomic():
        cast.items()[0].description = text
    with app.test_request_context():
        sheet = download("menu.csv", menu_sheet.rows(cast.restaurant)).get_data(as_text=True)
    assert {line.does for line in menu_sheet.plan(cast.restaurant, sheet).lines} == {"same"}
