"""The same job on Celery, Pillow and ffprobe (rival/): who is ahead.

Both have one process that talks and one that works on files, the same broker, storage and database, and are measured in
turn; while one works the other has nothing to do.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from celery import Celery

from tests.bench.figures import Figure
from tests.bench_media import samples
from tests.bench_media.rival import TABLE
from tests.bench_media.rival.check import prober
from tests.bench_media.stage import Stage
from tests.integration.media.rig import ROOT, eventually
from tests.media_corpus import photo_rule, video_rule

AHEAD_BAR = 1.0


def rows(stage: Stage, *, short: bool) -> list[Figure]:
    count, rounds, singles = (10, 1, 3) if short else (60, 2, 12)
    photos = [samples.photo(12, kind) for kind in samples.KINDS]
    kinds: dict[str, Callable[[int], bytes]] = {"photo": lambda number: samples.one_of_its_own(photos[number % 2])}
    if not short:
        video = samples.ten_megabytes()
        kinds["video"] = lambda _: samples.one_video_of_its_own(video)
    _ = stage.worker
    figures = []
    with rival(stage) as theirs:
        for kind, make in kinds.items():
            theirs.wait(theirs.send([make(0)], kind))  # the first pays for connections
            rates: tuple[list[float], list[float]] = ([], [])
            times: tuple[list[float], list[float]] = ([], [])
            several = count if kind == "photo" else max(4, count // 4)
            for _ in range(rounds):
                rates[0].append(stage.rate([make(number) for number in range(several)], kind))
                rates[1].append(theirs.rate([make(number) for number in range(several)], kind))
            for number in range(singles):
                times[0].append(_alone(stage, make(number), kind))
                times[1].append(theirs.alone(make(number), kind))
            ours, other = (statistics.median(each) for each in rates)
            quick, slow = (statistics.median(each) for each in times)
            detail = {
                "ours_per_s": [round(rate, 2) for rate in rates[0]],
                "rival_per_s": [round(rate, 2) for rate in rates[1]],
                "prober": Path(prober()).name,
            }
            seconds = {"ours_s": round(quick, 4), "rival_s": round(slow, 4), "files": singles}
            figures += [
                Figure(f"rival-{kind}s-per-second", round(ours / other, 3), "×", f"≥ {AHEAD_BAR}", detail),
                Figure(f"rival-{kind}-seconds", round(slow / quick, 3), "×", f"≥ {AHEAD_BAR}", seconds),
            ]
    return figures


def _alone(stage: Stage, content: bytes, kind: str) -> float:
    """Seconds from just before it is told of to its committed verdict."""
    event = stage.rig.uploaded(stage.rig.put(content), kind)
    began = time.time()
    materials = stage.tell([event])
    (committed,) = stage.judged(materials)
    stage.rendered(materials)
    return committed - began


class _Rival:
    def __init__(self, stage: Stage, queue: Celery) -> None:
        self._stage, self._queue = stage, queue
        rules = {"photo": photo_rule(), "video": video_rule()}
        self._rules = {kind: rule.model_dump(mode="json") for kind, rule in rules.items()}

    def send(self, contents: list[bytes], kind: str) -> list[str]:
        return self.tell([(self._stage.rig.put(content).key, len(content)) for content in contents], kind)

    def tell(self, uploads: list[tuple[str, int]], kind: str) -> list[str]:
        sent = []
        for key, size in uploads:
            sent.append(str(uuid4()))
            self._queue.send_task("rival.judge", (sent[-1], key, kind, size, self._rules[kind]))
        return sent

    def wait(self, materials: list[str]) -> list[float]:
        """When each was judged, in the order of verdicts; all have to be accepted."""

        def look() -> list[float]:
            found = self._stage.rig.rows(
                "SELECT extract(epoch FROM judged_at) AS at, problems FROM rival_verdicts WHERE material = ANY(%s)",
                materials,
            )
            assert not any(row["problems"] for row in found), found
            return sorted(float(row["at"]) for row in found) if len(found) == len(materials) else []

        return eventually(look, seconds=300, what="the rival's verdicts", every=0.1)

    def rate(self, contents: list[bytes], kind: str) -> float:
        moments = self.wait(self.send(contents, kind))
        middle = moments[len(moments) // 10 :]
        return (len(middle) - 1) / (middle[-1] - middle[0])

    def alone(self, content: bytes, kind: str) -> float:
        ref = self._stage.rig.put(content)
        began = time.time()
        (committed,) = self.wait(self.tell([(ref.key, ref.size)], kind))
        return committed - began


@contextmanager
def rival(stage: Stage) -> Iterator[_Rival]:
    """Its worker as a process, with one child."""
    rig = stage.rig
    settings = {
        "AMQP_URL": rig.amqp_url,
        "LAUREL_DATABASE_DSN": rig.dsn,
        "LAUREL_S3_ENDPOINT": rig.endpoint,
        "LAUREL_S3_ACCESS_KEY": rig.keys[0],
        "LAUREL_S3_SECRET_KEY": rig.keys[1],
    }
    with psycopg.connect(rig.dsn, autocommit=True) as connection:
        connection.execute(TABLE)
    log = stage.folder / "rival.log"
    command = [sys.executable, "-m", "celery", "-A", "tests.bench_media.rival.tasks", "worker", "-c", "1", "-l", "INFO"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=out, stderr=out)
    try:
        eventually(lambda: b" ready." in log.read_bytes(), seconds=60, what="the rival is ready", every=0.2)
        yield _Rival(stage, Celery(broker=rig.amqp_url))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
