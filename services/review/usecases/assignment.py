"""Assignment: every eligible entry gets its experts, evenly, without conflicts; who has an entry keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from contracts.events import AssessmentAssignedV1
from services.review.domain.acts import Act, Actor
from services.review.domain.assessments import Assessment, AssessmentState, StrikeReason
from services.review.domain.assignment import loads, vacancies
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import CaseState
from services.review.domain.errors import DueMissingError
from services.review.ports import Balancer, Work
from services.review.usecases.common import (
    ensure_list_open,
    strike,
    the_desk,
    the_panel,
)


@dataclass(frozen=True, slots=True)
class Assigned:
    """What an assignment did."""

    entries: int
    kept: int
    assigned: int
    struck: int
    loads: Mapping[UUID, int]


def assign(work: Work, balancer: Balancer, caller: Actor, campaign_id: str) -> Assigned:
    """Fill every empty seat of the campaign's eligible entries, or none.

    Doing it again keeps what is there and fills what has become empty: after a recusal, a pinned conflict, a disabled
    account, a new eligible entry. Two at once: the second waits, and finds nothing left to do.

    Raises UnknownCampaignError, ExpertInSecretariatError, NoPanelError, ListClosedError, DueMissingError,
    CannotCoverError.
    """
    campaign = the_desk(work, caller, campaign_id)
    due_at = campaign.review_due
    if due_at is None:
        raise DueMissingError(campaign=campaign_id)
    work.hold_panel(campaign_id)
    ensure_list_open(work, campaign_id)
    panel = the_panel(work, campaign)
    struck = _strike_disabled(work, campaign, caller)
    cases = {case.entry_id: case for case in work.cases.eligible(campaign_id)}
    live = [assessment for assessment in work.assessments.live(campaign_id) if assessment.entry_id in cases]
    before = loads(panel.experts, live)
    seats = balancer.fill(vacancies(panel, cases.values(), live, work.assessments.declined(campaign_id)), before)
    # A case may have been withdrawn while the seats were worked out: what has changed gets none.
    held = work.cases.lock_all({seat.entry_id for seat in seats})
    now = work.now()
    added = [
        Assessment(
            assessment_id=uuid4(),
            campaign_id=campaign_id,
            entry_id=case.entry_id,
            category=case.category,
            expert_id=seat.expert_id,
            revision=case.revision,
            due_at=due_at,
            assigned_at=now,
        )
        for seat in seats
        if (case := held[seat.entry_id]).state is CaseState.ELIGIBLE and case == cases[seat.entry_id]
    ]
    work.assessments.add(added)
    for assessment in added:
        work.emit(
            AssessmentAssignedV1(
                assessment_id=assessment.assessment_id,
                entry_id=assessment.entry_id,
                campaign_id=campaign_id,
                category=assessment.category,
                expert_id=assessment.expert_id,
                due_at=due_at,
                assigned_at=now,
            ),
            subject=str(assessment.entry_id),
        )
    if added or struck:
        work.record(
            Act(
                campaign_id=campaign_id,
                subject=campaign_id,
                action="panel.assigned",
                by=caller,
                after={
                    "assigned": [[str(a.entry_id), str(a.expert_id), str(a.assessment_id)] for a in added],
                    "struck": struck,
                },
            )
        )
    return Assigned(len(cases), len(live), len(added), struck, loads(panel.experts, [*live, *added]))


def _strike_disabled(work: Work, campaign: Campaign, caller: Actor) -> int:
    """Take unfinished work from experts whose accounts were disabled; what they submitted stands."""
    disabled = {expert.account_id for expert in work.panel.experts(campaign.campaign_id) if expert.disabled}
    if not disabled:
        return 0
    left = {a.entry_id for a in work.assessments.live(campaign.campaign_id) if a.expert_id in disabled}
    work.cases.lock_all(left)
    unfinished = [
        assessment
        for assessment in work.assessments.live_of_entries(left)
        if assessment.expert_id in disabled and assessment.state is AssessmentState.ASSIGNED
    ]
    return strike(work, unfinished, StrikeReason.ACCOUNT_DISABLED, by=caller)
