"""Cells that leave and come back: nothing is a formula, and nothing is changed on the way."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.web.cells import inert, restored
from infra.web.sheets import csv_of, xlsx_of

BEGIN = ["=", "+", "-", "@", "|", "\t", "\r", "＝", "＋", "－", "＠", "｜", "﹦", "﹢", "﹣", "﹫", "−"]


@pytest.mark.parametrize("sign", BEGIN)
@pytest.mark.parametrize("before", ["", " ", "\n", "\u3000", "\ufeff", "\u200b", "\x01", "'"])
def test_what_may_begin_a_formula_begins_none(sign: str, before: str) -> None:
    text = f"{before}{sign}1+1"

    assert inert(text) == f"'{text}"
    assert restored(inert(text)) == text


@pytest.mark.parametrize("text", ["", "某馆", "a=b", "2026-08-31", "'引号'", "—— 无", "·", "1+1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert inert(text) == text == restored(text)


@given(st.text(alphabet=["'", " ", "\t", "=", "＝", "a", "馆"], max_size=8) | st.text(max_size=20))
def test_what_leaves_comes_back_as_it_was(text: str) -> None:
    assert restored(inert(text)) == text


def test_headings_and_cells_of_both_kinds_of_file_are_texts() -> None:
    header, rows = ["=1+1", "＝1+1", "单位"], [["＠SUM(A1)", "\t=1", "－某馆"]]
    expected = [["'=1+1", "'＝1+1", "单位"], ["'＠SUM(A1)", "'\t=1", "'－某馆"]]

    sheet = openpyxl.load_workbook(BytesIO(xlsx_of("表", header, rows))).active
    assert sheet is not None
    cells = [list(row) for row in sheet.iter_rows()]
    plain = list(csv.reader(StringIO(csv_of(header, rows).decode("utf-8-sig"), newline="")))

    assert [[cell.value for cell in row] for row in cells] == expected
    assert {cell.data_type for row in cells for cell in row} == {"s"}
    assert plain == expected
