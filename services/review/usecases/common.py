"""What several use cases ask first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from contracts.events import AssessmentRevokedV1
from services.review.domain.acts import Act, Actor
from services.review.domain.assessments import Assessment, AssessmentCommand, AssessmentState, StrikeReason, after
from services.review.domain.assignment import Panel
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import Case, Revision
from services.review.domain.errors import (
    ExpertInSecretariatError,
    ListClosedError,
    UnknownCampaignError,
    UnknownCaseError,
)
from services.review.domain.materials import Inspection, MaterialVerdict, Pictures, inspected_as, stem_for
from services.review.ports import Work


def the_campaign(work: Work, campaign_id: str) -> Campaign:
    """Raises UnknownCampaignError."""
    campaign = work.campaigns.get(campaign_id)
    if campaign is None:
        raise UnknownCampaignError(campaign=campaign_id)
    return campaign


def the_panel(work: Work, campaign: Campaign) -> Panel:
    """Experts and conflicts of a campaign. Raises NoPanelError."""
    rules = campaign.panel
    return Panel(rules, work.panel.experts(campaign.campaign_id), work.panel.marks(campaign.campaign_id))


def hold_case(work: Work, caller: Actor, entry_id: UUID) -> tuple[Case, Revision, Campaign]:
    """A case that the secretariat works on, locked, with the revision that stands.

    Raises UnknownCaseError, UnknownCampaignError, ExpertInSecretariatError.
    """
    case = work.cases.lock(entry_id)
    revision = work.cases.revision(entry_id, case.revision) if case else None
    if case is None or revision is None:
        raise UnknownCaseError(entry=str(entry_id))
    return case, revision, the_desk(work, caller, case.campaign_id)


def on_panel(work: Work, caller: Actor, campaign_id: str) -> bool:
    """Whether the caller is among a campaign's experts."""
    return work.panel.expert(campaign_id, caller.account_id) is not None


def ensure_not_on_panel(work: Work, caller: Actor, campaign_id: str) -> None:
    """Who scores in a campaign sees nothing of its secretariat's desk, whatever other roles the account has.

    Else a conflicted expert could read there what is kept from him. Raises ExpertInSecretariatError.
    """
    if on_panel(work, caller, campaign_id):
        raise ExpertInSecretariatError(campaign=campaign_id)


def the_desk(work: Work, caller: Actor, campaign_id: str) -> Campaign:
    """A campaign for who is not among its experts. Raises UnknownCampaignError, ExpertInSecretariatError."""
    ensure_not_on_panel(work, caller, campaign_id)
    return the_campaign(work, campaign_id)


def ensure_list_open(work: Work, campaign_id: str) -> None:
    """Scores and panel may change until notice is given or the decision published. Raises ListClosedError.

    Asked while the panel is held, or the eligible case in question is locked: drawing up a list holds both.
    """
    if work.lists.notice(campaign_id) is not None or work.lists.decision(campaign_id) is not None:
        raise ListClosedError(campaign=campaign_id)


def pictures_of(work: Work, revision: Revision, verdicts: Mapping[UUID, MaterialVerdict]) -> Mapping[UUID, Pictures]:
    """What is shown of each material of a revision, where pictures of it were made."""
    stems = {
        material.material_id: stem_for(material.material_id, verdicts.get(material.material_id))
        for material in revision.materials
    }
    known = work.cases.pictures(set(stems.values()))
    return {material_id: known[stem] for material_id, stem in stems.items() if stem in known}


def inspections_of(
    work: Work, revision: Revision, verdicts: Mapping[UUID, MaterialVerdict]
) -> Mapping[UUID, Inspection]:
    """What media advises about each video of a revision, once it has watched it."""
    watched = {
        material.material_id: inspected_as(material.material_id, verdicts.get(material.material_id))
        for material in revision.materials
    }
    known = work.cases.inspections(set(watched.values()))
    return {material_id: known[first] for material_id, first in watched.items() if first in known}


def end(work: Work, assessment: Assessment, state: AssessmentState, reason: str, *, told: str) -> None:
    """Take an assessment from its expert, and say so. `reason` stays here; `told`, a slug, is what others hear."""
    now = work.now()
    ended = replace(assessment, state=state, ended_at=now, reason=reason)
    if assessment.state is not AssessmentState.SUBMITTED:  # what was not handed in stays nobody's but his own
        ended = replace(ended, scores=None, comment="")
    work.assessments.put(ended)
    work.emit(
        AssessmentRevokedV1(
            assessment_id=assessment.assessment_id,
            entry_id=assessment.entry_id,
            campaign_id=assessment.campaign_id,
            expert_id=assessment.expert_id,
            reason=told,
            revoked_at=now,
        ),
        subject=str(assessment.entry_id),
    )


def strike(work: Work, assessments: Iterable[Assessment], reason: StrikeReason, *, by: Actor | None = None) -> int:
    """End assessments whose ground is gone; their cases must be locked. Returns how many there were."""
    struck = 0
    for assessment in assessments:
        state = after(assessment.state, AssessmentCommand.STRIKE)
        if state is None:
            continue
        end(work, assessment, state, reason.value, told=reason.value)
        work.record(
            Act(
                campaign_id=assessment.campaign_id,
                subject=str(assessment.entry_id),
                action="assessment.struck",
                by=by,
                before={"assessment_id": str(assessment.assessment_id), "state": assessment.state.value},
                after={"state": state.value},
                reason=reason.value,
            )
        )
        struck += 1
    return struck


def strike_conflicted(work: Work, campaign: Campaign, expert_id: UUID, *, by: Actor) -> int:
    """Take from an expert what he must not touch (any more). Returns how many entries that were."""
    panel = the_panel(work, campaign)
    theirs = [a for a in work.assessments.live_of_expert(expert_id) if a.campaign_id == campaign.campaign_id]
    cases = work.cases.lock_all({assessment.entry_id for assessment in theirs})
    conflicted = [
        assessment
        for assessment in work.assessments.live_of_entries(cases.keys())
        if assessment.expert_id == expert_id and panel.in_conflict(expert_id, cases[assessment.entry_id])
    ]
    return strike(work, conflicted, StrikeReason.CONFLICT, by=by)
