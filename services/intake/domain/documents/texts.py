"""Texts as they can be printed: nothing invisible that Word, XML or a typesetter would stumble over."""

from __future__ import annotations

import re
import unicodedata

_DROPPED = re.compile(
    "["
    "\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # control characters: XML refuses most of them
    "\u00ad\u034f\u115f\u1160\u200b\u2028\u2029\u2060\u3164\uffa0\ufeff"  # nothing to be seen, such as Hangul fillers
    "\u202a-\u202e\u2066-\u2069"  # they would show what follows in another order than it was written
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "]"
)
MOST_LINES = 1000
"""Of one text: thirty pages of forms, forty-five of an article; 3000 字 in earnest take a hundred."""
_LAST_OF_PLANE = 0xFFFE
"""The last two of each plane are no characters."""
_RUN = 13
"""More characters than this without a place to break a line would not fit into a narrow cell."""
_PIECE = 8
_MOST_MARKS = 8
"""No language heaps more marks upon a letter."""
_BREAK = "\u200b"
_CARRIER = "\u200b\u25cc"
_WIDE = frozenset({"W", "F"})


def printable(text: str) -> str:
    """The text without what has no shape, with plain line ends and no white space around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = _DROPPED.sub("", lines.replace("\t", " "))
    return "".join(c for c in kept if not _is_noncharacter(c)).strip()


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(printable(text).split())


def in_paragraphs(text: str) -> str:
    """The text with at most MOST_LINES lines: what follows runs on in the last one, and nothing is lost.

    Each line is a paragraph to a typesetter, and costs it far more than the characters that stand in it.
    """
    lines = [line for line in printable(text).split("\n") if line.strip()]
    if len(lines) <= MOST_LINES:
        return printable(text)
    return "\n".join([*lines[: MOST_LINES - 1], "\u3000".join(lines[MOST_LINES - 1 :])])


def _is_noncharacter(character: str) -> bool:
    return ord(character) & _LAST_OF_PLANE == _LAST_OF_PLANE


def breakable(text: str) -> str:
    """The text with places to break in long runs (addresses, formulas, emoji) that typesetters would not break.

    Marks heaped upon one letter cost a typesetter time beyond all bounds: what no language writes goes on upon dotted
    circles, as Unicode shows marks that have no letter. For PDF alone: word processors do both by themselves.
    """
    out: list[str] = []
    run = marks = 0
    for character in text:
        if unicodedata.category(character).startswith("M"):
            marks += 1
            if marks > _MOST_MARKS:
                out.append(_CARRIER)
                marks = 1
        else:
            marks = 0
            if character.isspace() or unicodedata.east_asian_width(character) in _WIDE or not character.isprintable():
                run = 0
            else:
                run += 1
                if run > _RUN and run % _PIECE == 0:
                    out.append(_BREAK)
        out.append(character)
    return "".join(out)
