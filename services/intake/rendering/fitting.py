"""How large the boxes of a form may be in a word processor, which cannot be asked how much room is left.

Reckoned from the characters of its texts, a little on the safe side. The PDF measures instead (templates/form.typ).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from services.intake.domain.documents.lines import width
from services.intake.domain.documents.papers import Cell, Form

_SIZES = (12.0, 11.0, 10.5)
_PITCH = 1.3
"""Line to line, in sizes of the text; the template sets it exactly, since word processors differ otherwise."""
_MM, _TWIPS = 25.4 / 72, 1440 / 25.4
_PAGE = 257.0
"""Of an A4 page between its margins, mm, less what a word processor's own rounding takes."""
_OPENING, _NOTES = 47.0, 15.0
_WIDE = {1: 138.0, 2: 52.0, 3: 32.0}
"""Room for text in the cells of a row, by how many share it, mm."""
_BETWEEN = 1.4
"""From paragraph to paragraph, mm."""
_LEAST, _MOST = 31.0, 85.0
_SEAL = 17.0
"""What seal and date take at the foot of a box, mm."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`size` of texts in points; in twips `pitch` of their lines, and of each box (least height, room above seal)."""

    size: float
    pitch: int
    boxes: tuple[tuple[int, int], ...]


def fitted(form: Form) -> Fit:
    """Texts as large, and boxes as high, as one page allows; if it does not, as a page for the boxes alone does."""
    for size in _SIZES:
        texts = [_height(box.text, size, 1) for box in form.boxes]
        least = [max(_LEAST, text + _SEAL + 8) for text in texts]
        left = _PAGE - _OPENING - _NOTES - sum(_row(row, size) for row in form.rows) - sum(least)
        if left >= 0:
            return _fit(size, texts, _shared(least, left))
    texts = [_height(box.text, _SIZES[0], 1) for box in form.boxes]
    least = [max(_LEAST, text + _SEAL + 8) for text in texts]
    return _fit(_SIZES[0], texts, _shared(least, max(0.0, _PAGE - _NOTES - sum(least))))


def _fit(size: float, texts: Sequence[float], heights: Sequence[float]) -> Fit:
    gaps = [max(6.0, height - text - _SEAL) for text, height in zip(texts, heights, strict=True)]
    boxes = tuple((round(height * _TWIPS), round(gap * _TWIPS)) for height, gap in zip(heights, gaps, strict=True))
    return Fit(size, round(size * _PITCH * 20), boxes)


def _row(row: Sequence[Cell], size: float) -> float:
    labels = max(ceil(width(cell.label) / 6) for cell in row) * 5.5
    return max(labels, *(_height(cell.text, size, len(row)) for cell in row)) + 2.5


def _height(text: str, size: float, beside: int) -> float:
    """Of a text in a cell, mm."""
    room = _WIDE[beside] / (size * _MM)
    lines = sum(max(1, ceil((width(line) + 2 * (beside == 1)) / room)) for line in text.split("\n"))
    return lines * size * _MM * _PITCH + (text.count("\n") + 1) * _BETWEEN


def _shared(least: Sequence[float], left: float) -> list[float]:
    each = left / max(1, len(least))
    return [max(height, min(height + each, _MOST)) for height in least]
