"""The spine's rows: cold start, submit to queue, upload to verdict on an idle stack, saves against their floor."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import saves
from tests.bench.cold import first_page
from tests.bench.figures import Figure, percentile, spread
from tests.demo.idle import submit_to_queue, upload_to_verdict
from tests.demo.inputs import Scale, make_inputs
from tests.demo.measure import Before, media_bytes
from tests.demo.office import Office
from tests.demo.play import open_campaign
from tests.demo.stack import ROOT, started
from tests.demo.stores import metrics_of
from tests.demo.units import Desk

COLD_START_BAR = 15
SUBMIT_BAR, VERDICT_BAR = 0.5, 1.0

IDLE = Scale(
    name="bench",
    units=(
        *("bjwhj", "tjwhj", "hebwh", "sxwh", "nmgwh", "lnwh", "jlwh"),
        *("hljwh", "shwhj", "jswh", "zjwh", "ahwh", "fjwh", "jxwh"),
    ),
    silent_unit="sdwh",
    fewest_photos=1,
    most_photos=1,
    megapixels=12,
    video_every=1000,
    longest_video=6,
    photo_bytes=(2_000_000, 2_080_000),
)
"""42 entries with one photo of about 2 MB each."""


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """The rows of the spine, on a stack of their own that starts cold."""
    var = ROOT / "var" / "bench" / "stack"
    with _cold(var) as (state, page, all_of_it):
        told = {"var": "empty folder", "all_ready_s": round(all_of_it, 2)}
        figures = [Figure("cold-start", round(page, 2), "s", f"≤ {COLD_START_BAR}", told)]
        before = Before.of(state)
        figures += asyncio.run(_measure(state, samples=12 if short else 42, saves_each=80 if short else 300))
        passed = media_bytes(metrics_of(state["processes"], "api")) - before.media_bytes
        figures.append(Figure("api-bytes", passed, "bytes", "= 0"))
    return [figure.row() for figure in figures]


@contextmanager
def _cold(var: Path) -> Iterator[tuple[dict[str, Any], float, float]]:
    """A stack in an emptied folder, and the seconds until its first page, and until everything, was there."""
    shutil.rmtree(var, ignore_errors=True)
    with first_page(var) as seen, started(var) as (state, all_of_it):
        yield state, seen(), all_of_it


async def _measure(state: dict[str, Any], samples: int, saves_each: int) -> list[Figure]:
    """A campaign of its own; first one thing at a time on an idle stack, then saves under load."""
    inputs = await asyncio.to_thread(make_inputs, IDLE, ROOT / "var" / "bench" / "inputs")
    async with open_campaign(state, inputs) as (office, desks):
        return [*await _idle(office, desks, samples), *await saves.measure(office.run, office, IDLE, saves_each)]


async def _idle(office: Office, desks: dict[str, Desk], samples: int) -> list[Figure]:
    """Complete an upload, wait for its verdict; submit, wait for the secretariat's queue; again and again."""
    verdicts, queued, sizes = [], [], []
    inputs = office.run.inputs
    for plan in inputs.plan.entries[:samples]:
        desk = desks[plan.unit]
        entry = await desk.draft(plan)
        photo = inputs.file(plan.photos[0])
        verdicts.append(await upload_to_verdict(desk, entry, photo))
        sizes.append(photo.size)
        queued.append(await submit_to_queue(desk, office, entry))
    weight = {"median_bytes": int(percentile(sizes, 0.5))}
    return [
        Figure("submit-to-queue-p95", percentile(queued, 0.95), "s", f"≤ {SUBMIT_BAR}", spread(queued)),
        Figure(
            "upload-to-verdict-p95", percentile(verdicts, 0.95), "s", f"≤ {VERDICT_BAR}", {**spread(verdicts), **weight}
        ),
    ]
