"""Ranking, public notice, decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from services.review.api import views
from services.review.api.bodies import CampaignId, DecisionBody, NoticeBody
from services.review.api.context import PREFIX, Shared
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.domain.campaigns import Campaign
from services.review.domain.lists import Decision, Notice
from services.review.domain.scoring import exact, shown
from services.review.permissions import Action, allowed
from services.review.problems import public_refusals, refusals
from services.review.usecases import publishing
from services.review.usecases.ranking import Standings, read_ranking

router = APIRouter(prefix=PREFIX, tags=["lists"])
_DESK = (e.UnknownCampaignError, e.ExpertInSecretariatError, e.NoPanelError)
_DRAWING_UP = (
    e.UnknownCategoryError,
    e.PlacesMissingError,
    e.OverCapError,
    e.ScoresMissingError,
    e.TieAtTheCutError,
    e.ChoiceInvalidError,
    e.NothingToListError,
    e.AlreadyPublishedError,
)


@router.get(
    "/campaigns/{c}/ranking", summary="The ranking, worked out anew from the record", responses=refusals(*_DESK)
)
def read(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.READ_RANKING))], c: CampaignId
) -> views.RankingView:
    with shared.review.read() as work:
        found = read_ranking(work, who, c)
    return _ranking(found)


def _ranking(found: Standings) -> views.RankingView:
    rules = found.campaign.panel
    shown_categories = []
    for category in found.campaign.definition.categories:
        ranking = found.by_category[category.key]
        ranked = []
        for entry in ranking.ranked:
            case = found.cases[entry.entry_id]
            ranked.append(
                views.RankedView(
                    rank=entry.rank,
                    tied=entry.tied,
                    total=shown(entry.total),
                    exact=exact(entry.total),
                    entry_id=entry.entry_id,
                    title=case.title,
                    unit=case.unit,
                    receipt_number=case.receipt_number,
                )
            )
        incomplete = []
        for lacking in ranking.incomplete:
            case = found.cases[lacking.entry_id]
            incomplete.append(
                views.IncompleteView(
                    entry_id=lacking.entry_id,
                    title=case.title,
                    unit=case.unit,
                    receipt_number=case.receipt_number,
                    submitted=lacking.submitted,
                    needed=lacking.needed,
                )
            )
        shown_categories.append(
            views.CategoryRankingView(category=category.key, title=category.title, ranked=ranked, incomplete=incomplete)
        )
    return views.RankingView(
        campaign_id=found.campaign.campaign_id,
        aggregation=rules.rule,
        experts_per_entry=rules.experts_per_entry,
        categories=shown_categories,
    )


@router.post(
    "/campaigns/{c}/notice",
    status_code=201,
    summary="Give public notice of the proposed list; scores and panel stand from now on",
    responses=refusals(*_DESK, *_DRAWING_UP, e.NoticeTimesError, e.NoticeAlreadyOpenError),
)
def open_notice(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.OPEN_NOTICE))], c: CampaignId, body: NoticeBody
) -> views.NoticeView:
    cut = publishing.Cut(body.per_category, body.chosen)
    with shared.review.change() as work:
        notice = publishing.open_notice(work, who, c, cut, opens_at=body.opens_at, closes_at=body.closes_at)
        campaign = work.campaigns.get(c)
    if campaign is None:
        raise e.UnknownCampaignError(campaign=c)
    return notice_view(campaign, notice)


@router.get("/campaigns/{c}/notice", summary="The public notice", responses=public_refusals(e.NotPublishedError))
def read_notice(shared: Shared, c: CampaignId) -> views.NoticeView:
    with shared.review.read() as work:
        campaign, notice = publishing.read_notice(work, c)
    return notice_view(campaign, notice)


@router.post(
    "/campaigns/{c}/decision",
    status_code=201,
    summary="Publish the final list, once",
    responses=refusals(*_DESK, *_DRAWING_UP, e.NoticeStillOpenError, e.DiffersFromNoticeError),
)
def publish(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.PUBLISH_DECISION))],
    c: CampaignId,
    body: DecisionBody,
) -> views.DecisionView:
    cut = publishing.Cut(body.per_category, body.chosen)
    with shared.review.change() as work:
        publishing.publish_decision(work, who, c, cut, number=body.number, issuer=body.issuer)
        campaign, decision = publishing.read_decision(work, c)
    return decision_view(campaign, decision)


@router.get("/campaigns/{c}/decision", summary="The final list", responses=public_refusals(e.NotPublishedError))
def read_decision(shared: Shared, c: CampaignId) -> views.DecisionView:
    with shared.review.read() as work:
        campaign, decision = publishing.read_decision(work, c)
    return decision_view(campaign, decision)


def notice_view(campaign: Campaign, notice: Notice) -> views.NoticeView:
    """As the public sees it."""
    return views.NoticeView(
        campaign_id=notice.campaign_id,
        title=campaign.definition.title,
        organiser=campaign.definition.organiser,
        opens_at=notice.opens_at,
        closes_at=notice.closes_at,
        listed=[candidate.listed() for candidate in notice.listed],
    )


def decision_view(campaign: Campaign, decision: Decision) -> views.DecisionView:
    """As the public sees it."""
    return views.DecisionView(
        campaign_id=decision.campaign_id,
        title=campaign.definition.title,
        organiser=campaign.definition.organiser,
        number=decision.number,
        issuer=decision.issuer,
        published_at=decision.published_at,
        listed=[candidate.listed() for candidate in decision.listed],
    )
