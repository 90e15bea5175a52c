"""Tables that leave by spreadsheet: .xlsx and .csv whose cells are never formulas, whatever was typed into them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Response

from infra.web.cells import inert

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format

Cell = str | int | None

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WIDEST = 60


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte-order mark, without which offices' Excel and WPS misread Chinese."""
    text = StringIO()
    writer = csv.writer(text)
    for row in (header, *rows):
        writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue().encode("utf-8-sig")


Table = tuple[str, Sequence[str], Iterable[Sequence[Cell]]]
"""A title, the headings, the rows."""


def xlsx_of(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]], *more: Table) -> bytes:
    """One sheet, and one for each further table: a bold header that stays in sight, a filter, fitting columns."""
    import xlsxwriter  # an api starts without it

    whole = BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "text_wrap": True})
        for table in ((title, header, rows), *more):
            _write(book, bold, *table)
    return whole.getvalue()


def _write(
    book: xlsxwriter.Workbook, bold: Format, title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> None:
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31] or "1")
    widths = [_width(cell) for cell in header]
    for column, heading in enumerate(header):
        sheet.write_string(0, column, inert(_UNPRINTABLE.sub("", heading)), bold)
    last = 0
    for last, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(last, column, cell)
            elif cell:
                sheet.write_string(last, column, inert(_UNPRINTABLE.sub("", cell)))
            widths[column] = max(widths[column], _width(cell))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(header) - 1)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, _WIDEST))


def _width(cell: Cell) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in str(cell or ""))  # noqa: PLR2004 - CJK begins there


def download(content: bytes | str, media_type: str, name: str) -> Response:
    """An answer that a browser saves under this name, in whatever script it is written."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)
