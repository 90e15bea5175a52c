"""The panel: experts, conflicts, assignment."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from infra.web.paging import After, Limit, Page
from services.review.api import parts, views
from services.review.api.bodies import CampaignId, ConflictBody, ExpertBody
from services.review.api.context import PREFIX, Shared
from services.review.domain import errors as e
from services.review.domain.acts import Actor
from services.review.domain.conflicts import Expert
from services.review.permissions import Action, allowed
from services.review.problems import refusals
from services.review.usecases import assignment, panel, reading

router = APIRouter(prefix=PREFIX, tags=["panel"])
_DESK = (e.UnknownCampaignError, e.ExpertInSecretariatError)


@router.post(
    "/campaigns/{c}/experts",
    status_code=201,
    summary="Enrol an expert, or correct what is known of him (200)",
    responses={
        **refusals(*_DESK, e.NoPanelError, e.ListClosedError, e.UnknownCategoryError, e.RegionMissingError),
        200: {"model": views.EnrolledView, "description": "The expert was on the panel; corrected."},
    },
)
def enrol(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.ENROL_EXPERT))],
    c: CampaignId,
    body: ExpertBody,
    response: Response,
) -> views.EnrolledView:
    expert = Expert(
        campaign_id=c,
        account_id=body.account_id,
        name=body.name,
        organisation=body.organisation,
        region=body.region,
        categories=tuple(dict.fromkeys(body.categories)),
    )
    with shared.review.change() as work:
        done = panel.enrol(work, who, expert)
    response.status_code = 201 if done.new else 200
    return views.EnrolledView(account_id=body.account_id, struck=done.struck)


@router.get("/campaigns/{c}/experts", summary="The panel, with each expert's load", responses=refusals(*_DESK))
def list_experts(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.READ_PANEL))],
    c: CampaignId,
    after: After = None,
    limit: Limit = 50,
) -> Page[views.ExpertView]:
    pager = shared.pager(f"experts {c}")
    key = pager.key(after, (str,))
    with shared.review.read() as work:
        members = reading.members(work, who, c)
    # A panel has some hundred members at most: it is read whole and cut here.
    rest = [m for m in members if key is None or m.expert.account_id > UUID(str(key[0]))]
    rows = [
        views.ExpertView(
            account_id=member.expert.account_id,
            name=member.expert.name,
            organisation=member.expert.organisation,
            region=member.expert.region,
            categories=list(member.expert.categories),
            disabled=member.expert.disabled,
            assigned=member.assigned,
            submitted=member.submitted,
            notes=parts.note_views(member.notes),
        )
        for member in rest[: limit + 1]
    ]
    return pager.page(rows, limit, lambda row: (str(row.account_id),))


@router.post(
    "/campaigns/{c}/conflicts",
    status_code=201,
    summary="Pin a conflict; what the expert has of it is taken from him at once",
    responses=refusals(
        *_DESK, e.UnknownExpertError, e.UnknownCaseError, e.UnknownUnitError, e.ListClosedError, e.NoPanelError
    ),
)
def pin_conflict(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.PIN_CONFLICT))], c: CampaignId, body: ConflictBody
) -> views.EnrolledView:
    with shared.review.change() as work:
        done = panel.pin_conflict(
            work,
            who,
            c,
            account_id=body.account_id,
            entry_id=body.entry_id,
            unit_code=body.unit_code,
            reason=body.reason,
        )
    return views.EnrolledView(account_id=body.account_id, struck=done.struck)


@router.get("/campaigns/{c}/conflicts", summary="Declared and pinned conflicts", responses=refusals(*_DESK))
def list_conflicts(
    shared: Shared,
    who: Annotated[Actor, Depends(allowed(Action.READ_PANEL))],
    c: CampaignId,
    after: After = None,
    limit: Limit = 50,
) -> Page[views.ConflictView]:
    pager = shared.pager(f"conflicts {c}")
    key = pager.key(after, (int,))
    begin = int(key[0]) if key else 0
    with shared.review.read() as work:
        marks = reading.marks(work, who, c)  # only ever added to, so a position is a key
    numbered = list(enumerate(marks, start=1))[begin : begin + limit + 1]
    rows = [
        views.ConflictView(
            account_id=mark.account_id,
            kind=mark.kind,
            entry_id=mark.entry_id,
            unit_code=mark.unit_code,
            reason=mark.reason,
        )
        for _, mark in numbered
    ]
    return pager.page(rows, limit, lambda _row: (begin + limit,))


@router.post(
    "/campaigns/{c}/assignment",
    summary="Give every eligible entry its experts: all of them, or none",
    responses=refusals(*_DESK, e.NoPanelError, e.ListClosedError, e.DueMissingError, e.CannotCoverError),
)
def assign(
    shared: Shared, who: Annotated[Actor, Depends(allowed(Action.ASSIGN))], c: CampaignId
) -> views.AssignmentView:
    with shared.review.change() as work:
        done = assignment.assign(work, shared.balancer, who, c)
    return views.AssignmentView(
        entries=done.entries,
        kept=done.kept,
        assigned=done.assigned,
        struck=done.struck,
        loads=[views.LoadView(account_id=account, assigned=load) for account, load in sorted(done.loads.items())],
    )
