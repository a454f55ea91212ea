"""CSV files (RFC 4180) that spreadsheets open without taking a cell for a formula.

A text that begins with one of `=`, `+`, `-`, `@`, their wide forms, a tab or an end of line could be run by a
spreadsheet, so an apostrophe goes before it. A text that begins with an apostrophe gets another one: whoever takes one
leading apostrophe from every cell that has one gets exactly what was written. Numbers stay numbers.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

STARTS_FORMULA = tuple("=+-@＝＋－＠\t\r\n")
"""After OWASP, CSV Injection."""
ESCAPE = "'"
BYTE_ORDER_MARK = "\ufeff"
"""What spreadsheets know UTF-8 by."""
Cell = str | int | float | None


def safe_cell(cell: Cell) -> str:
    """What stands in the file for `cell`; nothing for None."""
    if not isinstance(cell, str):
        return "" if cell is None else str(cell)
    return ESCAPE + cell if cell.startswith((ESCAPE, *STARTS_FORMULA)) else cell


def cell_text(kept: str) -> str:
    """The text that `safe_cell` was given."""
    return kept.removeprefix(ESCAPE)


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """A CSV file piece by piece: its byte order mark, then one piece a row."""
    yield BYTE_ORDER_MARK
    for row in chain([header], rows):
        piece = io.StringIO(newline="")
        csv.writer(piece, lineterminator="\r\n").writerow([safe_cell(cell) for cell in row])
        yield piece.getvalue()


def csv_rows(content: str) -> Iterator[list[str]]:
    """The rows of such a file, header first, each cell as it was given, None as an empty text."""
    for row in csv.reader(io.StringIO(content.removeprefix(BYTE_ORDER_MARK), newline="")):
        yield [cell_text(cell) for cell in row]
