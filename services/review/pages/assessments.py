"""An expert's desk: his list, one entry to read and score, stepping back from it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.lapses import texts_of
from infra.web.pages import redirect
from infra.web.paging import After
from infra.web.problems import Problem
from infra.web.rendering import answer
from services.review.api import parts
from services.review.api.bodies import BegunBody, RecusalBody, ScoresBody
from services.review.api.context import Context, Shared, time_and_id
from services.review.domain.acts import Actor
from services.review.domain.assessments import AssessmentState
from services.review.domain.scoring import Rubric, shown
from services.review.pages.shell import PAGES, REFUSALS, page_actor, refusal
from services.review.permissions import Action
from services.review.usecases import scoring

router = APIRouter(include_in_schema=False)

Expert = Annotated[Actor, Depends(page_actor(Action.READ_OWN_WORK))]
Scorer = Annotated[Actor, Depends(page_actor(Action.SCORE))]
Recuser = Annotated[Actor, Depends(page_actor(Action.RECUSE))]
_ROWS = 50
_SCORE = "score:"


@router.get("/review/assessments")
def own_assessments(request: Request, shared: Shared, who: Expert, after: After = None) -> Response:
    """What the expert has to score, oldest first, and what he has handed in."""
    pager = shared.pager(f"assessments {who.account_id}")
    with shared.review.read() as work:
        found = scoring.own_queue(work, who, time_and_id(pager, after), _ROWS)
        campaigns = {
            task.assessment.campaign_id: work.campaigns.get(task.assessment.campaign_id) for task in found.tasks
        }
    following = found.following
    return PAGES.show(
        request,
        "assessments.html",
        tasks=found.tasks,
        campaigns=campaigns,
        next=pager.cursor((following[0].isoformat(), str(following[1]))) if following else None,
        first=after is None,
        State=AssessmentState,
    )


@router.get("/review/assessments/{assessment_id}")
def paper(request: Request, shared: Shared, who: Expert, assessment_id: UUID) -> Response:
    """One entry to read and score."""
    return _paper(request, shared, who, assessment_id)


def _paper(
    request: Request,
    shared: Context,
    who: Actor,
    assessment_id: UUID,
    sent: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    with shared.review.read() as work:
        found = scoring.own_paper(work, who, assessment_id)
    definition = found.campaign.definition
    own = found.assessment
    criteria = found.campaign.panel.criteria
    kept = {criterion.key: str((own.scores or {}).get(criterion.key, "")) for criterion in criteria}
    given = kept if sent is None else {key: sent.get(f"{_SCORE}{key}", "") for key in kept}
    is_in = own.state is AssessmentState.SUBMITTED
    total = Rubric(criteria).total(own.scores) if is_in and own.scores is not None else None
    return PAGES.show(
        request,
        "paper.html",
        status=problem.type.status if problem else 200,
        scripts=True,
        assessment=own,
        case=found.case,
        view=parts.paper_view(found, shared.links),
        definition=definition,
        category=definition.category(found.case.category),
        criteria=criteria,
        zone=definition.zone,
        given=given,
        comment=own.comment if sent is None else sent.get("comment", ""),
        is_in=is_in,
        total=shown(total) if total is not None else "",
        problem=problem,
    )


@router.put("/review/assessments/{assessment_id}/scores")
def autosave(shared: Shared, who: Scorer, assessment_id: UUID, body: BegunBody) -> Response:
    """What the page's script keeps while somebody writes."""
    with shared.review.change() as work:
        scoring.save(work, who, assessment_id, body.scores, body.comment)
        found = scoring.own_paper(work, who, assessment_id)
    return answer(parts.task_view(scoring.Task(found.assessment, found.case)))


@router.post("/review/assessments/{assessment_id}/scores")
async def hand_in(request: Request, shared: Shared, who: Scorer, assessment_id: UUID) -> Response:
    """Keep the scores, or hand them in for good, as the button says; what is refused is shown as it was sent."""
    sent = await texts_of(request)
    return await run_in_threadpool(_scored, request, shared, who, assessment_id, sent)


def _scored(request: Request, shared: Context, who: Actor, assessment_id: UUID, sent: dict[str, str]) -> Response:
    scores = {name.removeprefix(_SCORE): _number(text) for name, text in sent.items() if name.startswith(_SCORE)}
    content = {"scores": scores, "comment": sent.get("comment", "")}
    try:
        with shared.review.change() as work:
            if sent.get("act") == "hand-in":
                whole = ScoresBody.model_validate(content)
                scoring.submit_scores(work, who, assessment_id, _without_empty(whole.scores), whole.comment)
            else:
                begun = BegunBody.model_validate(content)
                scoring.save(work, who, assessment_id, begun.scores, begun.comment)
    except REFUSALS as error:
        return _paper(request, shared, who, assessment_id, sent, refusal(error))
    return redirect("/review/assessments" if sent.get("act") == "hand-in" else f"/review/assessments/{assessment_id}")


def _number(text: str) -> Any:
    """A score as it was typed: full-width digits are digits; what is no whole number is left for the rubric to name."""
    plain = text.strip()
    if not plain:
        return None
    return int(plain) if plain.isdecimal() and len(plain) <= 9 else plain  # noqa: PLR2004 - no rubric goes so far


def _without_empty(scores: dict[str, Any]) -> dict[str, Any]:
    return {key: score for key, score in scores.items() if score is not None}


@router.get("/review/assessments/{assessment_id}/recusal")
def ask_recusal(request: Request, shared: Shared, who: Recuser, assessment_id: UUID) -> Response:
    """What stepping back means, and why."""
    return _leaving(request, shared, who, assessment_id, "recusal")


@router.get("/review/assessments/{assessment_id}/abstention")
def ask_abstention(request: Request, shared: Shared, who: Recuser, assessment_id: UUID) -> Response:
    """What abstaining means, and why."""
    return _leaving(request, shared, who, assessment_id, "abstention")


def _leaving(
    request: Request,
    shared: Context,
    who: Actor,
    assessment_id: UUID,
    kind: str,
    reason: str = "",
    problem: Problem | None = None,
) -> Response:
    with shared.review.read() as work:
        found = scoring.own_paper(work, who, assessment_id)
    return PAGES.show(
        request,
        "leaving.html",
        status=problem.type.status if problem else 200,
        assessment=found.assessment,
        case=found.case,
        kind=kind,
        reason=reason,
        problem=problem,
    )


@router.post("/review/assessments/{assessment_id}/recusal")
async def recuse(request: Request, shared: Shared, who: Recuser, assessment_id: UUID) -> Response:
    sent = await texts_of(request)
    return await run_in_threadpool(_left, request, shared, who, assessment_id, "recusal", sent.get("reason", ""))


@router.post("/review/assessments/{assessment_id}/abstention")
async def abstain(request: Request, shared: Shared, who: Recuser, assessment_id: UUID) -> Response:
    sent = await texts_of(request)
    return await run_in_threadpool(_left, request, shared, who, assessment_id, "abstention", sent.get("reason", ""))


def _left(request: Request, shared: Context, who: Actor, assessment_id: UUID, kind: str, reason: str) -> Response:
    act = scoring.recuse if kind == "recusal" else scoring.abstain
    try:
        body = RecusalBody.model_validate({"reason": reason})
        with shared.review.change() as work:
            act(work, who, assessment_id, body.reason)
    except REFUSALS as error:
        return _leaving(request, shared, who, assessment_id, kind, reason, refusal(error))
    return redirect("/review/assessments")
