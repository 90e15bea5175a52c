"""Whether two thumbnails show the same picture, one of them perhaps with a few per cent of its margins cut off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.media.pictures.fingerprint import SIDE

_CUTS = (0.0, 0.025, 0.05, 0.075, 0.1)
"""What may have been cut off a margin, as a share of the picture's side."""
_ROUNDS = 2
_Grey = NDArray[np.floating[Any]]


def correlations(one: bytes, others: Sequence[tuple[bytes, bool]]) -> list[float]:
    """How alike, 1.0 being the same, for each of the others; True beside one: with its left and right exchanged."""
    own = _thumbnail(one)
    return [_correlation(own, _thumbnail(other)[:, :: -1 if mirrored else 1]) for other, mirrored in others]


def _thumbnail(raw: bytes) -> _Grey:
    pixels = np.frombuffer(raw, np.uint8).reshape(SIDE, SIDE).astype(np.float32)
    return _BLUR @ pixels @ _BLUR.T  # finer than this is noise, after a picture was scaled


def _correlation(one: _Grey, other: _Grey) -> float:
    return max(_best_window(one, other), _best_window(other, one))


def _best_window(larger: _Grey, cropped: _Grey) -> float:
    """How well the one fits its best window of the other: the best rows, then the best columns for these, and again."""
    wanted = _normal(cropped)
    across = np.eye(SIDE, dtype=np.float32)
    best = -1.0
    for _ in range(_ROUNDS):
        fits = (_normal(_WINDOWS @ (larger @ across.T)) * wanted).sum((-2, -1))
        down = _WINDOWS[int(fits.argmax())]
        fits = (_normal((down @ larger) @ _WINDOWS.transpose(0, 2, 1)) * wanted).sum((-2, -1))
        across = _WINDOWS[int(fits.argmax())]
        best = max(best, float(fits.max()))
    return best


def _normal(pictures: _Grey) -> _Grey:
    """Without their brightness and contrast."""
    around = pictures - pictures.mean((-2, -1), keepdims=True)
    normal: _Grey = around / (np.sqrt(np.square(around).sum((-2, -1), keepdims=True)) + np.float32(1e-6))
    return normal


def _stretched(begin: float, end: float) -> _Grey:
    """What makes a whole line of the part of one between these shares of its length."""
    centres = (begin + (np.arange(SIDE) + 0.5) / SIDE * (end - begin)) * SIDE - 0.5
    centres = np.clip(centres, 0, SIDE - 1)
    first = np.floor(centres).astype(int)
    share = (centres - first).astype(np.float32)
    line = np.zeros((SIDE, SIDE), np.float32)
    np.add.at(line, (np.arange(SIDE), first), 1 - share)
    np.add.at(line, (np.arange(SIDE), np.minimum(first + 1, SIDE - 1)), share)
    return line


def _blur() -> _Grey:
    weights = np.zeros((SIDE, SIDE), np.float32)
    for step, weight in ((-1, 0.25), (0, 0.5), (1, 0.25)):
        np.add.at(weights, (np.arange(SIDE), np.clip(np.arange(SIDE) + step, 0, SIDE - 1)), weight)
    return weights


_WINDOWS = np.array([_stretched(first, 1 - last) for first in _CUTS for last in _CUTS])
_BLUR = _blur()
