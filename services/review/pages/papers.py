"""Paper copies: a place to scan into, what came of it, what is still missing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.lapses import texts_of
from infra.web.problems import Problem
from services.review.api.bodies import CampaignId, PaperBody
from services.review.api.context import Context, Shared
from services.review.domain.acts import Actor
from services.review.domain.cases import Case
from services.review.domain.papers import Paper
from services.review.pages.shell import PAGES, REFUSALS, may, page_actor, refusal
from services.review.permissions import Action
from services.review.usecases import papers
from services.review.usecases.common import the_campaign

router = APIRouter(include_in_schema=False)

Reader = Annotated[Actor, Depends(page_actor(Action.READ_CASES))]
Clerk = Annotated[Actor, Depends(page_actor(Action.RULE))]
_MOST = 500


@router.get("/review/campaigns/{c}/papers")
def papers_page(request: Request, shared: Shared, who: Reader, c: CampaignId) -> Response:
    """Where papers are registered, one after another."""
    return _papers(request, shared, who, c)


def _papers(
    request: Request,
    shared: Context,
    who: Actor,
    c: str,
    *,
    code: str = "",
    done: tuple[Paper, Case] | None = None,
    problem: Problem | None = None,
) -> Response:
    with shared.review.read() as work:
        missing = papers.missing(work, who, c, _MOST + 1)
        campaign = the_campaign(work, c)
    return PAGES.show(
        request,
        "papers.html",
        status=problem.type.status if problem else 200,
        campaign=campaign,
        definition=campaign.definition,
        missing=missing[:_MOST],
        more=len(missing) > _MOST,
        code=code,
        done=done,
        problem=problem,
        may_register=may(request, Action.RULE),
    )


@router.post("/review/campaigns/{c}/papers")
async def register(request: Request, shared: Shared, who: Clerk, c: CampaignId) -> Response:
    sent = await texts_of(request)
    return await run_in_threadpool(_registered, request, shared, who, c, sent.get("code", ""))


def _registered(request: Request, shared: Context, who: Actor, c: str, code: str) -> Response:
    try:
        body = PaperBody.model_validate({"code": code})
        with shared.review.change() as work:
            done = papers.register(work, who, c, body.code)
    except REFUSALS as error:
        return _papers(request, shared, who, c, code=code, problem=refusal(error))
    return _papers(request, shared, who, c, done=done)
