"""A worker's verdicts on photos against bare strict decodes of the same bytes, where its time goes, and two workers.

Renditions are made after the verdict is out, and never meet what is measured. What is compared is measured in turn, so
that other load on the machine meets both sides.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.bench.figures import Figure
from tests.bench_media import bare, samples
from tests.bench_media.stage import Stage
from tests.integration.media.rig import WorkerProcess, eventually

DECODE_BAR, SCALING_BAR = 1.25, 1.8
STEPS = ("fetch", "judge", "hash", "copy", "record")
_COUNTS = {1: 160, 4: 100, 12: 60, 24: 30}
"""Photos of each size in megapixels."""
_MILLI = 1000


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    worker = stage.worker
    figures = [one_at_a_time(stage, worker, number=6 if short else 30)]
    for megapixels, count in ({12: 12} if short else _COUNTS).items():
        figures.append(_full_queue(stage, megapixels, count))
    figures.append(two_workers(stage, count=48 if short else 120, rounds=1 if short else 2))
    _feed_the_largest(stage)
    return figures


def one_at_a_time(stage: Stage, worker: WorkerProcess, number: int) -> Figure:
    """12 megapixels, from handling to the committed verdict, and what its steps take."""
    kinds = {kind: _profile(stage, worker, samples.photo(12, kind), number) for kind in samples.KINDS}
    worst = max(float(told["ratio"]) for told in kinds.values())
    for kind, told in kinds.items():
        parts = ", ".join(f"{step} {value:.1f}" for step, value in told.items() if step.endswith("_ms"))
        print(f"  one photo of 12 megapixels, {kind}: {parts}")
    detail = {"photos": number, "bytes": {kind: len(samples.photo(12, kind)) for kind in samples.KINDS}, **kinds}
    return Figure("photo-vs-decode", worst, "×", f"≤ {DECODE_BAR}", detail)


def _profile(stage: Stage, worker: WorkerProcess, source: bytes, number: int) -> dict[str, float]:
    """Medians, ms: handling and bare decode; and means of the steps, which /metrics tells.

    `broker`: from just before the event is sent until the verdict is committed, less the handling: publishing with
    confirmation, delivery, and the worker's taking it up. `rest`: of the handling, what is none of the steps. `hash` is
    taken while the child decodes, and counts in neither.
    """
    stage.rendered(stage.send([samples.one_of_its_own(source)]))  # the first pays for connections
    stage.rendered(stage.send([samples.one_of_its_own(source)]))
    handled, decoded, waited = [], [], []
    steps = dict.fromkeys(STEPS, 0.0)
    with bare.decoder() as decode:
        path = stage.folder / "bare.jpg"
        path.write_bytes(source)
        decode(path)
        for _ in range(number):
            decoded.append(decode(path))
            event = stage.rig.uploaded(stage.rig.put(samples.one_of_its_own(source)))
            before = _steps(worker)
            began = time.time()
            (material,) = stage.tell([event])
            (committed,) = stage.judged([material])
            line = told(worker, str(material))
            after = _steps(worker)
            handled.append(float(line["seconds"]))
            waited.append(committed - began - handled[-1])
            for step in STEPS:
                steps[step] += (after[step] - before[step]) / number
            stage.rendered([material])  # the rendition must not meet the next photo
    verdict, decoding = statistics.median(handled), statistics.median(decoded)
    rest = statistics.mean(handled) - sum(seconds for step, seconds in steps.items() if step != "hash")
    taken = {"handling": verdict, "bare_decode": decoding, **steps, "rest": rest, "broker": statistics.median(waited)}
    told_ms = {f"{name}_ms": round(_MILLI * seconds, 2) for name, seconds in taken.items()}
    return {"ratio": round(verdict / decoding, 3), **told_ms}


def _steps(worker: WorkerProcess) -> dict[str, float]:
    return {step: worker.metric("laurel_media_step_seconds_sum", step=step) for step in STEPS}


def told(worker: WorkerProcess, material: str) -> dict[str, Any]:
    """What the worker's log says about a verdict."""

    def look() -> dict[str, Any] | None:
        lines = worker.lines("material.accepted") + worker.lines("material.rejected")
        return next((line for line in lines if line["material"] == material), None)

    found = eventually(look, what=f"a log line about {material}")
    assert found is not None
    return found


