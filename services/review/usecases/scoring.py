"""An expert's work: his queue, one entry, his scores, his recusal.

Nothing about an entry that he must not touch comes out of here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.events import AssessmentSubmittedV1
from services.review.domain import assessments
from services.review.domain.acts import Act, Actor
from services.review.domain.assessments import Assessment, AssessmentCommand, AssessmentState
from services.review.domain.assignment import Panel
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case, CaseState, Revision
from services.review.domain.conflicts import ConflictKind, Mark
from services.review.domain.errors import AlreadySubmittedError, UnknownAssessmentError
from services.review.domain.materials import Inspection, MaterialVerdict, Pictures
from services.review.domain.scoring import Rubric
from services.review.ports import Work
from services.review.usecases.common import end, ensure_list_open, inspections_of, pictures_of, the_campaign
from services.review.usecases.resembling import Alike, alike_in


@dataclass(frozen=True, slots=True)
class Task:
    """An assessment with the case it is about."""

    assessment: Assessment
    case: Case


@dataclass(frozen=True, slots=True)
class Paper:
    """What an expert reads and scores: the revision that was assigned, and the rubric."""

    assessment: Assessment
    case: Case
    revision: Revision
    verdicts: Mapping[UUID, MaterialVerdict]
    pictures: Mapping[UUID, Pictures]
    inspections: Mapping[UUID, Inspection]
    alike: Sequence[Alike]
    """What its files resemble of entries that are the caller's own work, too; of others he learns nothing."""
    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of an expert's work; `following` is the key that the next page comes after."""

    tasks: Sequence[Task]
    following: tuple[datetime, UUID] | None


def own_queue(work: Work, caller: Actor, after: tuple[datetime, UUID] | None, limit: int) -> Queue:
    """The caller's own work, oldest assignment first; `limit` rows at most, fewer if some must not be shown."""
    found = work.assessments.live_of_expert(caller.account_id, after, limit + 1)
    here = found[:limit]
    cases = work.cases.several({assessment.entry_id for assessment in here})
    sees: dict[str, Callable[[Case], bool]] = {}
    for campaign_id in {assessment.campaign_id for assessment in here}:
        sees[campaign_id] = _eyes(work, caller, work.campaigns.get(campaign_id))
    return Queue(
        tasks=[Task(a, cases[a.entry_id]) for a in here if sees[a.campaign_id](cases[a.entry_id])],
        following=(here[-1].assigned_at, here[-1].assessment_id) if len(found) > limit else None,
    )


def _eyes(work: Work, caller: Actor, campaign: Campaign | None) -> Callable[[Case], bool]:
    """Whether the caller may see a case. The last line: whatever the tables say, a conflicted entry is not shown."""
    expert = work.panel.expert(campaign.campaign_id, caller.account_id) if campaign else None
    if campaign is None or expert is None:
        return lambda _case: False
    panel = Panel(campaign.panel, [expert], work.panel.marks_on(campaign.campaign_id, caller.account_id))
    return lambda case: case.state is CaseState.ELIGIBLE and not panel.in_conflict(caller.account_id, case)


def own_paper(work: Work, caller: Actor, assessment_id: UUID) -> Paper:
    """One entry that the caller has to score. Raises UnknownAssessmentError, the same for another's and for none."""
    campaign, assessment, case = _own(work, caller, assessment_id)
    revision = work.cases.revision(case.entry_id, assessment.revision)
    if revision is None:
        raise UnknownAssessmentError(assessment=str(assessment_id))
    verdicts = work.cases.verdicts({material.material_id for material in revision.materials})
    own = {live.entry_id for live in work.assessments.live_of_expert(caller.account_id)}

    def may_see(other: Case) -> bool:
        return other.entry_id in own and _eyes(work, caller, work.campaigns.get(other.campaign_id))(other)

    return Paper(
        assessment,
        case,
        revision,
        verdicts,
        pictures_of(work, revision, verdicts),
        inspections_of(work, revision, verdicts),
        alike_in(work, revision.materials, may_see),
        campaign,
    )


def _own(work: Work, caller: Actor, assessment_id: UUID) -> tuple[Campaign, Assessment, Case]:
    assessment = work.assessments.get(assessment_id)
    if assessment is None or assessment.expert_id != caller.account_id or not assessment.live:
        raise UnknownAssessmentError(assessment=str(assessment_id))
    campaign = the_campaign(work, assessment.campaign_id)
    case = work.cases.get(assessment.entry_id)
    if case is None or not _eyes(work, caller, campaign)(case):
        raise UnknownAssessmentError(assessment=str(assessment_id))
    return campaign, assessment, case


