"""What two versions of a text differ in: sentences beside each other first, then the characters of those alike.

Chinese has no spaces to part words by, and a difference by line would show whole paragraphs. Laying sentences side by
side keeps what is shown readable, and the work bounded: it grows with the number of sentences that changed, squared,
and beyond a limit what lies between the first and the last change is shown as replaced in one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

_SENTENCE = re.compile(r"[^。！？；!?;\n]*(?:[。！？；!?;]+[”’」』）)]*|\n+|$)")
# A word or a number in Latin letters is one, and so is a character with all its marks, selectors and joined parts.
_TOKEN = re.compile(
    "[A-Za-z0-9]+|.(?:\u200d.|[\u0300-\u036f\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0100-\U000e01ef])*", re.DOTALL
)
_MOST_CHARACTERS = 60_000
_MOST_PAIRS = 160_000
_MOST_OF_A_PAIR = 40_000
_MOST_OF_ALL = 600_000
_ALIKE = 0.4
_ISLAND = 2
"""Fewer characters than this that stayed between two changes are shown as changed: nobody reads confetti."""


class Kind(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All pieces in their order: those that stayed and went are the old text, those that stayed and came the new one.

    `is_coarse`: too much was changed to be laid side by side, and some of it is shown as replaced in one piece.
    """

    pieces: tuple[Piece, ...]
    is_coarse: bool = False

    def of(self, kind: Kind) -> str:
        """All that went, or all that came."""
        return "".join(piece.text for piece in self.pieces if piece.kind is kind)


def difference(old: str, new: str) -> Difference:
    """What has to be taken out of the old text, and what put in, to make the new one."""
    head, tail = _ends(old, new)
    work = _Work()
    middle = work.between(old[head : len(old) - tail], new[head : len(new) - tail])
    pieces = [Piece(Kind.SAME, old[:head]), *middle, Piece(Kind.SAME, old[len(old) - tail :])]
    return Difference(tuple(_joined(pieces)), work.is_coarse)


def _ends(old: str, new: str) -> tuple[int, int]:
    """How much both have in common at the beginning and at the end: whole sentences, so that no character is cut."""
    head = _in_common(old, new)
    if head < max(len(old), len(new)):
        head = max((match.end() for match in re.finditer(r"[。！？；!?;\n]", old[:head])), default=0)
    most = min(len(old), len(new)) - head
    tail = _in_common(old[len(old) - most :][::-1], new[len(new) - most :][::-1])
    ends = re.search(r"[。！？；!?;\n]", old[len(old) - tail :])
    return head, tail - ends.end() if ends else 0


class _Work:
    """One comparison, with what may still be spent on it."""

    def __init__(self) -> None:
        self.is_coarse = False
        self._left = _MOST_OF_ALL

    def between(self, old: str, new: str) -> Iterable[Piece]:
        if not old or not new:
            return _replaced(old, new)
        if len(old) + len(new) > _MOST_CHARACTERS:
            return self._whole(old, new)
        before, after = _SENTENCE.findall(old), _SENTENCE.findall(new)
        if len(before) * len(after) > _MOST_PAIRS:
            return self._whole(old, new)
        return [piece for pair in _beside(before, after) for piece in self._pair(*pair)]

    def _whole(self, old: str, new: str) -> Iterable[Piece]:
        self.is_coarse = True
        return _replaced(old, new)

    def _pair(self, old: str, new: str) -> Iterable[Piece]:
        """Two sentences that are much alike, by characters."""
        if old == new or not old or not new:
            return [Piece(Kind.SAME, old)] if old == new else _replaced(old, new)
        before, after = _TOKEN.findall(old), _TOKEN.findall(new)
        head = _in_common(before, after)
        tail = _in_common(before[head:][::-1], after[head:][::-1])
        changed_from, changed_to = before[head : len(before) - tail], after[head : len(after) - tail]
        size = len(changed_from) * len(changed_to)
        if size > min(_MOST_OF_A_PAIR, self._left):
            middle = self._whole("".join(changed_from), "".join(changed_to))
        else:
            self._left -= size
            middle = _by_characters(changed_from, changed_to)
        return [
            Piece(Kind.SAME, "".join(before[:head])),
            *middle,
            Piece(Kind.SAME, "".join(before[len(before) - tail :])),
        ]


