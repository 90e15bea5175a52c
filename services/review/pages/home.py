"""The home page of review: the campaigns, how far each is, where to go on."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.review.api.context import Shared
from services.review.domain.acts import Actor
from services.review.domain.cases import CaseState
from services.review.pages.shell import PAGES, may, page_actor
from services.review.permissions import Action
from services.review.usecases import reading

router = APIRouter(include_in_schema=False)

STATES = (
    CaseState.OPEN,
    CaseState.RETURNED,
    CaseState.ELIGIBLE,
    CaseState.INELIGIBLE,
    CaseState.WITHDRAWN,
)


@router.get("/review")
def home(
    request: Request,
    shared: Shared,
    who: Annotated[Actor, Depends(page_actor(Action.READ_CASES, Action.READ_OWN_WORK))],
) -> Response:
    """Campaigns with their numbers for the secretariat and supervisors; an expert's own work is a page of its own."""
    found = []
    if may(request, Action.READ_CASES):
        with shared.review.read() as work:
            found = list(reading.overview(work, who))
    return PAGES.show(
        request,
        "home.html",
        campaigns=found,
        states=STATES,
        may_rule=may(request, Action.RULE),
        is_expert=may(request, Action.READ_OWN_WORK),
    )
