"""Paper copies: what came, and what is missing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.review.api import desk_views
from services.review.api.bodies import CampaignId, PaperBody
from services.review.api.context import PREFIX, Shared
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.domain.cases import Case
from services.review.permissions import Action, allowed
from services.review.problems import refusals
from services.review.usecases import papers

router = APIRouter(prefix=PREFIX, tags=["papers"])

_DESK = (e.UnknownCampaignError, e.ExpertInSecretariatError)
_MOST = 1000


@router.post(
    "/campaigns/{c}/papers",
    status_code=201,
    summary="Register a paper that came, by the code of its form; says whether it is of the revision that stands",
    responses=refusals(*_DESK, e.UnknownPaperError),
)
def register(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.RULE))], c: CampaignId, body: PaperBody
) -> desk_views.PaperCopyView:
    with shared.review.change() as work:
        paper, case = papers.register(work, who, c, body.code)
    return desk_views.PaperCopyView(
        entry_id=case.entry_id,
        receipt_number=case.receipt_number,
        title=case.title,
        unit=case.unit,
        revision=paper.revision,
        current_revision=case.revision,
        standing=paper.standing,
        registered_at=paper.at,
    )


@router.get(
    "/campaigns/{c}/papers/missing",
    summary="Entries without a paper of their present revision",
    responses=refusals(*_DESK),
)
def missing(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.READ_CASES))],
    c: CampaignId,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _MOST,
) -> list[desk_views.MissingPaper]:
    with shared.review.read() as work:
        found = papers.missing(work, who, c, limit)
    return [_missing(case) for case in found]


def _missing(case: Case) -> desk_views.MissingPaper:
    return desk_views.MissingPaper(
        entry_id=case.entry_id,
        receipt_number=case.receipt_number,
        title=case.title,
        unit=case.unit,
        category=case.category,
        revision=case.revision,
    )
