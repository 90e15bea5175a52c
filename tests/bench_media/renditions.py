"""Renditions against pyvips: the same four pictures and placeholder of the same bytes, in turn, one thread each."""

from __future__ import annotations

import base64
import os
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from contracts.storage import LARGE, SMALL
from services.media.pictures import render_photo
from services.media.source import FileSource
from tests.bench.figures import Figure
from tests.bench_media import samples
from tests.bench_media.stage import Stage

RATIO_BAR = 1.0
_MILLI = 1000


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    vips = _Vips()
    number = 5 if short else 25
    detail: dict[str, Any] = {"pictures": number, "pyvips": vips.version}
    ratios = []
    for kind in samples.KINDS:
        path = stage.folder / f"{kind}.jpg"
        path.write_bytes(samples.photo(12, kind))
        content = path.read_bytes()
        ours, theirs = _in_turn(partial(render_photo, FileSource(path)), partial(vips.render, content), number)
        ratios.append(ours / theirs)
        detail[kind] = {
            "ours_ms": round(_MILLI * ours, 1),
            "pyvips_ms": round(_MILLI * theirs, 1),
            "ours_bytes": [len(picture.content) for picture in render_photo(FileSource(path)).pictures],
            "pyvips_bytes": [len(one) for one in vips.render(content)[:-1]],
        }
    return [Figure("renditions-vs-pyvips", round(max(ratios), 3), "×", f"≤ {RATIO_BAR}", detail)]


def _in_turn(one: Callable[[], object], other: Callable[[], object], number: int) -> tuple[float, float]:
    """Medians, seconds of processor time, which other load on the machine does not add to."""
    taken: tuple[list[float], list[float]] = ([], [])
    one()
    other()
    for _ in range(number):
        for work, times in zip((one, other), taken, strict=True):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
    return statistics.median(taken[0]), statistics.median(taken[1])


class _Vips:
    """libvips, set to one thread like a child of the pool; it reads the setting when it is loaded."""

    def __init__(self) -> None:
        os.environ["VIPS_CONCURRENCY"] = "1"
        import pyvips

        pyvips.cache_set_max(0)  # or it would remember the answer
        self._vips = pyvips
        self.version = ".".join(str(pyvips.version(part)) for part in range(3))

    def render(self, content: bytes) -> list[bytes]:
        """Decoded no larger than needed, upright, each size of the one before, as media does it.

        Converting to sRGB is not asked for: these photos are, and libvips would take half a second over it.
        """
        image = self._vips.Image
        large = image.thumbnail_buffer(content, LARGE, height=LARGE, size="down").copy_memory()
        small = large.thumbnail_image(SMALL, height=SMALL, size="down").copy_memory()
        blurred = small.thumbnail_image(16, height=16, size="down")
        made = []
        for picture in (large, small):
            made.append(picture.jpegsave_buffer(Q=82, optimize_coding=True, keep="none"))
            made.append(picture.webpsave_buffer(Q=78, effort=0, keep="none"))
        return [*made, base64.b64encode(blurred.webpsave_buffer(Q=20, effort=4, keep="none"))]
