"""CSV cells never start a formula, and read back as they were written."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.tables import BYTE_ORDER_MARK, cell_text, csv_lines, csv_rows, safe_cell

RUN_BY_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
texts = st.text(st.characters(codec="utf-8"))
nasty = st.text(st.sampled_from("=+-@\t\r\n'\"＝＋－＠,; a0|\ufeff\x00"), max_size=6)


def plain_cells(content):
    """The cells as a spreadsheet takes them."""
    return list(csv.reader(io.StringIO(content.removeprefix(BYTE_ORDER_MARK), newline="")))


@given(
    st.lists(st.lists(texts | nasty, min_size=3, max_size=3), max_size=5),
    st.lists(texts | nasty, min_size=3, max_size=3),
)
def test_table_reads_back_as_it_was_written(rows, header):
    content = "".join(csv_lines(header, rows))

    assert list(csv_rows(content.encode().decode())) == [header, *rows]


@given(st.lists(st.lists(texts | nasty, min_size=2, max_size=2), max_size=5))
def test_no_cell_starts_a_formula(rows):
    content = "".join(csv_lines(["a", "b"], rows))

    assert [cell for row in plain_cells(content) for cell in row if cell.startswith(RUN_BY_SPREADSHEETS)] == []


@given(texts | nasty)
def test_cell_reads_back_by_taking_one_apostrophe(text):
    assert cell_text(safe_cell(text)) == text


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=1+1", "'=1+1"),
        ("-1", "'-1"),
        ("'s Gravenhage", "''s Gravenhage"),
        ("a=1", "a=1"),
        (" =1", " =1"),
        ("", ""),
        (None, ""),
        (-5, "-5"),
        (2.5, "2.5"),
        ("＝1", "'＝1"),
    ],
)
def test_cell_is_kept_as(cell, kept):
    assert safe_cell(cell) == kept


def test_file_begins_with_what_spreadsheets_know_it_by():
    assert (
        "".join(csv_lines(["name"], [["Ünal"], ['a"b']])).encode() == b'\xef\xbb\xbfname\r\n\xc3\x9cnal\r\n"a""b"\r\n'
    )
