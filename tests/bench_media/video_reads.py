"""What a verdict on a video reads of it, in how many requests, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.bench.figures import Figure
from tests.bench_media import samples
from tests.bench_media.stage import Stage
from tests.bench_media.verdicts import told
from tests.media_corpus import videos

BYTES_BAR, REQUESTS_BAR = 0.25, 6
_MEGABYTES_100 = 100_000_000


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    figures = of(stage, small_ones() if short else kinds())
    if not short:
        count = 16
        rate = stage.rate([samples.one_video_of_its_own(samples.ten_megabytes()) for _ in range(count)], "video")
        figures.append(Figure("video-verdicts", round(rate, 2), "1/s", "", {"videos": count, "megabytes": 10}))
    return figures


def of(stage: Stage, makers: dict[str, Callable[[], bytes]]) -> list[Figure]:
    """Of each of these videos; the bars are for those of 100 MB and for all."""
    _ = stage.worker
    detail: dict[str, dict[str, Any]] = {}
    for name, make in makers.items():
        content = samples.one_video_of_its_own(make())
        (material,) = stage.send([content], "video")
        row = stage.rig.verdict(material, seconds=120)
        assert row["state"] != "rejected", row["findings"]
        line = told(stage.worker, str(material))
        stage.rendered([material])
        detail[name] = {
            "bytes": len(content),
            "read_bytes": line["read_bytes"],
            "percent": round(100 * line["read_bytes"] / len(content), 4),
            "requests": line["requests"],
            "seconds": line["seconds"],
        }
    stage.leave_inspections()
    for name, one in detail.items():
        print(f"  {name}: {one}")
    large = [one["percent"] for one in detail.values() if one["bytes"] >= _MEGABYTES_100]
    return [
        Figure("video-bytes", max(large), "%", f"≤ {BYTES_BAR}", detail),
        Figure("video-requests", max(one["requests"] for one in detail.values()), "requests", f"≤ {REQUESTS_BAR}"),
    ]


def large_ones() -> dict[str, Callable[[], bytes]]:
    """Three minutes in 100 MB; the copy in storage counts among the requests."""
    last = samples.three_minutes
    return {
        "100 MB, index last": lambda: samples.padded(last(), _MEGABYTES_100),
        "100 MB, index first": lambda: samples.padded(videos.index_first(last()), _MEGABYTES_100),
    }


def small_ones() -> dict[str, Callable[[], bytes]]:
    """As many bytes, but seconds of pictures, which are made in a moment."""
    return {
        "100 MB, index last": lambda: videos.grown(videos.made(), _MEGABYTES_100),
        "100 MB, index first": lambda: samples.padded(videos.index_first(videos.made()), _MEGABYTES_100),
    }


def kinds() -> dict[str, Callable[[], bytes]]:
    return {
        **large_ones(),
        "10 MB, index last": samples.ten_megabytes,
        "10 MB, index first": lambda: videos.index_first(samples.ten_megabytes()),
        "200 MB, index last": lambda: videos.grown(samples.three_minutes(), 2 * _MEGABYTES_100),
        "HEVC of a telephone, half a minute of 1080 lines, index last": lambda: samples.telephone(30),
        "HEVC of a telephone, index first": lambda: videos.index_first(samples.telephone(30)),
    }
