"""Labels and titles in lines: words whole, lines of about one length, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.documents.lines import in_lines, width


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("单位申报意见", ("单位申报意见",)),
        ("委员馆推荐意见", ("委员馆", "推荐意见")),
        ("联盟工作委员会审定意见", ("联盟工作", "委员会", "审定意见")),
        ("推荐单位意见及公章", ("推荐单位", "意见及公章")),
        ("获得的荣誉、奖项或在社会上的影响", ("获得的荣誉、", "奖项或在", "社会上的影响")),
        ("从事本项工作时间", ("从事本项", "工作时间")),
        ("Name of library", ("Name of", "library")),
    ],
)
def test_labels_break_between_words(label: str, lines: tuple[str, ...]) -> None:
    assert in_lines(label, 6, 7) == lines


def test_a_long_title_breaks_where_it_is_read_into_lines_of_about_one_length() -> None:
    lines = in_lines("山区流动图书馆服务体系建设的实践与思考——以某县为例", 19)

    assert lines == ("山区流动图书馆服务体系建设的", "实践与思考——以某县为例")


def test_no_line_begins_with_a_closing_mark_or_tears_a_word_or_an_emoji() -> None:
    lines = in_lines("《读书》，（图书馆）2024年度👨\u200d👩\u200d👧e\u0301cole阅读，推广", 6)

    assert not any(line[0] in "》），\u200d\u0301" or line[-1] in "《（\u200d" for line in lines)
    assert any("2024" in line for line in lines)
    assert any("e\u0301cole" in line for line in lines)


def test_what_cannot_be_divided_is_left_to_its_setter() -> None:
    assert in_lines("x" * 50, 19) == ("x" * 50,)
    assert in_lines("字" * 300, 19) == ("字" * 300,)


@given(st.text("图书馆的、（）—ab1 \u0301", max_size=60), st.integers(3, 20))
def test_lines_are_narrow_enough_and_lose_nothing(text: str, most: int) -> None:
    lines = in_lines(text, most)

    assert "".join("".join(lines).split()) == "".join(text.split())
    if len(lines) > 1:
        assert all(width(line) <= most for line in lines)
