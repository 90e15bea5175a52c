"""unroutable: queues, exchanges and bindings are deleted under the relay's and the consumers' hands."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from contracts.catalog import exchange_of, queue_of
from contracts.events import EntryWithdrawnV1
from infra.bus import broker
from infra.bus.topology import retry_name
from tests.bench.figures import Figure
from tests.faults.crew import until
from tests.faults.programs.settings import RETRY_DELAYS
from tests.faults.rig import Rig
from tests.faults.scene import QUEUE, SUBMITTED, Scene

WITHDRAWN = EntryWithdrawnV1.TYPE
PRODUCERS = 2
PATIENCE_SECONDS = 180.0
BOTH = ("review", "notify")
RETRY = retry_name(RETRY_DELAYS[0])


@dataclass(frozen=True, slots=True)
class Size:
    seconds: float
    """How long each thing is away, while submissions flow."""
    a_second: float
    """Submissions a second."""

    @property
    def submissions(self) -> int:
        return round(self.seconds * self.a_second)

    @property
    def pause(self) -> float:
        return PRODUCERS / self.a_second


FULL, SHORT = Size(60, 40), Size(5, 40)


def figures(rig: Rig, *, short: bool, seed: int) -> list[Figure]:
    """The row `unroutable`: what was lost, doubled or not held back, in four goes."""
    size = SHORT if short else FULL
    goes: dict[str, Callable[[Scene, Size], dict[str, Any]]] = {
        "queue": _queue,
        "exchange": _exchange,
        "retry": _retry,
        "mended": _mended,
    }
    detail: dict[str, Any] = {}
    wrong = 0
    for name, go in goes.items():
        with rig.scene(f"unroutable_{name}") as scene:
            told = go(scene, size)
            told["refused_by_inbox"] = sum(call.word == "refused" for call in scene.calls())
            for service in BOTH:
                tally = scene.tally(service)
                told[service] = {"lost": tally.lost, "duplicated": tally.duplicated, "of": tally.submitted}
                wrong += tally.broken
        wrong += int(told.get("wrong", 0))
        detail[name] = told
    return [Figure("unroutable", wrong, "events gone wrong", "= 0", {**detail, "seed": seed})]


def _queue(scene: Scene, size: Size) -> dict[str, Any]:
    """A consumer's queue is gone and nobody declares it again: the outbox holds its events, and no others."""
    scene.relays(2, mends=False)
    scene.consumers(1, service="notify")
    scene.await_consumers("notify")  # all of them declare what they find missing when they start
    relays = ("relay-1", "relay-2")
    until(lambda: all(scene.crew.said(one, "relay.connected") for one in relays), PATIENCE_SECONDS, "relays to connect")
    with scene.channel() as channel:
        channel.queue_delete(QUEUE)
    scene.producers(PRODUCERS, size.submissions, pause=size.pause, withdrawals=True)
    time.sleep(size.seconds)
    _until_tried(scene)
    unrouted = "SELECT count(*) FROM outbox WHERE type = %s AND published_at IS NULL AND last_error LIKE 'unroutable%%'"
    held = scene.number("intake", unrouted, SUBMITTED)
    committed = scene.number("intake", "SELECT count(*) FROM entries WHERE event = %s", SUBMITTED)
    others = scene.number("intake", "SELECT count(*) FROM entries WHERE event = %s", WITHDRAWN)
    passed = scene.depth(queue_of("review", WITHDRAWN))
    there = scene.exists(QUEUE)
    scene.consumers(2)  # declares what it needs
    back = scene.settle(PATIENCE_SECONDS, BOTH)
    return {
        "seconds": size.seconds,
        "held": held,
        "held_of": committed,
        "passed": passed,
        "passed_of": others,
        "seconds_after": round(back, 1),
        "wrong": (committed - held) + abs(others - passed) + there,
    }


def _until_tried(scene: Scene) -> None:
    """Until the producers have committed their share and the relay has tried all of it."""
    tried = "SELECT count(*) FROM outbox WHERE published_at IS NULL AND last_error IS NULL"

    def look() -> bool:
        scene.crew.tend()
        return scene.crew.finished("producer") and scene.number("intake", tried) == 0

    until(look, PATIENCE_SECONDS, "everything to be tried")


def _exchange(scene: Scene, size: Size) -> dict[str, Any]:
    """The producer's exchange and a retry tier's are deleted again and again while a tenth fails at first."""
    scene.relays(2)
    for service in BOTH:
        scene.consumers(2, service=service, digests_from=2)
    scene.producers(
        PRODUCERS, size.submissions, pause=size.pause, withdrawals=True, poison=tuple(range(0, size.submissions, 10))
    )
    ends = time.monotonic() + size.seconds
    deleted = 0
    victims = cycle((exchange_of("intake"), RETRY))
    while time.monotonic() < ends:
        with suppress(*broker.LOST), scene.channel() as channel:
            channel.exchange_delete(next(victims))
            deleted += 1
        scene.crew.tend()
        time.sleep(0.4)
    back = scene.settle(PATIENCE_SECONDS, BOTH)
    return {"seconds": size.seconds, "deleted": deleted, "seconds_after": round(back, 1)}


def _retry(scene: Scene, size: Size) -> dict[str, Any]:
    """A retry tier loses its binding, then its exchange, while every submission fails at first."""
    scene.relays(1)
    for service in BOTH:
        scene.consumers(1, service=service, digests_from=2)
    waits = []
    share = 0
    acts: tuple[Callable[[Any], object], ...] = (
        lambda channel: channel.queue_unbind(RETRY, RETRY),
        lambda channel: channel.exchange_delete(RETRY),
    )
    for act in acts:
        scene.await_consumers(*BOTH)
        with scene.channel() as channel:
            act(channel)
        share += 20
        scene.crew.posts.pop("producer-1", None)
        scene.producers(1, share, poison=tuple(range(share)))
        waits.append(round(scene.settle(PATIENCE_SECONDS, BOTH), 1))
    del size
    return {"seconds_after": waits}


def _mended(scene: Scene, size: Size) -> dict[str, Any]:
    """Queues are deleted under consumers that listen to them: they are declared again at once."""
    scene.relays(2)
    for service in BOTH:
        scene.consumers(1, service=service)
    waits = []
    share = 0
    for queue in (QUEUE, queue_of("notify", SUBMITTED)):
        scene.await_consumers(*BOTH)
        with scene.channel() as channel:
            channel.queue_delete(queue)
        share += 100
        scene.crew.posts.pop("producer-1", None)
        scene.producers(1, share, pause=0.005)
        waits.append(round(scene.settle(PATIENCE_SECONDS, BOTH), 1))
    del size
    return {"seconds_after": waits}
