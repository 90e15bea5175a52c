"""Media's rows: a photo's verdict against a bare decode, a video's bytes, two workers against one.

Everything is real: the worker as a process, RabbitMQ, PostgreSQL, object storage. Ratios are taken within one run, what
they compare measured in turn, so that other load on the machine meets both sides.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from infra.stack.process import base_env
from tests.bench.figures import Figure
from tests.integration.media.rig import Rig, WorkerProcess, eventually, workers
from tests.media_corpus import photos, videos
from tests.support.servers import Servers

DECODE_BAR, BYTES_BAR, REQUESTS_BAR, SCALING_BAR = 1.25, 0.25, 6, 1.8
_LIMIT = 2 * 1024 * 1024
_MEGABYTES_100 = 100_000_000

_BARE = """
import sys, time, simplejpeg
for line in sys.stdin:
    data = open(line.strip(), "rb").read()
    began = time.perf_counter()
    simplejpeg.decode_jpeg(data)
    print(time.perf_counter() - began, flush=True)
"""
"""A bare strict decode of all pixels, in a process of its own that is as warm as the worker's child."""


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """photo-vs-decode, video-bytes, media-scaling."""
    with _bench() as (rig, start):
        sources = {kind: _photo(kind) for kind in ("baseline", "progressive")}
        first = start().until_ready()
        figures = [_photo_figure(rig, first, sources, samples=8 if short else 40)]
        figures += _video_figures(rig, first)
        figures.append(_scaling_figure(rig, start, first, sources, photos_each=60 if short else 240))
    return [figure.row() for figure in figures]


@contextmanager
def _bench() -> Iterator[tuple[Rig, Callable[..., WorkerProcess]]]:
    servers = Servers()
    with ExitStack() as stack:
        stack.callback(servers.stop)
        for name in ("rabbitmq", "seaweed", "postgres"):
            servers.begin(name)
        s3 = servers.s3
        dsn = servers.postgres.create_database(servers.name("laurel_media"), "pw-of-bench")
        url = servers.rabbit.create_vhost(servers.name("bench"))
        rig = Rig(url, dsn, s3.client(), s3.endpoint, (s3.access_key, s3.secret_key))
        rig.open_campaign()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        start = stack.enter_context(workers(rig, folder))
        yield rig, start


def _photo(kind: str) -> bytes:
    """12 megapixels in just under 2 MB."""
    for quality in (92, 88, 84, 80, 75, 70, 60):
        content = photos.jpeg(4000, 3000, quality=quality, progressive=kind == "progressive")
        if len(content) <= _LIMIT - 100:
            return content
    raise AssertionError("no quality gives less than 2 MB")


def _one_of_its_own(content: bytes, number: int) -> bytes:
    return photos.with_segment(content, 0xFE, b"%d %d" % (number, time.time_ns()))


def _photo_figure(rig: Rig, worker: WorkerProcess, sources: dict[str, bytes], samples: int) -> Figure:
    """One photo at a time, from its message to its committed verdict, against decoding the same bytes."""
    detail: dict[str, Any] = {"photos": samples, "bytes": {kind: len(data) for kind, data in sources.items()}}
    both: dict[str, tuple[float, float]] = {}
    for kind, source in sources.items():
        rig.rendered(rig.submit(_one_of_its_own(source, -1)))  # the first pays for connections
        verdicts, bare = [], []
        with tempfile.TemporaryDirectory() as folder, _decoder() as decode:
            for number in range(samples):
                content = _one_of_its_own(source, number)
                path = Path(folder) / "photo.jpg"
                path.write_bytes(content)
                bare.append(decode(path))
                material = rig.submit(content)
                rig.rendered(material)  # the rendition must not meet the next photo
                verdicts.append(float(_told(worker, material)["seconds"]))
        verdict, decoding = both[kind] = statistics.median(verdicts), statistics.median(bare)
        detail[kind] = {
            "ratio": round(verdict / decoding, 3),
            "verdict_ms": round(1000 * verdict, 2),
            "decode_ms": round(1000 * decoding, 2),
        }
    ratio = max(verdict / decoding for verdict, decoding in both.values())  # the worse kind is the one that counts
    return Figure("photo-vs-decode", round(ratio, 3), "×", f"≤ {DECODE_BAR}", detail)


@contextmanager
def _decoder() -> Iterator[Callable[[Path], float]]:
    """A function: file → seconds that a bare strict decode takes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _BARE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=base_env(),
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def decode(path: Path) -> float:
        stdin.write(f"{path}\n")
        stdin.flush()
        return float(stdout.readline())

    try:
        yield decode
    finally:
        stdin.close()
        process.wait(timeout=10)
        stdout.close()


def _told(worker: WorkerProcess, material: UUID) -> dict[str, Any]:
    """What the worker's log says about a verdict."""

    def look() -> dict[str, Any] | None:
        lines = worker.lines("material.accepted") + worker.lines("material.rejected")
        return next((line for line in lines if line["material"] == str(material)), None)

    found = eventually(look, what=f"a log line about {material}")
    assert found is not None
    return found


