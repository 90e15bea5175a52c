"""poison: what a handler cannot digest dies after five attempts, and is sent back once the handler has been mended."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from infra.bus import broker
from infra.bus.deadletters import browse
from tests.bench.figures import Figure
from tests.faults.crew import ROOT, FaultsError
from tests.faults.programs.producer import POISON
from tests.faults.programs.settings import RETRY_DELAYS
from tests.faults.rig import Rig
from tests.faults.scene import Scene

ATTEMPTS = list(range(1, len(RETRY_DELAYS) + 2))
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Size:
    submissions: int
    poisoned: int


FULL, SHORT = Size(1000, 50), Size(300, 15)


def figures(rig: Rig, *, short: bool, seed: int) -> list[Figure]:
    """The row `poison`: how many messages fared otherwise than they must."""
    size = SHORT if short else FULL
    numbers = tuple(random.Random(seed).sample(range(size.submissions), size.poisoned))
    with rig.scene("poison") as scene:
        scene.relays(1)
        scene.consumers(2)
        scene.producers(1, size.submissions, poison=numbers)
        scene.settle(PATIENCE_SECONDS)
        stages = {"dead": _died(scene, size)}
        scene.crew.dismiss("review-1", "review-2")
        scene.consumers(2, digests_from=1)  # the handler of the next version
        sent = events_command(scene, "replay", "review", "--all")
        scene.settle(PATIENCE_SECONDS)
        stages["replayed"] = _wrong(scene) + abs(sent - size.poisoned)
        sent = events_command(scene, "replay", "review", "--all")
        again = events_command(scene, "republish", "intake", "--since", "2000-01-01")
        scene.settle(PATIENCE_SECONDS)
        stages["replayed_and_published_again"] = _wrong(scene) + sent + abs(again - size.submissions)
        calls = scene.calls()
    refused = sum(call.word == "refused" for call in calls)
    detail: dict[str, Any] = {
        "messages": size.submissions,
        "poisoned": size.poisoned,
        "attempts_each": len(ATTEMPTS),
        **{f"wrong_{stage}": wrong for stage, wrong in stages.items()},
        "refused_by_inbox": refused,
        "seed": seed,
    }
    missed = max(0, size.submissions - refused)  # every one was published again, and had to be recognised
    return [Figure("poison", sum(stages.values()) + missed, "messages gone wrong", "= 0", detail)]


def _died(scene: Scene, size: Size) -> int:
    """How many messages fared wrong up to here: five calls and a dead letter for the poisoned, an effect for others."""
    poisoned = {row[0] for row in scene.rows("intake", "SELECT entry_id FROM entries WHERE title = %s", POISON)}
    effects = [row[0] for row in scene.rows("review", "SELECT entry_id FROM effects")]
    attempts: dict[str, list[int]] = defaultdict(list)
    for call in scene.calls():
        attempts[call.entry_id].append(call.attempt)
    connection = broker.connect(scene.amqp_url)
    try:
        letters = browse(connection, "review", limit=10 * size.poisoned)
    finally:
        broker.close(connection, politely=True)
    resting = {letter.subject for letter in letters if letter.attempts == len(ATTEMPTS)}
    wrong = abs(len(poisoned) - size.poisoned) + abs(len(letters) - size.poisoned) + len(resting ^ poisoned)
    wrong += sum(attempts[entry] != ATTEMPTS for entry in poisoned)
    wrong += abs(len(effects) - (size.submissions - size.poisoned)) + len(poisoned.intersection(effects))
    return wrong


def _wrong(scene: Scene) -> int:
    """Submissions without an effect, or with more than one."""
    return scene.tally().broken


def events_command(scene: Scene, *arguments: str) -> int:
    """`laurel events …` as an operator types it; the number that it reports. Raises FaultsError."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.stack.cli", "events", *arguments],
        cwd=ROOT,
        env={**os.environ, "AMQP_URL": scene.amqp_url, "LAUREL_DATABASE_DSN": scene.dsn["intake"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = re.search(r"(?:Sent back|published again): (\d+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise FaultsError(f"laurel events {' '.join(arguments)} failed: {done.stdout}{done.stderr}")
    return int(found[1])
