"""What the secretariat has in hand: claims, the next case, drafts and their release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.review.api import desk_views, parts, views
from services.review.api.bodies import CampaignId, ClaimBody, EligibilityBody, NextBody, ReleaseBody
from services.review.api.cases import RULING, asked_by
from services.review.api.context import PREFIX, Context, Shared
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.domain.cases import CaseState
from services.review.domain.drafts import Standing
from services.review.permissions import Action, allowed
from services.review.ports import CaseFilter
from services.review.problems import problem_of, refusals
from services.review.usecases import claiming, eligibility, reading
from services.review.usecases.common import the_desk

router = APIRouter(prefix=PREFIX, tags=["eligibility"])

Reader = Annotated[Actor, Depends(allowed(Action.READ_CASES))]
Clerk = Annotated[Actor, Depends(allowed(Action.RULE))]
_CASE = (e.UnknownCaseError, e.UnknownCampaignError, e.ExpertInSecretariatError)


@router.get("/campaigns", summary="Campaigns, and how far their eligibility review is", responses=refusals())
def list_campaigns(shared: Shared, who: Reader) -> list[desk_views.CampaignStanding]:
    with shared.review.read() as work:
        found = reading.overview(work, who)
    return [
        desk_views.CampaignStanding(
            campaign_id=campaign.campaign_id,
            title=campaign.definition.title,
            standing=standing_views(standing),
            drafts=standing.drafts,
            claimed=standing.claimed,
        )
        for campaign, standing in found
    ]


def standing_views(standing: Standing) -> list[desk_views.StandingView]:
    return [
        desk_views.StandingView(category=category, state=CaseState(state), cases=number)
        for (category, state), number in sorted(standing.cases.items())
    ]


@router.post(
    "/campaigns/{c}/cases/next",
    summary="Claim the oldest open case that nobody works on",
    responses=refusals(e.UnknownCampaignError, e.ExpertInSecretariatError, e.NothingOpenError),
)
def claim_next(shared: Shared, who: Clerk, c: CampaignId, body: NextBody) -> views.CaseView:
    wanted = CaseFilter(c, category=body.category, reader=who.account_id, words=body.words)
    with shared.review.change() as work:
        taken = claiming.claim_next(work, who, wanted, body.skipped)
        file = reading.case_file(work, who, taken.entry_id)
    return parts.case_view(file, shared.links)


@router.put(
    "/cases/{entry_id}/claim",
    summary="Claim a case, or keep it for another while",
    responses=refusals(*_CASE, e.CaseClaimedError),
)
def claim(shared: Shared, who: Clerk, entry_id: UUID, body: ClaimBody) -> views.ClaimView | None:
    take = claiming.take_over if body.take_over else claiming.claim
    with shared.review.change() as work:
        taken = take(work, who, entry_id)
    return parts.claim_view(taken) if taken else None


@router.delete(
    "/cases/{entry_id}/claim", status_code=204, summary="Let others work on the case", responses=refusals(*_CASE)
)
def give_back(shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    with shared.review.change() as work:
        claiming.give_back(work, who, entry_id)
    return Response(status_code=204)


@router.put(
    "/cases/{entry_id}/draft",
    summary="Draft a ruling that the unit does not hear of before its release",
    responses=refusals(*RULING),
)
def draft(shared: Shared, who: Clerk, entry_id: UUID, body: EligibilityBody) -> views.DraftView:
    with shared.review.change() as work:
        drafted = eligibility.draft(work, who, asked_by(entry_id, body))
    return parts.draft_view(drafted)


@router.delete(
    "/cases/{entry_id}/draft",
    status_code=204,
    summary="Take a draft back",
    responses=refusals(*_CASE, e.CaseClaimedError),
)
def discard(shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    with shared.review.change() as work:
        eligibility.discard(work, who, entry_id)
    return Response(status_code=204)


@router.post(
    "/campaigns/{c}/releases",
    summary="Rule as the drafts say, each by itself: what is refused keeps no other back",
    responses=refusals(e.UnknownCampaignError, e.ExpertInSecretariatError),
)
def release(shared: Shared, who: Clerk, c: CampaignId, body: ReleaseBody) -> desk_views.ReleaseView:
    return release_each(shared, who, c, body.entry_ids)


def release_each(shared: Context, who: Actor, campaign_id: str, entry_ids: Iterable[UUID]) -> desk_views.ReleaseView:
    """Each draft in a transaction of its own. Raises UnknownCampaignError, ExpertInSecretariatError."""
    released, refused = [], []
    with shared.review.read() as work:
        the_desk(work, who, campaign_id)
    for entry_id in dict.fromkeys(entry_ids):
        try:
            with shared.review.change() as work:
                eligibility.release(work, who, entry_id, campaign_id)
            released.append(entry_id)
        except e.ReviewError as error:
            problem = problem_of(error)
            zh, en = problem.detail_zh or problem.type.zh, problem.detail_en or problem.type.en
            refused.append(desk_views.RefusedRelease(entry_id=entry_id, slug=error.slug, zh=zh, en=en))
    return desk_views.ReleaseView(released=released, refused=refused)