def _in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many both begin with."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _by_characters(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    gone: list[str] = []
    new: list[str] = []
    for what, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal" and b - a >= _ISLAND:
            yield from _replaced("".join(gone), "".join(new))
            yield Piece(Kind.SAME, "".join(before[a:b]))
            gone, new = [], []
        else:
            gone += before[a:b]
            new += after[c:d]
    yield from _replaced("".join(gone), "".join(new))


def _replaced(old: str, new: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in ((Kind.GONE, old), (Kind.NEW, new)) if text]


def _beside(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, str]]:
    """Sentences in pairs, in order, so that they are as much alike as can be; "" stands beside one that has no like."""
    pairs_before, pairs_after = [_twos(one) for one in before], [_twos(one) for one in after]
    width = len(after) + 1
    best = [[0.0] * width for _ in range(len(before) + 1)]
    likeness: dict[tuple[int, int], float] = {}
    for i in range(len(before) - 1, -1, -1):
        row, below = best[i], best[i + 1]
        for j in range(len(after) - 1, -1, -1):
            alike = 1.0 if before[i] == after[j] else _likeness(pairs_before[i], pairs_after[j])
            value = max(below[j], row[j + 1])
            if alike >= _ALIKE and alike + below[j + 1] >= value:
                likeness[i, j] = alike
                value = alike + below[j + 1]
            row[j] = value
    return list(_walk(before, after, best, likeness))


def _walk(
    before: Sequence[str], after: Sequence[str], best: Sequence[Sequence[float]], likeness: dict[tuple[int, int], float]
) -> Iterator[tuple[str, str]]:
    i = j = 0
    while i < len(before) and j < len(after):
        if (i, j) in likeness:
            yield before[i], after[j]
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            yield before[i], ""
            i += 1
        else:
            yield "", after[j]
            j += 1
    yield from ((one, "") for one in before[i:])
    yield from (("", one) for one in after[j:])


def _twos(sentence: str) -> frozenset[str]:
    """Each two characters that stand together: what makes sentences alike, whatever their length."""
    return frozenset(map("".join, pairwise(sentence))) or frozenset((sentence,))


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """From 0, nothing in common, to 1 (Dice)."""
    if 2 * min(len(one), len(other)) < _ALIKE * (len(one) + len(other)):
        return 0.0  # too different in length to be alike
    return 2 * len(one & other) / (len(one) + len(other))


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Runs in one piece each; between two that stayed, first all that went, then all that came."""
    texts = {Kind.GONE: "", Kind.NEW: ""}
    same = ""
    for piece in pieces:
        if piece.kind is not Kind.SAME:
            if same:
                yield Piece(Kind.SAME, same)
                same = ""
            texts[piece.kind] += piece.text
        elif piece.text:
            yield from _replaced(texts[Kind.GONE], texts[Kind.NEW])
            texts = {Kind.GONE: "", Kind.NEW: ""}
            same += piece.text
    if same:
        yield Piece(Kind.SAME, same)
    yield from _replaced(texts[Kind.GONE], texts[Kind.NEW])


@dataclass(frozen=True, slots=True)
class Folded:
    """A long run that stayed: its beginning, how many characters are left out, its end."""

    head: str
    left_out: int
    tail: str


def folded(pieces: Sequence[Piece], around: int) -> list[Piece | Folded]:
    """Pieces for reading: of what stayed, so many characters before and after each change."""
    shown: list[Piece | Folded] = []
    for at, piece in enumerate(pieces):
        head = around if at else 0
        tail = around if at < len(pieces) - 1 else 0
        left_out = len(piece.text) - head - tail
        if piece.kind is Kind.SAME and left_out > around:
            shown.append(Folded(piece.text[:head], left_out, piece.text[len(piece.text) - tail :]))
        else:
            shown.append(piece)
    return shown
