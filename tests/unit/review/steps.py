"""What happens often in a story: an entry becomes eligible, a panel is there, scores come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from contracts.events import UnitRef
from services.review.domain.assessments import Assessment, AssessmentState
from services.review.domain.cases import Case, Verdict
from services.review.domain.conflicts import Expert
from services.review.flow import FlowBalancer
from services.review.ports import Work
from services.review.usecases import assignment, eligibility, following, panel, scoring
from tests.unit.review.builders import CAMPAIGN, SECRETARY, accepted, actor, an_id, finding, material, submitted, unit

ALL_CONDITIONS = ("true", "vivid", "image", "honour")


def submit(
    work: Work, entry: str = "entry-1", revision: int = 1, *, unit_ref: UnitRef | None = None, category: str = "story"
) -> UUID:
    """A submitted entry, its one photo accepted."""
    photo = f"photo of {entry}"
    event = submitted(entry, revision, unit_ref=unit_ref or unit(), category=category, materials=(material(photo),))
    following.entry_submitted(work, event)
    following.material_judged(work, accepted(photo, entry))
    return an_id(entry)


def rule(
    work: Work, entry: str = "entry-1", verdict: Verdict = Verdict.ELIGIBLE, revision: int = 1, category: str = "story"
) -> Case:
    conditions = ALL_CONDITIONS if verdict is Verdict.ELIGIBLE and category == "story" else ()
    findings = () if verdict is Verdict.ELIGIBLE else (finding(),)
    return eligibility.rule(
        work, SECRETARY, eligibility.Rule(an_id(entry), revision, verdict, conditions=conditions, findings=findings)
    )


def make_eligible(work: Work, *entries: str, region: str = "陕西", category: str = "story") -> None:
    """Entries of units of this region, found eligible."""
    for entry in entries:
        submit(
            work, entry, unit_ref=unit(f"u-{an_id(entry).hex[:8]}", f"{region}的单位{entry}", region), category=category
        )
        rule(work, entry, category=category)


def enrol(work: Work, *experts: Expert) -> None:
    for who in experts:
        panel.enrol(work, SECRETARY, who)


def assign(work: Work) -> assignment.Assigned:
    return assignment.assign(work, FlowBalancer(), SECRETARY, CAMPAIGN)


def live_of(work: Work, entry: str) -> Sequence[Assessment]:
    return sorted(work.assessments.live_of_entries([an_id(entry)]), key=lambda a: a.expert_id)


def score(work: Work, who: Expert, entry: str, merit: int = 80, reach: int = 40) -> Assessment:
    own = next(a for a in live_of(work, entry) if a.expert_id == who.account_id)
    return scoring.submit_scores(work, actor(who), own.assessment_id, {"merit": merit, "reach": reach}, "")


def score_all(work: Work, experts: Sequence[Expert], merits: Mapping[str, int]) -> None:
    """Everybody gives an entry the same merit."""
    by_account = {who.account_id: who for who in experts}
    for entry, merit in merits.items():
        for assessment in live_of(work, entry):
            if assessment.state is AssessmentState.ASSIGNED:
                score(work, by_account[assessment.expert_id], entry, merit)
