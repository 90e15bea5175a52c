"""kills: submissions flow while producers, relays and consumers are killed at random, and the broker too."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from typing import Any

from contracts.catalog import queue_of
from tests.bench.figures import Figure
from tests.faults.rig import Rig
from tests.faults.scene import DEAD, SUBMITTED, Scene, Tally

WORK_SECONDS = 0.03
FREEZE_SECONDS = 0.6
"""A broker hangs for so long before it dies: what was sent to it meanwhile is in no hands but the sender's."""
QUIET_SECONDS = 1.0
PATIENCE = 4
"""A run may last so many times its bar before it is given up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much flows, and what dies."""

    submissions: int
    kills: int
    broker_kills: int
    seconds: float
    """The bar for the whole run."""
    redeliveries: int
    """How many there must be, else the run says nothing."""
    producers: int = 3
    pause: float = 0.004
    producer_work: float = 0.003
    weights: dict[str, float] = field(default_factory=lambda: {"review": 5, "relay": 3, "producer": 2})
    """Programs that may be killed, by how often."""
    programs: dict[str, str] = field(default_factory=dict)
    """A mutant's program in place of the healthy one."""


FULL = Plan(submissions=10_000, kills=60, broker_kills=2, seconds=90, redeliveries=50)
SHORT = Plan(submissions=2_000, kills=20, broker_kills=1, seconds=60, redeliveries=10)


@dataclass
class Outcome:
    """What a run came to."""

    tally: Tally
    seconds: float
    finished: bool
    kills: dict[str, int]
    broker_kills: int
    redelivered: int
    """Deliveries that the broker had made before."""
    again: int
    """Calls of a handler for a message that had been received before."""
    refused: int
    """Duplicates that the inbox refused."""
    accidents: int


class Reaper:
    """Kills when the work has come so far: at any speed of the machine, each kill meets work in progress."""

    def __init__(self, rig: Rig, scene: Scene, plan: Plan, seed: int) -> None:
        self._rig = rig
        self._crew = scene.crew
        self._chance = chance = random.Random(seed)
        self._weights = {plan.programs.get(program, program): weight for program, weight in plan.weights.items()}
        self._due = sorted(chance.uniform(0.02, 0.92) * plan.submissions for _ in range(plan.kills))
        parts = [(number + chance.uniform(0.3, 0.7)) / plan.broker_kills for number in range(plan.broker_kills)]
        self._broker_due = [part * plan.submissions for part in parts]
        self.broker_kills = 0

    @property
    def done(self) -> bool:
        return not self._due and not self._broker_due

    def strike(self, progress: int) -> None:
        """Kill whoever is due when so many effects have been made."""
        if self._broker_due and progress >= self._broker_due[0]:
            self._broker_due.pop(0)
            self._rig.freeze_broker()
            time.sleep(FREEZE_SECONDS)
            self._rig.kill_broker()
            self._rig.start_broker()
            self.broker_kills += 1
        if self._due and progress >= self._due[0]:
            victim = self._crew.victim(self._chance, self._weights)
            if victim is not None:
                self._due.pop(0)
                self._crew.kill(victim)


def play(rig: Rig, scene: Scene, plan: Plan, seed: int) -> Outcome:
    """Run a plan in a scene, however long it takes (within reason): the bar is the caller's to judge."""
    names = {program: plan.programs.get(program, program) for program in ("producer", "relay", "review")}
    scene.relays(2, program=names["relay"])
    scene.consumers(2, program=names["review"], work=WORK_SECONDS)
    scene.await_consumers("review")
    began = time.monotonic()
    scene.producers(
        plan.producers, plan.submissions, program=names["producer"], pause=plan.pause, work=plan.producer_work
    )
    reaper = Reaper(rig, scene, plan, seed)
    progress, moved = 0, began
    finished = False
    while not finished and time.monotonic() - began < PATIENCE * plan.seconds:
        scene.crew.tend()
        effects = scene.effects()
        if effects > progress:
            progress, moved = effects, time.monotonic()
        reaper.strike(progress)
        idle = time.monotonic() - moved > QUIET_SECONDS
        finished = idle and scene.crew.finished(names["producer"]) and scene.at_rest()
        time.sleep(0.02)
    received = [call for call in scene.calls() if call.word == "received"]
    return Outcome(
        tally=scene.tally(outbox=names["producer"] == "producer"),
        seconds=(moved if finished else time.monotonic()) - began,
        finished=finished and (reaper.done or bool(plan.programs)),
        kills=dict(scene.crew.kills),
        broker_kills=reaper.broker_kills,
        redelivered=sum(call.redelivered for call in received),
        again=len(received) - len({call.entry_id for call in received}),
        refused=sum(call.word == "refused" for call in scene.calls()),
        accidents=scene.crew.accidents,
    )


def figures(rig: Rig, *, short: bool, seed: int) -> list[Figure]:
    """The row `kills`, and with it the two conditions without which it says nothing."""
    plan = SHORT if short else FULL
    with rig.scene("kills") as scene:
        outcome = play(rig, scene, plan, seed)
        copies = scene.fetch_all(queue_of("notify", SUBMITTED), plan.submissions)
        told = {raw.properties.get("message_id") for raw in copies}
        events = {str(row[0]) for row in scene.rows("intake", "SELECT id FROM outbox")}
        dead = scene.depth(DEAD)
    tally = outcome.tally
    never_told = len(events - told)
    kills = sum(outcome.kills.values())
    void = not outcome.finished or outcome.redelivered < plan.redeliveries or kills < plan.kills
    detail: dict[str, Any] = {
        "submitted": tally.submitted,
        "lost": tally.lost,
        "duplicated": tally.duplicated,
        "invented": tally.invented,
        "missing_in_the_other_consumer's_queue": never_told,
        "dead_letters": dead,
        "kills": outcome.kills,
        "broker_kills": outcome.broker_kills,
        "redelivered": outcome.redelivered,
        "received_again": outcome.again,
        "refused_by_inbox": outcome.refused,
        "seconds": round(outcome.seconds, 1),
        "accidents": outcome.accidents,
        "void": void,
        "seed": seed,
    }
    pace = {"finished": outcome.finished, "load_average": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    missing = max(0, plan.submissions - tally.submitted)
    broken = tally.broken + never_told + dead + missing + void
    return [
        Figure("kills", broken, "broken promises", "= 0", detail),
        Figure("kills-redeliveries", outcome.redelivered, "deliveries", f"≥ {plan.redeliveries}", {"void": void}),
        Figure("kills-seconds", round(outcome.seconds, 1), "s", f"≤ {plan.seconds:g}", pace),
    ]
