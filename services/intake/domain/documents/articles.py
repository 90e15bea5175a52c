"""An article's plain text as an official document (GB/T 9704—2012): which lines are headings of which level."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from services.intake.domain.documents.papers import Block
from services.intake.domain.documents.texts import printable

_NUMERAL = "一二三四五六七八九十百零〇"
_LEVELS = (
    (1, re.compile(rf"[{_NUMERAL}]{{1,5}}、")),
    (2, re.compile(rf"[（(][{_NUMERAL}]{{1,5}}[）)]")),
    (3, re.compile(r"[0-9０-９]{1,2}\s?[.．、](?![0-9０-９])")),
    (4, re.compile(r"[（(][0-9０-９]{1,2}[）)]")),
)
_SENTENCE_END = re.compile(r"[。！？；：:]")
_MAX_HEADING = 40
"""A longer line that begins with a numeral is a paragraph whose first sentence alone is the heading."""
_DIGITS = "零一二三四五六七八九"


def blocks_of(text: str) -> tuple[Block, ...]:
    """Each line that is not blank as a paragraph or a heading; indents typed by hand are left out."""
    lines = (line.strip(" \u3000\u00a0") for line in printable(text).split("\n"))
    return tuple(_block(line) for line in lines if line)


def _block(line: str) -> Block:
    for level, mark in _LEVELS:
        found = mark.match(line)
        if found is None or found.end() == len(line):
            continue
        if level > 2:  # noqa: PLR2004 - the third and fourth levels are set like the body
            return Block(level, "", line)
        end = _SENTENCE_END.search(line, found.end())
        if end is None:
            return Block(level, line) if len(line) <= _MAX_HEADING else Block(0, "", line)
        head, rest = line[: end.end()], line[end.end() :]
        if not rest:
            return Block(level, line)
        return Block(level, head, rest) if len(head) <= _MAX_HEADING else Block(0, "", line)
    return Block(0, "", line)


def sections_of(parts: Sequence[tuple[str, str]]) -> tuple[Block, ...]:
    """Several (label, text) as one article: each label a numbered heading of the first level."""
    return tuple(_numbered([(label, text) for label, text in parts if printable(text)]))


def _numbered(parts: Sequence[tuple[str, str]]) -> Iterator[Block]:
    for number, (label, text) in enumerate(parts, 1):
        yield Block(1, f"{numeral(number)}、{label}")
        for block in blocks_of(text):
            # What the unit itself has numbered 一、 stands below our heading.
            yield Block(2, block.head, block.text) if block.level == 1 else block


def numeral(number: int) -> str:
    """1 to 99 in Chinese: 一, 十, 十二, 二十三."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones else "")
