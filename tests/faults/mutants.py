"""mutants: take one guarantee away, and the kills must show it; the same faults on healthy programs must not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.bench.figures import Figure
from tests.faults.kills import Outcome, Plan, play
from tests.faults.rig import Rig

_SMALL = Plan(submissions=600, kills=15, broker_kills=0, seconds=25, redeliveries=0, pause=0.001, producer_work=0.03)
_BROKER_DIES = replace(_SMALL, submissions=900, kills=0, broker_kills=2)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A guarantee, the program that lacks it, and the kills that meet the gap."""

    name: str
    programs: dict[str, str]
    plan: Plan
    evidence: str
    """What must come of it: `lost`, `duplicated` or `invented`, as in Tally."""


def _only(program: str) -> Plan:
    return replace(_SMALL, weights={program: 1})


MUTANTS = (
    Mutant("inbox", {"review": "review-without-inbox"}, _only("review"), "duplicated"),
    Mutant("outbox", {"producer": "producer-after-commit"}, _only("producer"), "lost"),
    Mutant("outbox-before-commit", {"producer": "producer-before-commit"}, _only("producer"), "invented"),
    Mutant("confirm", {"relay": "relay-without-confirms"}, _BROKER_DIES, "lost"),
    Mutant("ack", {"review": "review-acks-first"}, _only("review"), "lost"),
)
"""No inbox; publishing by itself, after the commit or before it; marked before confirmed; ack before the effect."""


def figures(rig: Rig, *, short: bool, seed: int) -> list[Figure]:
    """The row `mutants`: how many did not turn red, the healthy control run counting as one that must stay green."""
    chosen = MUTANTS[:1] if short else MUTANTS
    detail: dict[str, Any] = {}
    red = 0
    for mutant in chosen:
        with rig.scene(f"mutant_{mutant.name}") as scene:
            outcome = play(rig, scene, replace(mutant.plan, programs=mutant.programs), seed)
        red += bool(getattr(outcome.tally, mutant.evidence))
        detail[mutant.name] = _told(outcome)
    wrong = 0
    if not short:  # the row `kills` is the short form's control
        with rig.scene("control") as scene:
            control = play(rig, scene, replace(_SMALL, broker_kills=1), seed)
        wrong = control.tally.broken + (not control.finished)
        detail["none"] = _told(control)
    detail["seed"] = seed
    return [
        Figure("mutants", red, "turned red", f"= {len(chosen)}", detail),
        *([] if short else [Figure("mutants-control", wrong, "broken promises", "= 0", detail["none"])]),
    ]


def _told(outcome: Outcome) -> dict[str, Any]:
    tally = outcome.tally
    evidence = {"lost": tally.lost, "duplicated": tally.duplicated, "invented": tally.invented}
    kills = sum(outcome.kills.values()) + outcome.broker_kills
    return {**evidence, "of": tally.submitted, "kills": kills, "seconds": round(outcome.seconds, 1)}
