"""Texts of entries, set from hand-written subjects and passages (texts/*.yaml); no two articles are alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from contracts.counting import count_zi

_FOLDER = Path(__file__).parent / "texts"
_NUMERALS = "一二三四五六七八九十"
ARTICLE_LIMIT = 3000
SUMMARY_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of one entry."""

    title: str
    subtitle: str
    article: str
    summary: str
    honours: str
    process: str
    library: str


@cache
def _words(name: str) -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return words


def subjects(category: str) -> int:
    """How many different entries a category can have."""
    return len(_words(category)["subjects"])


def compose(category: str, number: int, rng: Random, zi: int) -> Texts:
    """The texts of a category's entry `number`, its article just over `zi` 字 long."""
    words, general = _words(category), _words("general")
    subject = words["subjects"][number % len(words["subjects"])]

    def fill(passage: str) -> str:
        # New figures for every passage: one that two entries share still says different things in each.
        return passage.format(
            library=subject["library"],
            place=subject["place"],
            person=subject["person"],
            they="她" if subject.get("woman") else "他",
            parent="妈妈" if subject.get("woman") else "爸爸",
            year=rng.randint(3, 19),
            days=rng.randint(21, 96),
            books=rng.randint(12, 260),
            visits=rng.randint(300, 9800),
        )

    own = rng.sample(words["passages"], len(words["passages"]))
    shared = rng.sample(general["passages"], len(general["passages"]))
    paragraphs = [fill(subject["lead"])]
    length = count_zi(paragraphs[0])
    while length < zi and (own or shared):
        # Of three passages two speak of the category itself, while they last.
        passage = fill(own.pop() if own and (len(paragraphs) % 3 or not shared) else (shared or own).pop())
        paragraphs.append(passage)
        length += count_zi(passage)
    return Texts(
        title=subject["title"],
        subtitle=subject["subtitle"],
        article=_with_headings(paragraphs, words["heads"]),
        summary=subject["summary"],
        honours=fill(rng.choice(general["honours"])),
        process=fill(rng.choice(general["processes"])),
        library=subject["library"],
    )


def _with_headings(paragraphs: list[str], heads: list[str]) -> str:
    """The paragraphs under first-level headings, numbered as official documents number them."""
    parts = min(len(heads), max(1, len(paragraphs) // 3))
    lines: list[str] = []
    for part in range(parts):
        lines.append(f"{_NUMERALS[part]}、{heads[part]}")
        lines += paragraphs[part * len(paragraphs) // parts : (part + 1) * len(paragraphs) // parts]
    return "\n".join(lines)


def to_exactly(text: str, zi: int) -> str:
    """`text` cut, or repeated and cut, to exactly `zi` 字, with a full stop at its end."""
    while count_zi(text) < zi:
        text += "\n" + text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if count_zi(text[:middle]) <= zi - 1:
            low = middle
        else:
            high = middle - 1
    cut = text[:low].rstrip()
    # The cut may have ended on a mark that joins the run before it; full-width words settle the count.
    return cut + "事" * (zi - 1 - count_zi(cut)) + "。"
