"""SIGTERM: what is in hand ends or is handed back, and the process is gone within ten seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.integration.bus.bench import Outside, WorkerProcess, eventually, withdrawal

Start = Callable[..., WorkerProcess]


def test_work_in_hand_ends_and_the_rest_is_handed_back(outside: Outside, start_worker: Start) -> None:
    worker = start_worker().until_ready()
    sent = [outside.send(withdrawal("slow:2")) for _ in range(25)]
    eventually(lambda: len(worker.lines("handler.began")) == 10)  # the pool's size; prefetch is 20

    seconds = worker.terminate()

    assert 0.5 < seconds < 10
    assert worker.process.returncode == 0
    assert worker.lines("worker.stopped")[0]["drained"] is True
    assert len(outside.effects()) == len(worker.lines("event.handled")) == 10
    assert len(worker.lines("handler.began")) == 10  # nothing began after the signal
    eventually(lambda: outside.depth() == len(sent) - 10)


def test_work_that_does_not_end_is_redelivered(outside: Outside, start_worker: Start) -> None:
    worker = start_worker().until_ready()
    sent = outside.send(withdrawal("slow:60"))
    eventually(lambda: worker.lines("handler.began"))

    assert worker.terminate() < 10

    assert worker.lines("worker.stopped")[0]["drained"] is False
    assert outside.effects(sent.id) == []
    eventually(lambda: outside.depth() == 1)


def test_worker_whose_loop_is_stuck_says_so_and_still_ends_in_time(outside: Outside, start_worker: Start) -> None:
    worker = start_worker().until_ready()
    outside.send(withdrawal("wedge:60"))
    eventually(lambda: worker.lines("handler.began"))
    began = time.monotonic()

    assert worker.get("/ready")[0] == 503
    eventually(lambda: worker.get("/live")[0] == 503, seconds=15)
    assert time.monotonic() - began > 5
    assert "has not come round" in worker.get("/live")[1]

    assert worker.terminate() < 10
    eventually(lambda: outside.depth() == 1)


def test_idle_worker_stops_quickly(outside: Outside, start_worker: Start) -> None:
    worker = start_worker().until_ready()

    assert worker.terminate() < 3
    assert worker.process.returncode == 0
    assert outside.depth() == 0
