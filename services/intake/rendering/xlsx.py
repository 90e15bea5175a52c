"""Summary tables as .xlsx, made to be opened, completed by hand, printed and sealed."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import xlsxwriter

from infra.web.cells import inert
from services.intake.domain.documents.papers import SummaryTable

_OPTIONS = {
    "in_memory": True,
    # A text is a text, whatever it begins with: never a formula, a link or a number.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_LONGEST = 32_767
"""Characters that a cell can hold."""
_FANG = "仿宋_GB2312"


def xlsx_of(table: SummaryTable) -> bytes:
    """A workbook with one sheet, A4 across, its headings repeated on each printed page."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, _OPTIONS)
    book.set_properties({"title": table.title, "author": "Laurel 桂冠", "created": _ALWAYS})
    sheet = book.add_worksheet("汇总表")
    title = book.add_format({"font_name": "方正小标宋简体", "font_size": 20, "align": "center", "valign": "vcenter"})
    plain = book.add_format({"font_name": _FANG, "font_size": 12, "valign": "vcenter"})
    small = book.add_format({"font_name": _FANG, "font_size": 9, "valign": "vcenter"})
    right = book.add_format({"font_name": _FANG, "font_size": 12, "align": "right"})
    strong = book.add_format({"font_name": "黑体", "font_size": 13, "valign": "vcenter"})
    boxed = {"font_size": 12, "border": 1, "valign": "vcenter", "text_wrap": True}
    head = book.add_format({**boxed, "font_name": "黑体", "align": "center"})
    cell = book.add_format({**boxed, "font_name": _FANG})
    middle = book.add_format({**boxed, "font_name": _FANG, "align": "center"})

    wide = max(len(section.columns) for section in table.sections)
    last = wide + 1
    sheet.set_paper(9)
    sheet.set_margins(left=0.7, right=0.7, top=0.8, bottom=0.8)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第 &P 页　共 &N 页")
    sheet.set_column(0, 0, 7)
    sheet.set_column(1, wide, max(18, 60 // wide))
    sheet.set_column(last, last, 32)

    sheet.write_string(0, 0, safe(table.number), strong)
    sheet.set_row(1, 34)
    sheet.merge_range(1, 0, 1, last, "", title)
    sheet.write_string(1, 0, safe(f"{table.campaign}　{table.title}"), title)
    sheet.write_string(2, 0, safe(f"推荐单位：{table.unit}"), plain)
    sheet.write_string(2, last, f"生成时间：{table.made}", right)
    at = 4
    for section in table.sections:
        sheet.write_string(at, 0, safe(section.title), strong)
        at += 1
        columns = ("序号", *section.columns, *([""] * (wide - len(section.columns))), "申报编号（版本）")
        for column, label in enumerate(columns):
            sheet.write_string(at, column, safe(label), head)
        at += 1
        for number, (row, receipt) in enumerate(zip(section.rows, section.numbers, strict=True), 1):
            sheet.write_number(at, 0, number, middle)
            for column in range(wide):
                sheet.write_string(at, column + 1, safe(row[column]) if column < len(row) else "", cell)
            sheet.write_string(at, last, receipt, cell)
            at += 1
        at += 1
    # Contact data never leave the service that sends mail: these two are for the clerk's own hand.
    sheet.write_string(at, 0, "填表人：＿＿＿＿＿＿＿＿＿＿＿＿", plain)
    sheet.write_string(at, last, "联系电话：＿＿＿＿＿＿＿＿", plain)
    sheet.write_string(at + 1, 0, "填表人和联系电话由填表人手写；平台上的联系方式加密保存，不随表格导出。", small)
    sheet.write_string(at + 4, last, "推荐单位（公章）", right)
    sheet.write_string(at + 5, last, "年　　月　　日", right)
    book.close()
    return out.getvalue()


def safe(text: str) -> str:
    """A text that stays one when the table is saved as CSV and opened anew: never the beginning of a formula."""
    return inert(text)[:_LONGEST]