def save(work: Work, caller: Actor, assessment_id: UUID, scores: Mapping[str, object], comment: str) -> Assessment:
    """Keep what the caller has of his scores so far; nobody else sees it, and nothing is counted.

    Raises UnknownAssessmentError, ListClosedError, AlreadySubmittedError, ScoresInvalidError.
    """
    _, _, case = _own(work, caller, assessment_id)
    work.cases.lock(case.entry_id)
    campaign, assessment, case = _own(work, caller, assessment_id)
    ensure_list_open(work, campaign.campaign_id)
    if assessment.state is not AssessmentState.ASSIGNED:
        raise AlreadySubmittedError(at=assessment.submitted_at)
    begun = Rubric(campaign.panel.criteria).check_begun(scores)
    kept = replace(assessment, scores=begun, comment=comment)
    work.assessments.put(kept)
    return kept


def submit_scores(
    work: Work, caller: Actor, assessment_id: UUID, scores: Mapping[str, object], comment: str
) -> Assessment:
    """Hand scores in, for good. The same scores again are the same act; others are refused.

    Raises UnknownAssessmentError, ListClosedError, AlreadySubmittedError, ScoresInvalidError.
    """
    campaign, assessment, case = _own(work, caller, assessment_id)
    work.cases.lock(case.entry_id)
    campaign, assessment, case = _own(work, caller, assessment_id)  # as it stands now that nobody else may change it
    if assessment.state is AssessmentState.SUBMITTED and assessment.scores == scores and assessment.comment == comment:
        return assessment
    ensure_list_open(work, campaign.campaign_id)
    checked = Rubric(campaign.panel.criteria).check(scores)
    state = assessments.after(assessment.state, AssessmentCommand.SUBMIT)
    if state is None:
        raise AlreadySubmittedError(at=assessment.submitted_at)
    now = work.now()
    done = replace(assessment, state=state, scores=checked, comment=comment, submitted_at=now)
    work.assessments.put(done)
    work.emit(
        AssessmentSubmittedV1(
            assessment_id=assessment_id,
            entry_id=case.entry_id,
            campaign_id=campaign.campaign_id,
            expert_id=caller.account_id,
            submitted_at=now,
        ),
        subject=str(case.entry_id),
    )
    work.record(
        Act(
            campaign_id=campaign.campaign_id,
            subject=str(case.entry_id),
            action="assessment.submitted",
            by=caller,
            before={"assessment_id": str(assessment_id), "state": assessment.state.value},
            after={"state": state.value, "scores": checked, "comment": comment},
        )
    )
    return done


def recuse(work: Work, caller: Actor, assessment_id: UUID, reason: str) -> None:
    """Step back from an entry for good; scores already given no longer count. Doing it again changes nothing.

    Raises UnknownAssessmentError, ListClosedError.
    """
    left = _leave(work, caller, assessment_id, AssessmentCommand.RECUSE, reason)
    if left is not None:
        mark = Mark(caller.account_id, ConflictKind.DECLARED, left.entry_id, None, reason)
        work.panel.add_mark(left.campaign_id, mark, caller)


def abstain(work: Work, caller: Actor, assessment_id: UUID, reason: str) -> None:
    """Give an entry back that the caller has no conflict with and cannot judge: no score, and another takes the seat.

    Doing it again changes nothing. Raises UnknownAssessmentError, ListClosedError, AlreadySubmittedError.
    """
    _leave(work, caller, assessment_id, AssessmentCommand.ABSTAIN, reason)


def _leave(
    work: Work, caller: Actor, assessment_id: UUID, command: AssessmentCommand, reason: str
) -> Assessment | None:
    """What was left; None if it had been before. Others hear of how, not why: the reason stays in review."""

    def is_done() -> bool:
        known = work.assessments.get(assessment_id)
        outcome = assessments.after(AssessmentState.ASSIGNED, command)
        return known is not None and known.expert_id == caller.account_id and known.state is outcome

    if is_done():
        return None
    campaign, _, case = _own(work, caller, assessment_id)
    work.hold_panel(campaign.campaign_id)
    ensure_list_open(work, campaign.campaign_id)
    work.cases.lock(case.entry_id)
    if is_done():
        return None  # a second click that waited for the first
    _, assessment, case = _own(work, caller, assessment_id)
    state = assessments.after(assessment.state, command)
    if state is None:
        raise AlreadySubmittedError(at=assessment.submitted_at)
    end(work, assessment, state, reason, told=state.value)
    work.record(
        Act(
            campaign_id=campaign.campaign_id,
            subject=str(case.entry_id),
            action=f"assessment.{state.value}",
            by=caller,
            before={"assessment_id": str(assessment_id), "state": assessment.state.value},
            after={"state": state.value},
            reason=reason,
        )
    )
    return assessment
