"""The ranking: worked out anew from the record each time it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from services.review.domain.acts import Actor
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case
from services.review.domain.scoring import Ranking, Rubric, Sheet, exact, rank
from services.review.domain.selection import Candidate
from services.review.ports import Work
from services.review.usecases.common import the_desk


@dataclass(frozen=True, slots=True)
class Standings:
    """The rankings of all categories, in the definition's order, and the cases they are about."""

    campaign: Campaign
    cases: Mapping[UUID, Case]
    by_category: Mapping[str, Ranking]


def read_ranking(work: Work, caller: Actor, campaign_id: str) -> Standings:
    """Raises UnknownCampaignError, ExpertInSecretariatError, NoPanelError."""
    return standings(work, the_desk(work, caller, campaign_id))


def standings(work: Work, campaign: Campaign, *, hold: bool = False) -> Standings:
    """Rank every category's eligible entries by the scores that are in. `hold`: nothing changes meanwhile."""
    rules = campaign.panel
    rubric = Rubric(rules.criteria)
    cases = {case.entry_id: case for case in work.cases.eligible(campaign.campaign_id, hold=hold)}
    given = work.assessments.scores_of_entries(cases.keys())
    sheets: dict[str, list[Sheet]] = {category.key: [] for category in campaign.definition.categories}
    for case in cases.values():
        scores = given.get(case.entry_id, {})
        totals = {expert: rubric.total(own) for expert, own in scores.items() if own is not None}
        sheet = Sheet(case.entry_id, case.receipt_number, totals, outstanding=len(scores) - len(totals))
        sheets.setdefault(case.category, []).append(sheet)
    return Standings(campaign, cases, {key: rank(entries, rules) for key, entries in sheets.items()})


def totals_in(given: Sequence[Mapping[str, int] | None], rubric: Rubric) -> tuple[Fraction, ...]:
    """The weighted totals of the scores that are in."""
    return tuple(rubric.total(scores) for scores in given if scores is not None)


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