def _video_figures(rig: Rig, worker: WorkerProcess) -> list[Figure]:
    """Bytes and requests (the copy is one) of the verdict on a video of 100 MB, its index last and first."""
    rate = "4200k"
    whole = videos.made(seconds=180, fps=25, extra=("-b:v", rate, "-maxrate", rate, "-bufsize", rate))
    detail: dict[str, Any] = {}
    for name, made in {"index last": whole, "index first": videos.index_first(whole)}.items():
        content = _padded(made)
        material = rig.submit(content, "video")
        row = rig.verdict(material, seconds=120)
        line = _told(worker, material)
        detail[name] = {
            "state": row["state"],
            "bytes": len(content),
            "read_bytes": line["read_bytes"],
            "percent": round(100 * line["read_bytes"] / len(content), 4),
            "requests": line["requests"],
            "seconds": line["seconds"],
        }
        assert row["state"] != "rejected", row["findings"]
        rig.rendered(material)
    worst = max(entry["percent"] for entry in detail.values())
    requests = max(entry["requests"] for entry in detail.values())
    return [
        Figure("video-bytes", worst, "%", f"≤ {BYTES_BAR}", detail),
        Figure("video-requests", requests, "requests", f"≤ {REQUESTS_BAR}", {}),
    ]


def _padded(content: bytes) -> bytes:
    """100 MB: free space behind the last box."""
    missing = _MEGABYTES_100 - len(content)
    return content + missing.to_bytes(4) + b"free" + bytes(missing - 8) if missing > 8 else content


def _scaling_figure(
    rig: Rig, start: Callable[..., WorkerProcess], first: WorkerProcess, sources: dict[str, bytes], photos_each: int
) -> Figure:
    """Photos a second with one worker and with two, in turn; half of them baseline, half progressive."""
    one: list[float] = []
    two: list[float] = []
    both = first
    for _ in range(2):
        one.append(_rate(rig, sources, photos_each))
        both = start().until_ready()
        two.append(_rate(rig, sources, photos_each))
        both.end()
    detail = {
        "photos": photos_each,
        "one": [round(rate, 2) for rate in one],
        "two": [round(rate, 2) for rate in two],
        "bare_decodes_two_vs_one": _bare_scaling(sources, each=max(8, photos_each // 8)),
    }
    return Figure("media-scaling", round(max(two) / max(one), 3), "×", f"≥ {SCALING_BAR}", detail)


def _bare_scaling(sources: dict[str, bytes], each: int) -> float:
    """What two bare decoders do against one: what the machine's cores give at most when nothing else runs."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(sources["baseline"])
        decoders = [stack.enter_context(_decoder()) for _ in range(2)]

        def rate(running: list[Callable[[Path], float]]) -> float:
            began = time.perf_counter()
            with ThreadPoolExecutor(len(running)) as pool:
                list(pool.map(lambda decode: [decode(path) for _ in range(each)], running))
            return len(running) * each / (time.perf_counter() - began)

        rate(decoders)  # warm
        return round(rate(decoders) / rate(decoders[:1]), 2)


def _rate(rig: Rig, sources: dict[str, bytes], count: int) -> float:
    """Verdicts a second over a full queue, by the moments at which they were committed; renditions come after."""
    kinds = list(sources.values())
    events = [rig.uploaded(rig.put(_one_of_its_own(kinds[number % len(kinds)], number))) for number in range(count)]
    rig.send_all([(event, str(event.entry_id)) for event in events])
    materials = [event.material_id for event in events]
    moments = eventually(lambda: _moments(rig, materials), seconds=600, what="all verdicts", every=0.2)
    eventually(lambda: _all_rendered(rig, materials), seconds=600, what="all renditions", every=0.2)
    middle = moments[count // 10 :]  # past the beginning, when not every worker has begun
    return (len(middle) - 1) / (middle[-1] - middle[0])


def _moments(rig: Rig, materials: list[UUID]) -> list[float]:
    """When each verdict was committed, in order; nothing until all were."""
    rows = rig.rows("SELECT extract(epoch FROM judged_at) AS at FROM materials WHERE material_id = ANY(%s)", materials)
    return sorted(float(row["at"]) for row in rows) if len(rows) == len(materials) else []


def _all_rendered(rig: Rig, materials: list[UUID]) -> bool:
    rows = rig.rows("SELECT 1 FROM materials WHERE material_id = ANY(%s) AND state = 'rendered'", materials)
    return len(rows) == len(materials)
