"""What waits for what: hostile documents and large videos to their verdict beside load, verdicts beside transcoding.

The load: a telephone's video, which the worker's slower queue codes anew, photos in the third lane, and as many
processes that do nothing but decode as there are cores.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

from tests.bench.figures import Figure
from tests.bench_media import bare, samples
from tests.bench_media.stage import Stage
from tests.integration.media.rig import eventually
from tests.media_corpus import papers, videos

VERDICT_BAR = 5.0
BESIDE_BAR = 2.0
"""Times what a verdict takes when nothing is coded anew; on two cores or more that is the other's core."""
_BATCH = 4
_HUNDRED_MEGABYTES = 100_000_000


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    _ = stage.worker
    alone = _photo_seconds(stage, 4 if short else 12)
    video = samples.telephone(12, lines=720) if short else samples.telephone()
    began = time.monotonic()
    event = stage.rig.uploaded(stage.rig.put(samples.one_video_of_its_own(video)), "video")
    told_of = time.time()
    (coded,) = stage.tell([event])
    large = {"three minutes of 1080 lines": round(stage.judged([coded])[0] - told_of, 2)}
    eventually(lambda: stage.worker.metric("laurel_media_aside_busy") == 1.0, seconds=60, what="a video is coded anew")
    beside = _photo_seconds(stage, 4 if short else 12)
    still = stage.worker.metric("laurel_media_aside_busy") == 1.0
    documents = _beside_load(stage, "proof", hostile_documents())
    large |= _beside_load(stage, "video", {} if short else large_videos())
    (outcome,) = eventually(lambda: _inspected(stage, coded), seconds=600, what="the copy that plays", every=0.5)
    stage.leave_inspections()
    slowest = max(documents.values())
    figures = [
        Figure("hostile-document-seconds", slowest, "s", f"≤ {VERDICT_BAR:g}", documents),
        Figure(
            "verdict-beside-transcoding",
            round(beside / alone, 3),
            "×",
            f"≤ {BESIDE_BAR:g}" if still else "",
            {"alone_s": round(alone, 4), "beside_s": round(beside, 4), "coding_went_on": still},
        ),
        Figure(
            "transcoding-seconds",
            round(float(outcome["seconds"]), 1),
            "s",
            "",
            {"video": f"HEVC, {len(video)} bytes", "outcome": outcome["outcome"], "with_all_beside_s": _since(began)},
        ),
    ]
    if not short:
        figures.append(Figure("large-video-seconds", max(large.values()), "s", f"≤ {VERDICT_BAR:g}", large))
    return figures


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)


def hostile_documents() -> dict[str, Callable[[], bytes]]:
    """Made to hold up whoever looks at them."""
    nested = b"[" * 400_000 + b"]" * 400_000
    return {
        "arrays 400 000 deep": lambda: papers.paper(more=lambda draft: {} if draft.add(nested) else None),
        "drawings that double 40 times": papers.doubling,
        "1.5 GB out of an object stream": partial(papers.packed_objects, 1_500_000_000),
        "400 MB packed twice": lambda: papers.paper(more=_packed_twice),
        "10 000 pages": partial(papers.paper, pages=10_000),
        "100 pages to draw, each as long as allowed": _slow_pages,
    }


def _packed_twice(draft: papers.Draft) -> dict[str, bytes]:
    draft.stream(papers.deflated(400_000_000, 2), b"/Filter[/FlateDecode/FlateDecode]")
    return {}


def _slow_pages() -> bytes:
    """Each page draws the same many shapes, one over the other."""
    return papers.paper(pages=100, content=b"9 9 577 824 re f " * 60_000)


def large_videos() -> dict[str, Callable[[], bytes]]:
    return {
        "200 MB": lambda: videos.grown(samples.three_minutes(), 2 * _HUNDRED_MEGABYTES),
        "200 MB, index first": lambda: samples.padded(
            videos.index_first(samples.three_minutes()), 2 * _HUNDRED_MEGABYTES
        ),
    }


def _photo_seconds(stage: Stage, number: int) -> float:
    """Median from just before a photo of 12 megapixels is told of to its committed verdict."""
    taken = []
    for _ in range(number):
        event = stage.rig.uploaded(stage.rig.put(samples.one_of_its_own(samples.photo(12))))
        began = time.time()
        materials = stage.tell([event])
        taken.append(stage.judged(materials)[0] - began)
        stage.rendered(materials)
    return statistics.median(taken)


def _beside_load(stage: Stage, kind: str, makers: dict[str, Callable[[], bytes]]) -> dict[str, float]:
    """Seconds from just before a file is told of to its committed verdict, while a batch is worked off."""
    taken: dict[str, float] = {}
    for name, make in makers.items():
        event = stage.rig.uploaded(stage.rig.put(make()), kind)
        with _batch(stage), bare.busy(samples.photo(12), len(os.sched_getaffinity(0))):
            began = time.time()
            materials = stage.tell([event])
            (committed,) = stage.judged(materials)
        taken[name] = round(committed - began, 2)
        found = stage.rig.verdict(event.material_id)
        slugs = ", ".join(finding["slug"] for finding in found["findings"])
        print(f"  {name}: {found['state']} after {taken[name]} s {slugs}")
    return taken


@contextmanager
def _batch(stage: Stage) -> Iterator[None]:
    """Another unit's photos, in the last lane; the rest of them is waited for afterwards."""
    batch = stage.send([samples.one_of_its_own(samples.photo(12, "progressive")) for _ in range(_BATCH)], lane="third")
    eventually(lambda: stage.rig.material(batch[0]) is not None, what="the batch is being worked off")
    yield
    stage.judged(batch)
    stage.rendered(batch)


def _inspected(stage: Stage, material: UUID) -> list[dict[str, Any]]:
    return stage.rig.rows("SELECT outcome, seconds FROM inspections WHERE material_id = %s", material)
