"""The secretariat's queue, a case, and rulings on eligibility."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from contracts.events import Finding
from infra.web.paging import After, Limit, Page
from infra.web.rendering import answer
from services.review.api import parts, views
from services.review.api.bodies import CampaignId, CategoryQuery, EligibilityBody
from services.review.api.context import PREFIX, Shared, time_and_id
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.domain.cases import CaseState
from services.review.permissions import Action, allowed
from services.review.ports import CaseFilter
from services.review.problems import refusals
from services.review.usecases import eligibility, reading

router = APIRouter(prefix=PREFIX, tags=["eligibility"])


@router.get(
    "/campaigns/{c}/cases",
    response_model=Page[views.CaseRow],
    summary="The queue, oldest submission first",
    responses=refusals(e.UnknownCampaignError, e.ExpertInSecretariatError),
)
def list_cases(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.READ_CASES))],
    c: CampaignId,
    state: CaseState | None = None,
    category: CategoryQuery = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    pager = shared.pager(f"cases {c} {state} {category}")
    with shared.review.read() as work:
        wanted = CaseFilter(c, state, category, who.account_id)
        rows = reading.queue(work, who, wanted, time_and_id(pager, after), limit + 1)
    page = pager.page(rows, limit, lambda row: parts.submitted_key(row.case))
    return answer(Page(items=[parts.row_view(row) for row in page.items], next=page.next))


@router.get(
    "/cases/{entry_id}",
    summary="A case with its content, checks, assessments and record",
    responses=refusals(e.UnknownCaseError, e.ExpertInSecretariatError),
)
def read_case(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.READ_CASES))], entry_id: UUID
) -> views.CaseView:
    with shared.review.read() as work:
        file = reading.case_file(work, who, entry_id)
    return parts.case_view(file, shared.links)


@router.post(
    "/cases/{entry_id}/eligibility",
    summary="Find a revision eligible or ineligible, or return it for mending",
    responses=refusals(
        e.UnknownCaseError,
        e.UnknownCampaignError,
        e.ExpertInSecretariatError,
        e.CaseWithdrawnError,
        e.StaleRevisionError,
        e.AlreadyDecidedError,
        e.UnknownCategoryError,
        e.UnknownConditionError,
        e.ConditionsNotMetError,
        e.MaterialsNotAcceptedError,
        e.FindingsMissingError,
        e.MendByPassedError,
        e.TooMuchTextError,
    ),
)
def rule(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.RULE))], entry_id: UUID, body: EligibilityBody
) -> views.CaseView:
    asked = eligibility.Rule(
        entry_id=entry_id,
        revision=body.revision,
        verdict=body.verdict,
        conditions=body.conditions,
        findings=[Finding(slug=f.slug, zh=f.zh, en=f.en or f.zh, place=f.place) for f in body.findings],
        mend_by=body.mend_by,
    )
    with shared.review.change() as work:
        eligibility.rule(work, who, asked)
        file = reading.case_file(work, who, entry_id)
    return parts.case_view(file, shared.links)
