"""The secretariat's queue, a case, and rulings on eligibility."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from contracts.events import Finding
from infra.web.paging import After, Limit, Page
from infra.web.rendering import answer
from services.review.api import parts, views
from services.review.api.bodies import CampaignId, CategoryQuery, EligibilityBody, Words
from services.review.api.context import PREFIX, Shared, time_and_id
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.domain.cases import CaseState
from services.review.permissions import Action, allowed
from services.review.ports import CaseFilter, Holding
from services.review.problems import refusals
from services.review.usecases import eligibility, reading

router = APIRouter(prefix=PREFIX, tags=["eligibility"])

_HELD = "mine: claimed by you; free: open, neither claimed nor drafted; drafted: waiting for their release."


RULING = (
    e.UnknownCaseError,
    e.UnknownCampaignError,
    e.ExpertInSecretariatError,
    e.CaseClaimedError,
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
)
"""What may keep a ruling, or its draft, from being made."""


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
    words: Annotated[Words, Query(description="In the title, the unit's name or the receipt's number.")] = "",
    held: Annotated[Holding | None, Query(description=_HELD)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    wanted = CaseFilter(c, state, category, who.account_id, words, held)
    pager = shared.pager(f"cases {c} {state} {category} {held} {words}")
    with shared.review.read() as work:
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


def asked_by(entry_id: UUID, body: EligibilityBody) -> eligibility.Rule:
    """The ruling that a body asks for."""
    return eligibility.Rule(
        entry_id=entry_id,
        revision=body.revision,
        verdict=body.verdict,
        conditions=body.conditions,
        findings=[Finding(slug=f.slug, zh=f.zh, en=f.en or f.zh, place=f.place) for f in body.findings],
        mend_by=body.mend_by,
    )


@router.post(
    "/cases/{entry_id}/eligibility",
    summary="Find a revision eligible or ineligible, or return it for mending",
    responses=refusals(*RULING),
)
def rule(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.RULE))], entry_id: UUID, body: EligibilityBody
) -> views.CaseView:
    with shared.review.change() as work:
        eligibility.rule(work, who, asked_by(entry_id, body))
        file = reading.case_file(work, who, entry_id)
    return parts.case_view(file, shared.links)
