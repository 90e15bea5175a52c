"""Pictures that differ as photographs do: light and dark patches of every size, made from a number."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def scene(seed: int, width: int = 1200, height: int = 900) -> Image.Image:
    """The same for the same number; coarse patches weigh most, as in photographs."""
    random = np.random.default_rng(seed)
    layers = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((3, 1.0), (6, 0.6), (12, 0.35), (40, 0.15), (160, 0.06)):
        grid = random.random((max(2, cells * height // width), cells, 3)).astype(np.float32)
        coarse = Image.fromarray((grid * 255).astype(np.uint8))
        layers += weight * np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), np.float32)
    layers -= layers.min()
    return Image.fromarray((layers / layers.max() * 255).astype(np.uint8))


def photo(picture: Image.Image, quality: int = 90, **options: object) -> bytes:
    """As a JPEG file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **options)
    return out.getvalue()
