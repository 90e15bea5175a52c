"""What the secretariat and supervisors read: the queue, a case with everything about it, the panel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from services.review.domain.acts import Actor
from services.review.domain.aggregation import BY_ENTRY
from services.review.domain.assessments import Assessment, AssessmentState
from services.review.domain.assignment import loads
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case, CaseState, Revision, Verdict
from services.review.domain.checks import Check, Evidence, checks_of
from services.review.domain.conflicts import Expert, Mark
from services.review.domain.drafts import Draft, Standing
from services.review.domain.errors import UnknownCaseError
from services.review.domain.materials import Inspection, MaterialVerdict, Pictures
from services.review.domain.notes import Note
from services.review.domain.papers import Paper
from services.review.domain.scoring import Rubric, is_complete
from services.review.ports import CaseFilter, InHand, Queued, Recorded, Tally, Work
from services.review.usecases.common import (
    ensure_not_on_panel,
    inspections_of,
    on_panel,
    pictures_of,
    the_desk,
)
from services.review.usecases.ranking import totals_in
from services.review.usecases.resembling import Alike, alike_in


@dataclass(frozen=True, slots=True)
class Progress:
    """How the scoring of an entry stands; a total only when all scores are in, where no other entry bears on it."""

    needed: int
    submitted: int
    outstanding: int
    total: Fraction | None = None

    @property
    def complete(self) -> bool:
        """Whether all scores are in."""
        return is_complete(self.submitted, self.outstanding, self.needed)


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the queue, or at the head of its own page."""

    case: Case | Queued
    tally: Tally
    progress: Progress | None
    alike: bool = False


@dataclass(frozen=True, slots=True)
class CaseFile:
    """Everything about a case, on one page."""

    case: Case
    campaign: Campaign | None
    revision: Revision
    verdicts: Mapping[UUID, MaterialVerdict]
    pictures: Mapping[UUID, Pictures]
    inspections: Mapping[UUID, Inspection]
    alike: Sequence[Alike]
    checks: Sequence[Check]
    assessments: Sequence[Assessment]
    """Without scores and comments until all scores are in."""
    experts: Mapping[UUID, Expert]
    progress: Progress | None
    in_hand: InHand
    draft: Draft | None
    """The last that was drafted; it is void, and still somebody's work, if another revision stands now."""
    papers: Sequence[Paper]
    notes: Sequence[Note]
    record: Sequence[Recorded]


@dataclass(frozen=True, slots=True)
class Member:
    """An expert, what he has to do, and what the secretariat should know of his mail."""

    expert: Expert
    assigned: int
    submitted: int
    notes: Sequence[Note]


def queue(
    work: Work, caller: Actor, wanted: CaseFilter, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row]:
    """The campaign's cases by time of submission. Raises UnknownCampaignError, ExpertInSecretariatError."""
    campaign = the_desk(work, caller, wanted.campaign_id)
    rubric = Rubric(campaign.panel.criteria) if campaign.definition.panel else None
    return [
        Row(queued, queued.tally, _progress(campaign, rubric, queued.given), queued.alike)
        for queued in work.cases.queue(wanted, after, limit)
    ]


def in_hand(work: Work, rows: Iterable[Row]) -> Mapping[UUID, InHand]:
    """Of these rows of a queue, who has which in hand."""
    return work.clerks.in_hand([row.case.entry_id for row in rows if row.case.state is CaseState.OPEN])


def overview(work: Work, caller: Actor) -> Sequence[tuple[Campaign, Standing]]:
    """Each campaign with how its cases stand; without those in which the caller is an expert."""
    return [
        (campaign, work.clerks.standing(campaign.campaign_id))
        for campaign in work.campaigns.all()
        if not on_panel(work, caller, campaign.campaign_id)
    ]


def proposed(work: Work, caller: Actor, campaign_id: str, limit: int) -> Sequence[tuple[Draft, Case]]:
    """What could be released now, oldest draft first. Raises UnknownCampaignError, ExpertInSecretariatError."""
    the_desk(work, caller, campaign_id)
    found = work.clerks.drafts(campaign_id, limit)
    cases = work.cases.several({draft.entry_id for draft in found})
    return [(draft, cases[draft.entry_id]) for draft in found]


def _progress(campaign: Campaign, rubric: Rubric | None, given: Sequence[Mapping[str, int] | None]) -> Progress | None:
    if rubric is None:
        return None
    rules = campaign.panel
    totals = totals_in(given, rubric)
    outstanding = len(given) - len(totals)
    progress = Progress(rules.experts_per_entry, len(totals), outstanding)
    own_rule = BY_ENTRY.get(rules.rule)
    return replace(progress, total=own_rule(totals)) if own_rule and progress.complete else progress


