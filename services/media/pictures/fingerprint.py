"""What a picture looks like, in 64 bits: which way its coarse waves of light go (a discrete cosine transform's signs).

Compressing, scaling, tinting a picture leaves these signs as they are. Cropping shifts the waves, so they are taken of
some windows of it, too: what was cropped from another picture is like one of the windows of that (docs/adr).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 32
"""Of the grey thumbnail that is kept, and that two pictures are compared by."""
_TRIM, _CORNER = 0.04, 0.06
_WINDOWS = (
    (0.0, 0.0, 0.0, 0.0),
    (_TRIM, _TRIM, _TRIM, _TRIM),
    (_CORNER, _CORNER, 0.0, 0.0),
    (0.0, _CORNER, _CORNER, 0.0),
    (_CORNER, 0.0, 0.0, _CORNER),
    (0.0, 0.0, _CORNER, _CORNER),
)
"""Left, top, right, bottom: what is left out of each. By the first two a picture is found; by all of them it seeks."""
_LEAST_CONTRAST = 6.0
"""Standard deviation of the thumbnail, of 256. A sheet of paper or a black frame has less: it is like all its kind."""
_LEAST_DETAIL = 0.02
"""Share of the contrast that is finer than a plain shading from one side to the other."""

_Grey = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """`hashes`: of the windows, the whole picture's first. `telling`: whether they say which picture it is."""

    hashes: tuple[int, ...]
    thumbnail: bytes
    telling: bool


def fingerprint(picture: Image.Image) -> Fingerprint:
    """Of an upright RGB picture in sRGB."""
    light = picture.convert("L")
    waves = [_WAVES @ _grey(light, window) @ _WAVES.T for window in _WINDOWS]
    thumbnail = np.rint(_grey(light, _WINDOWS[0])).astype(np.uint8)
    return Fingerprint(tuple(_signs(each) for each in waves), thumbnail.tobytes(), _tells(waves[0]))


def _grey(light: Image.Image, window: tuple[float, float, float, float]) -> _Grey:
    width, height = light.size
    left, top, right, bottom = window
    box = (width * left, height * top, width * (1 - right), height * (1 - bottom))
    return np.asarray(light.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box), np.float32)


def _cosines() -> _Grey:
    """The orthonormal transform: one row for each number of half waves."""
    at = np.arange(SIDE)
    rows = np.cos(np.pi * (2 * at[None, :] + 1) * at[:, None] / (2 * SIDE)) * np.sqrt(2 / SIDE)
    rows[0] /= np.sqrt(2)
    transform: _Grey = rows.astype(np.float32)
    return transform


_WAVES = _cosines()
_COARSEST = sorted(
    ((down, across) for down in range(10) for across in range(10) if down or across),
    key=lambda wave: (wave[0] ** 2 + wave[1] ** 2, max(wave), wave),
)[:64]
_DOWN, _ACROSS = np.array(_COARSEST).T
MIRRORED = sum(1 << bit for bit, (_, across) in enumerate(_COARSEST) if across % 2)
"""The signs that turn round where left and right are exchanged."""


def _signs(waves: _Grey) -> int:
    return sum(1 << bit for bit, up in enumerate(waves[_DOWN, _ACROSS] > 0) if up)


def _tells(waves: _Grey) -> bool:
    power = np.square(waves, dtype=np.float64)
    power[0, 0] = 0.0
    contrast = float(power.sum())
    detail = contrast - float(power[:2, :2].sum())
    return contrast > (_LEAST_CONTRAST * SIDE) ** 2 and detail > _LEAST_DETAIL * contrast
