"""What pages say about documents before and after they are sent."""

from __future__ import annotations

import pytest

from services.intake.pages.uploads.rows import _in_words
from tests.media_corpus.case import document_rule


@pytest.mark.parametrize(
    ("least", "most", "zh", "en"),
    [
        (None, 4, "不超过 4 页", "at most 4 pages"),
        (2, None, "至少 2 页", "at least 2 pages"),
        (2, 2, "2 页", "2 pages"),
        (1, 3, "1 至 3 页", "1 to 3 pages"),
    ],
)
def test_number_of_pages_is_told_with_the_rule(least: int | None, most: int | None, zh: str, en: str) -> None:
    told_zh, told_en = _in_words(document_rule(min_pages=least, max_pages=most, formats=("PDF", "JPEG")))

    assert f"；{zh}" in told_zh
    assert f"; {en}" in told_en
    assert told_zh.startswith("PDF、JPG 格式")


def test_nothing_is_told_of_pages_where_nothing_is_asked() -> None:
    assert "页" not in _in_words(document_rule())[0]
