"""An expert's desk: his own list, one entry, scores, recusal."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from infra.web.paging import After, Limit, Page
from services.review.api import parts, views
from services.review.api.bodies import BegunBody, RecusalBody, ScoresBody
from services.review.api.context import PREFIX, Shared, time_and_id
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.permissions import Action, allowed
from services.review.problems import refusals
from services.review.usecases import scoring

router = APIRouter(prefix=PREFIX, tags=["assessments"])


@router.get("/assessments", summary="The caller's own work, oldest first", responses=refusals())
def list_own(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.READ_OWN_WORK))],
    after: After = None,
    limit: Limit = 50,
) -> Page[views.TaskView]:
    pager = shared.pager(f"assessments {who.account_id}")
    with shared.review.read() as work:
        found = scoring.own_queue(work, who, time_and_id(pager, after), limit)
    following = found.following
    return Page(
        items=[parts.task_view(task) for task in found.tasks],
        next=pager.cursor((following[0].isoformat(), str(following[1]))) if following else None,
    )


@router.get(
    "/assessments/{assessment_id}",
    summary="One entry to read and score",
    responses=refusals(e.UnknownAssessmentError),
)
def read_own(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.READ_OWN_WORK))], assessment_id: UUID
) -> views.PaperView:
    with shared.review.read() as work:
        paper = scoring.own_paper(work, who, assessment_id)
    return parts.paper_view(paper, shared.links)


@router.put(
    "/assessments/{assessment_id}/scores",
    summary="Keep what there is so far; nobody else sees it, and it does not count",
    responses=refusals(e.UnknownAssessmentError, e.ListClosedError, e.AlreadySubmittedError, e.ScoresInvalidError),
)
def save_scores(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.SCORE))], assessment_id: UUID, body: BegunBody
) -> views.PaperView:
    with shared.review.change() as work:
        scoring.save(work, who, assessment_id, body.scores, body.comment)
        paper = scoring.own_paper(work, who, assessment_id)
    return parts.paper_view(paper, shared.links)


@router.post(
    "/assessments/{assessment_id}/scores",
    summary="Hand scores in, for good; the same again is the same act",
    responses=refusals(e.UnknownAssessmentError, e.ListClosedError, e.AlreadySubmittedError, e.ScoresInvalidError),
)
def submit_scores(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.SCORE))], assessment_id: UUID, body: ScoresBody
) -> views.PaperView:
    with shared.review.change() as work:
        scoring.submit_scores(work, who, assessment_id, body.scores, body.comment)
        paper = scoring.own_paper(work, who, assessment_id)
    return parts.paper_view(paper, shared.links)


@router.post(
    "/assessments/{assessment_id}/recusal",
    status_code=204,
    summary="Step back from an entry, for good",
    responses=refusals(e.UnknownAssessmentError, e.ListClosedError),
)
def recuse(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.RECUSE))], assessment_id: UUID, body: RecusalBody
) -> None:
    with shared.review.change() as work:
        scoring.recuse(work, who, assessment_id, body.reason)


@router.post(
    "/assessments/{assessment_id}/abstention",
    status_code=204,
    summary="Give an entry back that you cannot judge; it counts as nothing, and another expert takes it",
    responses=refusals(e.UnknownAssessmentError, e.ListClosedError, e.AlreadySubmittedError),
)
def abstain(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.RECUSE))], assessment_id: UUID, body: RecusalBody
) -> None:
    with shared.review.change() as work:
        scoring.abstain(work, who, assessment_id, body.reason)
