"""Media's rows of `make bench`: a photo's verdict against a bare decode, a video's bytes, two workers against one.

Everything is real: the worker as a process, RabbitMQ, PostgreSQL, object storage. Ratios are taken within one run, what
they compare measured in turn, so that other load on the machine meets both sides. `make bench-media` has more of it.
"""

from __future__ import annotations

from typing import Any

from tests.bench_media import verdicts, video_reads
from tests.bench_media.stage import Stage


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """photo-vs-decode, video-bytes, media-scaling."""
    with Stage() as stage:
        figures = [verdicts.one_at_a_time(stage, stage.worker, number=8 if short else 40)]
        figures += video_reads.of(stage, video_reads.large_ones())
        figures.append(verdicts.two_workers(stage, count=60 if short else 240, rounds=1 if short else 2))
    return [figure.row() for figure in figures]
