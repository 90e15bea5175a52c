"""Campaigns and what happened in them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.paging import BAD_CURSOR, After, Limit, Page, Pager
from services.intake.api.answers import AmendedOut, CampaignOut, CampaignRecordOut, HappeningOut
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.requests import NewAmendment, NewCampaign, Reason
from services.intake.domain import errors as e
from services.intake.domain.campaigns import Amendment
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.usecases import campaigns as use
from services.intake.usecases import entries

router = APIRouter(prefix=PREFIX, tags=["campaigns"])

CampaignId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")]
_NOT_FOUND = types_of(e.NotFoundError)


@router.post(
    "/campaigns",
    response_model=CampaignOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *types_of(e.BadDefinitionError, e.CampaignExistsError)),
)
def open_campaign(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.OPEN_CAMPAIGN))], body: NewCampaign
) -> Response:
    """Open a campaign from its definition."""
    return answer(CampaignOut.of(use.open_campaign(ports_of(request), who, body.definition)), 201)


@router.get("/campaigns", response_model=Page[CampaignOut], responses=problem_responses())
def list_campaigns(request: Request) -> Response:
    """Every campaign, newest first; public."""
    return answer(Page[CampaignOut](items=[CampaignOut.of(state) for state in use.list_campaigns(ports_of(request))]))


@router.get("/campaigns/{campaign_id}", response_model=CampaignOut, responses=problem_responses(*_NOT_FOUND))
def read_campaign(request: Request, campaign_id: CampaignId) -> Response:
    """A campaign with its definition; public."""
    return answer(CampaignOut.of(use.find_campaign(ports_of(request), campaign_id)))


@router.post(
    "/campaigns/{campaign_id}/amendments",
    response_model=AmendedOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *_NOT_FOUND, *types_of(e.BadDefinitionError)),
)
def amend_campaign(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.AMEND_CAMPAIGN))],
    campaign_id: CampaignId,
    body: NewAmendment,
) -> Response:
    """Change the calendar, for everybody or by an extension for one unit, with a reason. Only what is given changes."""
    return answer(AmendedOut.of(use.amend_campaign(ports_of(request), who, campaign_id, amendment_of(body))), 201)


def amendment_of(body: NewAmendment) -> Amendment:
    """The command in a request."""
    return Amendment(
        given=frozenset(body.model_fields_set),
        reason=body.reason,
        online_deadline=body.online_deadline,
        cutoff=body.cutoff,
        paper_deadline=body.paper_deadline,
        review_due=body.review_due,
        extension_unit=body.extension.unit_code if body.extension else None,
        extension_cutoff=body.extension.cutoff if body.extension else None,
    )


@router.post(
    "/campaigns/{campaign_id}/closing",
    response_model=AmendedOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *_NOT_FOUND, *types_of(e.WrongStateError)),
)
def close_campaign(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.CLOSE_CAMPAIGN))],
    campaign_id: CampaignId,
    body: Reason,
) -> Response:
    """Accept nothing from now on, extensions included. Returned entries may still be mended in their own time."""
    return answer(AmendedOut.of(use.close_campaign(ports_of(request), who, campaign_id, body.reason)), 201)


@router.get(
    "/campaigns/{campaign_id}/record",
    response_model=CampaignRecordOut,
    responses=problem_responses(*SIGNED_IN, *_NOT_FOUND),
)
def read_record(
    request: Request, _who: Annotated[Caller, Depends(Allowed(Action.READ_CAMPAIGN_RECORD))], campaign_id: CampaignId
) -> Response:
    """The campaign with its extensions, and everything that was ever done to it."""
    return answer(CampaignRecordOut.recorded(use.campaign_record(ports_of(request), campaign_id)))


@router.get(
    "/campaigns/{campaign_id}/export",
    response_class=Response,
    responses={**problem_responses(*SIGNED_IN, *_NOT_FOUND), 200: {"content": {"application/yaml": {}}}},
)
def export_campaign(
    request: Request,
    _who: Annotated[Caller, Depends(Allowed(Action.READ_CAMPAIGN_RECORD))],
    campaign_id: CampaignId,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="As it stood then; else as it stands.")
    ] = None,
) -> Response:
    """The definition as YAML, with its version and extensions as comments; `laurel campaign check` accepts it."""
    written = use.export_campaign(ports_of(request), campaign_id, version)
    name = f"{campaign_id}-v{version}.yaml" if version else f"{campaign_id}.yaml"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written, media_type="application/yaml", headers=headers)


@router.get(
    "/campaigns/{campaign_id}/happenings",
    response_model=Page[HappeningOut],
    responses=problem_responses(*SIGNED_IN, *_NOT_FOUND, BAD_CURSOR),
)
def read_happenings(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.READ_HAPPENINGS))],
    campaign_id: CampaignId,
    entry_id: Annotated[UUID | None, Query(description="Only this entry's.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """The timeline, oldest first: a unit sees what concerns it or everybody."""
    pager = Pager(request.app.state.cursor_secret, f"happenings {campaign_id} {entry_id}")
    key = pager.key(after, (int,))
    rows = entries.read_happenings(ports_of(request), who, campaign_id, entry_id, int(key[0]) if key else None, limit)
    page = pager.page(rows, limit, lambda row: (row[0],))
    return answer(Page[HappeningOut](items=[HappeningOut.of(row) for _, row in page.items], next=page.next))
