"""The panel's page: who weighs the entries, which conflicts are known, who gets what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.lapses import pairs_of
from infra.web.problems import Problem
from services.review.api.bodies import CampaignId, ConflictBody, ExpertBody
from services.review.api.context import Context, Shared
from services.review.domain.acts import Actor
from services.review.domain.conflicts import Expert
from services.review.pages.shell import PAGES, REFUSALS, may, page_actor, refusal
from services.review.permissions import Action
from services.review.usecases import assignment, panel, reading
from services.review.usecases.common import the_campaign

router = APIRouter(include_in_schema=False)

Reader = Annotated[Actor, Depends(page_actor(Action.READ_PANEL))]
Enroller = Annotated[Actor, Depends(page_actor(Action.ENROL_EXPERT))]
Pinner = Annotated[Actor, Depends(page_actor(Action.PIN_CONFLICT))]
Assigner = Annotated[Actor, Depends(page_actor(Action.ASSIGN))]
Sent = Sequence[tuple[str, str]]
_CATEGORY = "category:"


@router.get("/review/enrol")
def choose_campaign(
    request: Request,
    shared: Shared,
    who: Enroller,
    account: Annotated[UUID, Query()],
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """In which campaign an expert is enrolled: where the office's list of accounts leads to."""
    with shared.review.read() as work:
        found = [campaign for campaign, _ in reading.overview(work, who) if campaign.definition.panel]
    return PAGES.show(request, "enrol.html", campaigns=found, account=account, name=name)


@router.get("/review/campaigns/{c}/panel")
def panel_page(
    request: Request,
    shared: Shared,
    who: Reader,
    c: CampaignId,
    account: Annotated[str, Query(max_length=40)] = "",
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Experts with their loads, conflicts, the forms that change them."""
    return _panel(request, shared, who, c, sent=[("account_id", account), ("name", name)])


def _panel(
    request: Request,
    shared: Context,
    who: Actor,
    c: str,
    *,
    sent: Sent = (),
    problem: Problem | None = None,
    done: tuple[str, str] | None = None,
) -> Response:
    with shared.review.read() as work:
        members = reading.members(work, who, c)
        marks = reading.marks(work, who, c)
        campaign = the_campaign(work, c)
        entries = work.cases.several([mark.entry_id for mark in marks if mark.entry_id])
    return PAGES.show(
        request,
        "panel.html",
        status=problem.type.status if problem else 200,
        campaign=campaign,
        definition=campaign.definition,
        members=members,
        names={member.expert.account_id: member.expert.name for member in members},
        marks=marks,
        entries=entries,
        sent=dict(sent),
        problem=problem,
        done=done,
        may_change=may(request, Action.ENROL_EXPERT),
    )


async def _do(
    request: Request, shared: Context, who: Actor, c: str, act: Callable[[Any, Sent], tuple[str, str]]
) -> Response:
    """Do what a form asks, and show the panel with what came of it; what is refused is shown as it was sent."""
    sent = await pairs_of(request)

    def work_on_it() -> Response:
        try:
            with shared.review.change() as work:
                done = act(work, sent)
        except REFUSALS as error:
            return _panel(request, shared, who, c, sent=sent, problem=refusal(error))
        return _panel(request, shared, who, c, done=done)

    return await run_in_threadpool(work_on_it)


@router.post("/review/campaigns/{c}/panel/experts")
async def enrol(request: Request, shared: Shared, who: Enroller, c: CampaignId) -> Response:
    def act(work: Any, sent: Sent) -> tuple[str, str]:
        texts = dict(sent)
        names = ("account_id", "name", "organisation", "region")
        body = ExpertBody.model_validate(
            {
                **{name: texts.get(name, "").strip() for name in names},
                "categories": [name.removeprefix(_CATEGORY) for name, _ in sent if name.startswith(_CATEGORY)],
            }
        )
        expert = Expert(c, body.account_id, body.name, body.organisation, body.region, tuple(body.categories))
        done = panel.enrol(work, who, expert)
        taken_zh = f"，收回 {done.struck} 件因回避不能评审的材料" if done.struck else ""
        taken_en = f"; {done.struck} taken back for a conflict" if done.struck else ""
        if done.new:
            return f"已登记专家 {body.name}{taken_zh}。", f"{body.name} is enrolled{taken_en}."
        return f"已更正专家 {body.name} 的信息{taken_zh}。", f"{body.name} is corrected{taken_en}."

    return await _do(request, shared, who, c, act)


@router.post("/review/campaigns/{c}/panel/conflicts")
async def pin(request: Request, shared: Shared, who: Pinner, c: CampaignId) -> Response:
    def act(work: Any, sent: Sent) -> tuple[str, str]:
        texts = dict(sent)
        names = ("account_id", "entry_id", "unit_code", "reason")
        body = ConflictBody.model_validate({name: texts[name].strip() for name in names if texts.get(name, "").strip()})
        done = panel.pin_conflict(
            work,
            who,
            c,
            account_id=body.account_id,
            entry_id=body.entry_id,
            unit_code=body.unit_code,
            reason=body.reason,
        )
        return (
            f"已登记回避，收回 {done.struck} 件材料。空出的席位请重新分配。",
            f"The conflict is pinned; {done.struck} taken back. Assign again to fill the empty seats.",
        )

    return await _do(request, shared, who, c, act)


@router.post("/review/campaigns/{c}/panel/assignment")
async def assign(request: Request, shared: Shared, who: Assigner, c: CampaignId) -> Response:
    def act(work: Any, _sent: Sent) -> tuple[str, str]:
        done = assignment.assign(work, shared.balancer, who, c)
        return (
            f"{done.entries} 件材料：新分配 {done.assigned} 份，保持不变 {done.kept} 份。",
            f"{done.entries} entries: {done.assigned} newly assigned, {done.kept} kept.",
        )

    return await _do(request, shared, who, c, act)
