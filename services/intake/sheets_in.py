"""Tables that come in, as .csv or .xlsx: their rows by column, whatever program wrote them."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from infra.web.cells import restored
from services.intake.domain.errors import BadSheetError
from services.intake.domain.imports import COLUMNS, MAX_ROWS, key_of_heading, template_rows

MAX_UNPACKED = 8 * 1024 * 1024
"""Bytes that an .xlsx may unpack to: ten times what MAX_ROWS take. A packed bomb is refused before it is opened."""
_MAX_STYLES = 1024 * 1024
"""And its styles, which are read whole, and slowly."""
_MAX_COLUMNS = 50

Row = tuple[int, dict[str, str]]


def read_table(content: bytes) -> list[Row]:
    """The rows with their line in the file. Raises BadSheetError with what is wrong with the file as a whole."""
    cells = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    try:
        return _by_column(cells)
    except (csv.Error, ValueError, KeyError, zipfile.BadZipFile, OSError) as error:
        raise _unreadable() from error


def _unreadable() -> BadSheetError:
    return BadSheetError(
        "文件无法读取。请使用下载的模板，另存为 .xlsx 或 .csv 后重新上传。",
        "The file cannot be read. Use the template, saved as .xlsx or .csv.",
    )


def _csv(content: bytes) -> Iterator[Sequence[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):  # as WPS and Excel save it here
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise _unreadable()
        return csv.reader(io.StringIO(text, newline=""))
    raise _unreadable()


def _xlsx(content: bytes) -> Iterator[Sequence[Any]]:
    import openpyxl  # brings numpy along, too much for every start of a process that may never see a table

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = [(part.filename, part.file_size) for part in packed.infolist()]
        styles = sum(size for name, size in parts if name.lower().endswith("styles.xml"))
        if sum(size for _, size in parts) <= MAX_UNPACKED and styles <= _MAX_STYLES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about styles, which do not matter here
                book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
                return iter(list(_first_sheet(book)))
    except Exception as error:  # its readers raise whatever they stumble over
        raise _unreadable() from error
    raise BadSheetError(
        "文件展开后过大，请删除多余的工作表、空行和格式，或把表格复制到下载的模板中。",
        "The workbook unpacks to too much: delete other sheets, empty rows and formats, or copy the table into the "
        "template.",
    )


def _first_sheet(book: Any) -> Iterator[Sequence[Any]]:
    for at, row in enumerate(book.worksheets[0].iter_rows(values_only=True, max_col=_MAX_COLUMNS)):
        if at > MAX_ROWS + 1:
            break
        yield row


def _by_column(cells: Iterable[Sequence[Any]]) -> list[Row]:
    lines = enumerate(cells, 1)
    keys: list[str | None] = []
    for _, heading in lines:
        keys = [key_of_heading(_text(cell)) for cell in heading[:_MAX_COLUMNS]]
        if any(keys):
            break
    known = [key for key in keys if key]
    if not {"login", "unit_code"} & set(known) or len(known) != len(set(known)):
        headings = "、".join(zh for zh, _ in COLUMNS.values())
        raise BadSheetError(
            f"没有找到表头。第一行应有这些列：{headings}。", "The headings are missing; use those of the template."
        )
    rows: list[Row] = []
    for line, row in lines:
        given = {key: _text(cell) for key, cell in zip(keys, row, strict=False) if key}
        if any(text.strip() for text in given.values()):
            rows.append((line, given))
        if len(rows) > MAX_ROWS:
            raise BadSheetError(
                f"一次最多导入 {MAX_ROWS} 行，请分几个文件。", f"At most {MAX_ROWS} rows at once; split the file."
            )
    return rows


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else restored(str(cell))


def template_csv() -> bytes:
    """The template with invented examples, in UTF-8 with the mark by which WPS and Excel know it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(zh for zh, _ in COLUMNS.values())
    writer.writerows([row.get(key, "") for key in COLUMNS] for row in template_rows())
    return text.getvalue().encode("utf-8-sig")


def template_xlsx() -> bytes:
    """The template with invented examples; what each column means stands on a second sheet."""
    import openpyxl
    from openpyxl.utils import get_column_letter

    book, whole = openpyxl.Workbook(), io.BytesIO()
    table, meaning = book.worksheets[0], book.create_sheet("说明")
    table.title = "名单"
    table.append([zh for zh, _ in COLUMNS.values()])
    for row in template_rows():
        table.append([row.get(key, "") for key in COLUMNS])
    for key, (zh, en) in COLUMNS.items():
        meaning.append([zh, key, en])
    for sheet, widths in ((table, [20] * len(COLUMNS)), (meaning, [18, 18, 70])):
        for column, width in enumerate(widths, 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
    table.freeze_panes = "A2"
    book.save(whole)
    return whole.getvalue()