def _full_queue(stage: Stage, megapixels: int, count: int) -> Figure:
    """Verdicts a second over a full queue, one worker with one child, against one process that does nothing but decode.

    Of two megapixels less counts what does not depend on the size of a photo (its two requests, its transaction, its
    messages), so the bar stands for the sizes that telephones and cameras make.
    """
    kinds: dict[str, dict[str, Any]] = {}
    for kind in samples.KINDS:
        source = samples.photo(megapixels, kind)
        before = bare.rate(source, max(8, count // 3))
        costs: list[dict[str, float]] = []
        rate = _verdicts_alone(stage, [source], count, costs.append)
        decoding = statistics.mean([before, bare.rate(source, max(8, count // 3))])
        kinds[kind] = {
            "ratio": round(decoding / rate, 3),
            "verdicts_per_s": round(rate, 2),
            "bare_decodes_per_s": round(decoding, 2),
            "bytes": len(source),
            "processor_ms": {who: round(_MILLI * seconds, 1) for who, seconds in costs[0].items()},
        }
        print(f"  {megapixels} megapixels, {kind}: {kinds[kind]}", flush=True)
    worst = max(one["ratio"] for one in kinds.values())
    bar = f"≤ {DECODE_BAR}" if megapixels > 2 else ""
    return Figure(f"verdicts-vs-decode-{megapixels}mp", worst, "×", bar, {"photos": count, **kinds})


def two_workers(stage: Stage, count: int, rounds: int) -> Figure:
    """Photos of 12 megapixels a second with one worker and with two, in turn; half baseline, half progressive.

    `most`: what one can expect of these cores, since storage, database and broker share them: all their processor time
    over what a photo takes of it in all.
    """
    sources = [samples.photo(12, kind) for kind in samples.KINDS]
    one: list[float] = []
    two: list[float] = []
    costs: list[dict[str, float]] = []
    for _ in range(rounds):
        one.append(_verdicts_alone(stage, sources, count, costs.append))
        second = stage.start()
        two.append(_verdicts_alone(stage, sources, count, costs.append))
        second.end()
        stage.workers.remove(second)
    per_photo = {who: round(_MILLI * statistics.median([cost[who] for cost in costs]), 1) for who in costs[0]}
    whole = sum(per_photo.values()) / _MILLI
    cores = len(os.sched_getaffinity(0))
    each = max(4, count // 8)
    detail = {
        "photos": count,
        "one_per_s": [round(rate, 2) for rate in one],
        "two_per_s": [round(rate, 2) for rate in two],
        "processor_ms_per_photo": per_photo,
        "cores": cores,
        "most": round(cores / whole / statistics.median(one), 2),
        "bare_decodes_two_vs_one": round(bare.rate(sources[0], each, 2) / bare.rate(sources[0], each), 2),
    }
    print(f"  processor time per photo, ms: {per_photo}; {cores} cores allow {detail['most']} × of one worker")
    ratio = statistics.median(second / alone for alone, second in zip(one, two, strict=True))
    return Figure("media-scaling", round(ratio, 3), "×", f"≥ {SCALING_BAR}", detail)


def _verdicts_alone(
    stage: Stage, sources: list[bytes], count: int, cost: Callable[[dict[str, float]], object]
) -> float:
    """Verdicts a second, and to `cost` the processor seconds of each until the last verdict is out."""
    files = (samples.one_of_its_own(sources[number % len(sources)]) for number in range(count))
    events = [stage.rig.uploaded(stage.rig.put(content)) for content in files]
    with stage.spending() as spent:
        materials = stage.tell(events)
        stage.judged(materials)
    cost({who: seconds / count for who, seconds in spent.items()})
    return stage.pace(materials)


def _feed_the_largest(stage: Stage) -> None:
    """What takes most memory of a worker is among what it was given."""
    for mode in ("RGB", "CMYK"):
        stage.rendered(stage.send([samples.one_of_its_own(samples.largest_photo(mode))]))
