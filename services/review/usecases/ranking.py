"""The ranking: worked out anew from the record each time it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from services.review.domain.acts import Actor
from services.review.domain.assessments import Assessment, AssessmentState
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case
from services.review.domain.scoring import Ranking, Rubric, Sheet, exact, rank
from services.review.domain.selection import Candidate
from services.review.ports import Work
from services.review.usecases.common import ensure_not_on_panel, the_campaign


@dataclass(frozen=True, slots=True)
class Standings:
    """The rankings of all categories, in the definition's order, and the cases they are about."""

    campaign: Campaign
    cases: Mapping[UUID, Case]
    by_category: Mapping[str, Ranking]


def read_ranking(work: Work, caller: Actor, campaign_id: str) -> Standings:
    """Raises UnknownCampaignError, ExpertInSecretariatError, NoPanelError."""
    ensure_not_on_panel(work, caller, campaign_id)
    return standings(work, the_campaign(work, campaign_id))


def standings(work: Work, campaign: Campaign, *, hold: bool = False) -> Standings:
    """Rank every category's eligible entries by the scores that are in. `hold`: nothing changes meanwhile."""
    rules = campaign.panel
    rubric = Rubric(rules.criteria)
    cases = {case.entry_id: case for case in work.cases.eligible(campaign.campaign_id, hold=hold)}
    live: dict[UUID, list[Assessment]] = {entry_id: [] for entry_id in cases}
    for assessment in work.assessments.live(campaign.campaign_id):
        if assessment.entry_id in live:
            live[assessment.entry_id].append(assessment)
    sheets: dict[str, list[Sheet]] = {category.key: [] for category in campaign.definition.categories}
    for case in cases.values():
        sheets.setdefault(case.category, []).append(sheet_of(case, live[case.entry_id], rubric))
    return Standings(campaign, cases, {key: rank(entries, rules) for key, entries in sheets.items()})


def sheet_of(case: Case, live: Sequence[Assessment], rubric: Rubric) -> Sheet:
    """What one entry is ranked by: the totals that are in, how many are awaited."""
    totals = totals_in(live, rubric)
    return Sheet(case.entry_id, case.receipt_number, totals, outstanding=len(live) - len(totals))


def totals_in(live: Sequence[Assessment], rubric: Rubric) -> tuple[Fraction, ...]:
    """The weighted totals of the assessments that are submitted."""
    return tuple(
        rubric.total(assessment.scores)
        for assessment in live
        if assessment.state is AssessmentState.SUBMITTED and assessment.scores is not None
    )


def candidates(found: Standings) -> list[Candidate]:
    """Every completely scored entry, as it may be listed."""
    return [
        Candidate(
            entry_id=ranked.entry_id,
            category=key,
            rank=ranked.rank,
            unit=found.cases[ranked.entry_id].unit,
            title=found.cases[ranked.entry_id].title,
            receipt_number=found.cases[ranked.entry_id].receipt_number,
            total=exact(ranked.total),
        )
        for key, ranking in found.by_category.items()
        for ranked in ranking.ranked
    ]
