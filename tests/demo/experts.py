"""Experts: each works through an own queue; scores follow from who scores what, not from chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from contracts.campaign import CampaignDefinition, PanelRules
from tests.demo.board import Stage
from tests.demo.people import Account
from tests.demo.run import Run

API = "review/v1"


def panel_of(definition: CampaignDefinition) -> PanelRules:
    assert definition.panel is not None
    return definition.panel


def scores_for(panel: PanelRules, expert: int, entry_key: str) -> dict[str, int]:
    """What expert number `expert` thinks of an entry: the same every time."""
    liking = Random(f"entry {entry_key}").uniform(0.62, 0.9)
    rng = Random(f"expert {expert} of {entry_key}")
    return {
        criterion.key: round(criterion.max_score * min(1.0, liking + rng.uniform(-0.12, 0.1)))
        for criterion in panel.criteria
    }


def total_of(panel: PanelRules, scores: Mapping[str, int]) -> Fraction:
    """One expert's weighted total out of 100, worked out apart from the platform's own code."""
    weights = {criterion.key: Fraction(str(criterion.weight)) for criterion in panel.criteria}
    shares = (weights[c.key] * Fraction(scores[c.key], c.max_score) for c in panel.criteria)
    return 100 * sum(shares, Fraction(0)) / sum(weights.values())


@dataclass
class Expert:
    """One expert; `number` from 0, `keys` name entries by their ids."""

    run: Run
    account: Account
    number: int
    scored: list[str] = field(default_factory=list)
    """Ids of the entries this expert has scored."""

    async def queue(self) -> list[dict[str, Any]]:
        """Own work of this campaign."""
        rows = await self.account.door.all(f"{API}/assessments")
        return [row for row in rows if row["campaign_id"] == self.run.campaign_id]

    async def score_all(self, keys: Mapping[str, str], stage: Stage) -> None:
        """Read and score everything in the queue."""
        panel = panel_of(self.run.definition)
        for row in await self.queue():
            paper = await self.account.door.get(f"{API}/assessments/{row['assessment_id']}")
            scores = scores_for(panel, self.number, keys[paper["entry_id"]])
            await self.account.door.post(
                f"{API}/assessments/{row['assessment_id']}/scores",
                scores=scores,
                comment=f"第 {self.number + 1} 位评委：材料完整，论述清楚。",
            )
            self.scored.append(paper["entry_id"])
            stage.advance()
