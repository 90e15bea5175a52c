"""Texts that people type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.web.fields import one_line, storable


@given(st.text())
def test_what_is_storable_survives_as_utf8_without_nul(text: str) -> None:
    try:
        kept = storable(text)
    except ValueError:
        return
    assert "\x00" not in kept
    assert kept.encode().decode() == kept
    assert storable(kept) == kept


def test_ordinary_texts_are_kept_as_they_are() -> None:
    for text in ("", "图书馆", "一\n二\t三", "👨‍👩‍👧‍👦", "豈", "é", "e\u0301", "\u3000缩进"):
        assert storable(text) == text


@pytest.mark.parametrize(("text", "at"), [("\x00", 1), ("ab\x07", 3), ("a\ud800", 2), ("a\x85", 2)])
def test_a_character_that_cannot_be_kept_is_named_with_its_place(text: str, at: int) -> None:
    with pytest.raises(ValueError, match=f"第 {at} 个字符"):
        storable(text)


def test_a_line_has_no_breaks_and_reads_as_it_looks() -> None:
    assert one_line(" 某某\r\n图书馆 ") == "某某 图书馆"
    assert one_line("photo\u202egpj.exe") == "photogpj.exe"
    for nothing in ("", " \n", "\u202e", "\u3000"):
        with pytest.raises(ValueError, match="不能为空"):
            one_line(nothing)