def the_case(work: Work, caller: Actor, entry_id: UUID) -> tuple[Case, Campaign]:
    """A case with its campaign. Raises UnknownCaseError, UnknownCampaignError, ExpertInSecretariatError."""
    case = work.cases.get(entry_id)
    if case is None or case.revision == 0:
        raise UnknownCaseError(entry=str(entry_id))
    return case, the_desk(work, caller, case.campaign_id)


def case_file(work: Work, caller: Actor, entry_id: UUID) -> CaseFile:
    """A case with its newest revision, checks, assessments and record.

    Raises UnknownCaseError, ExpertInSecretariatError.
    """
    case = work.cases.get(entry_id)
    revision = work.cases.revision(entry_id, case.revision) if case else None
    if case is None or revision is None:
        raise UnknownCaseError(entry=str(entry_id))
    ensure_not_on_panel(work, caller, case.campaign_id)
    campaign = work.campaigns.get(case.campaign_id)
    verdicts = work.cases.verdicts({material.material_id for material in revision.materials})
    evidence = Evidence(
        definition=campaign.definition if campaign else None,
        extensions=campaign.extensions if campaign else (),
        verdicts=verdicts,
        doubts=work.cases.doubts({material.material_id for material in revision.materials}),
        siblings=work.cases.siblings(case),
        mend_by=_mend_by(work, revision),
    )
    known = work.assessments.of_entry(entry_id)
    given = [a.scores if a.state is AssessmentState.SUBMITTED else None for a in known if a.live]
    rubric = Rubric(campaign.panel.criteria) if campaign and campaign.definition.panel else None
    progress = _progress(campaign, rubric, given) if campaign else None
    all_in = progress is not None and progress.complete
    experts = {expert.account_id: expert for expert in work.panel.experts(case.campaign_id)}
    return CaseFile(
        case=case,
        campaign=campaign,
        revision=revision,
        verdicts=verdicts,
        pictures=pictures_of(work, revision, verdicts),
        inspections=inspections_of(work, revision, verdicts),
        alike=alike_in(work, revision.materials, lambda other: not on_panel(work, caller, other.campaign_id)),
        checks=checks_of(case, revision, evidence),
        assessments=known if all_in else [replace(a, scores=None, comment="") for a in known],
        experts=experts,
        progress=progress,
        in_hand=work.clerks.in_hand([entry_id]).get(entry_id, InHand()),
        draft=work.clerks.draft(entry_id),
        papers=work.papers.of_entry(entry_id),
        notes=work.notes.about([case.unit.code], case.campaign_id).get(case.unit.code, ()),
        record=[_discreet(recorded) for recorded in work.record_of(str(entry_id))],
    )


def _mend_by(work: Work, revision: Revision) -> datetime | None:
    """Until when this revision could be handed in, if the one before it was returned."""
    before = work.cases.revision(revision.entry_id, revision.number - 1)
    ruling = before.ruling if before else None
    return ruling.mend_by if ruling and ruling.verdict is Verdict.RETURN else None


_PRIVATE = frozenset({"scores", "comment"})


def _discreet(recorded: Recorded) -> Recorded:
    """An act without what an expert wrote: that is shown with his assessment, when all scores are in."""
    act = recorded.act
    return replace(recorded, act=replace(act, after={k: v for k, v in act.after.items() if k not in _PRIVATE}))


def members(work: Work, caller: Actor, campaign_id: str) -> Sequence[Member]:
    """The panel by account. Raises UnknownCampaignError, ExpertInSecretariatError."""
    the_desk(work, caller, campaign_id)
    experts = work.panel.experts(campaign_id)
    live = work.assessments.live(campaign_id)
    total = loads(experts, live)
    submitted = loads(experts, (a for a in live if a.state is AssessmentState.SUBMITTED))
    notes = work.notes.about([str(expert.account_id) for expert in experts], campaign_id)
    return [
        Member(
            expert,
            assigned=total[expert.account_id],
            submitted=submitted[expert.account_id],
            notes=notes.get(str(expert.account_id), ()),
        )
        for expert in experts
    ]


def marks(work: Work, caller: Actor, campaign_id: str) -> Sequence[Mark]:
    """Declared and pinned conflicts, oldest first. Raises UnknownCampaignError, ExpertInSecretariatError."""
    the_desk(work, caller, campaign_id)
    return work.panel.marks(campaign_id)
