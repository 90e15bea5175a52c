"""The ranking, the public notice and the decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.lapses import pairs_of
from infra.web.problems import Problem
from services.review.api.bodies import CampaignId, DecisionBody, NoticeBody
from services.review.api.context import Context, Shared
from services.review.domain.acts import Actor
from services.review.domain.scoring import exact, shown
from services.review.pages.shell import PAGES, REFUSALS, end_of, may, page_actor, refusal
from services.review.permissions import Action
from services.review.usecases import publishing
from services.review.usecases.ranking import read_ranking

router = APIRouter(include_in_schema=False)

Reader = Annotated[Actor, Depends(page_actor(Action.READ_RANKING))]
Announcer = Annotated[Actor, Depends(page_actor(Action.OPEN_NOTICE))]
Publisher = Annotated[Actor, Depends(page_actor(Action.PUBLISH_DECISION))]
Sent = Sequence[tuple[str, str]]
_PLACES = "places:"


@router.get("/review/campaigns/{c}/ranking")
def ranking(request: Request, shared: Shared, who: Reader, c: CampaignId) -> Response:
    """Worked out anew from the record; with the forms of what comes next."""
    return _ranking(request, shared, who, c)


def _ranking(
    request: Request,
    shared: Context,
    who: Actor,
    c: str,
    sent: Sent = (),
    problem: Problem | None = None,
) -> Response:
    with shared.review.read() as work:
        found = read_ranking(work, who, c)
        notice, decision, now = work.lists.notice(c), work.lists.decision(c), work.now()
    return PAGES.show(
        request,
        "ranking.html",
        status=problem.type.status if problem else 200,
        campaign=found.campaign,
        definition=found.campaign.definition,
        zone=found.campaign.definition.zone,
        found=found,
        notice=notice,
        decision=decision,
        now=now,
        sent=dict(sent),
        chosen={text for name, text in sent if name == "chosen"},
        problem=problem,
        shown=shown,
        exact=exact,
        may_publish=may(request, Action.PUBLISH_DECISION),
    )


def _cut(sent: Sent) -> dict[str, Any]:
    """Places by category, where they are given, and who was chosen among equals."""
    places = [(name.removeprefix(_PLACES), text.strip()) for name, text in sent if name.startswith(_PLACES)]
    return {
        "per_category": {key: int(text) if text.isdecimal() else text for key, text in places if text},
        "chosen": [text for name, text in sent if name == "chosen"],
    }


async def _do(
    request: Request, shared: Context, who: Actor, c: str, act: Callable[[Any, Sent, ZoneInfo], None]
) -> Response:
    sent = await pairs_of(request)

    def work_on_it() -> Response:
        try:
            with shared.review.change() as work:
                found = read_ranking(work, who, c)
                act(work, sent, found.campaign.definition.zone)
        except REFUSALS as error:
            return _ranking(request, shared, who, c, sent, refusal(error))
        return _ranking(request, shared, who, c)

    return await run_in_threadpool(work_on_it)


@router.post("/review/campaigns/{c}/notice")
async def open_notice(request: Request, shared: Shared, who: Announcer, c: CampaignId) -> Response:
    """Give public notice, from now until the end of a day."""

    def act(work: Any, sent: Sent, zone: ZoneInfo) -> None:
        closes_at = end_of(dict(sent).get("closes", "").strip(), zone)
        body = NoticeBody.model_validate({**_cut(sent), "closes_at": closes_at})
        cut = publishing.Cut(body.per_category, body.chosen)
        publishing.open_notice(work, who, c, cut, opens_at=None, closes_at=body.closes_at)

    return await _do(request, shared, who, c, act)


@router.post("/review/campaigns/{c}/decision")
async def publish(request: Request, shared: Shared, who: Publisher, c: CampaignId) -> Response:
    """Publish the final list, once."""

    def act(work: Any, sent: Sent, _zone: ZoneInfo) -> None:
        texts = dict(sent)
        body = DecisionBody.model_validate(
            {**_cut(sent), "number": texts.get("number", ""), "issuer": texts.get("issuer", "")}
        )
        cut = publishing.Cut(body.per_category, body.chosen)
        publishing.publish_decision(work, who, c, cut, number=body.number, issuer=body.issuer)

    return await _do(request, shared, who, c, act)
