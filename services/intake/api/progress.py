"""The progress of a campaign, for programs."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.paging import BAD_CURSOR, After, Limit, Page, Pager
from infra.web.sheets import XLSX, csv_of, download, xlsx_of
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.campaigns import CampaignId, amendment_of
from services.intake.api.progress_answers import AmendmentPreviewOut, CampaignProgressOut, UnitProgressOut
from services.intake.api.requests import NewAmendment
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.progress import Order, UnitStanding, Wanted
from services.intake.problems import types_of
from services.intake.progress_sheet import header, header_of_sums, rows, rows_of_sums
from services.intake.usecases import progress as use

router = APIRouter(prefix=PREFIX, tags=["campaigns"])

Search = Annotated[str, Query(max_length=100, description="Part of a unit's name or code.")]
Region = Annotated[str, Query(max_length=100)]
Under = Annotated[str, Query(max_length=40, description="The code of a unit: only units below it.")]
Of = Annotated[
    Literal["units", "sums"],
    Query(description="Of a .csv: each unit, or units taken together. An .xlsx holds both, a sheet each."),
]
_WHO = Annotated[Caller, Depends(Allowed(Action.READ_PROGRESS))]
_REFUSALS = problem_responses(*SIGNED_IN, *types_of(e.NotFoundError))


@router.get(
    "/campaigns/{campaign_id}/progress",
    response_model=CampaignProgressOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError), BAD_CURSOR),
)
def read_progress(
    request: Request,
    _who: _WHO,
    campaign_id: CampaignId,
    standing: Annotated[UnitStanding | None, Query(description="Only units that stand there.")] = None,
    q: Search = "",
    region: Region = "",
    under: Under = "",
    sort: Order = Order.LISTED,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """How far each unit is, and how many entries of each category stand where."""
    progress = use.read_progress(ports_of(request), campaign_id)
    wanted = Wanted(standing, q, region, sort, under)
    pager = Pager(request.app.state.cursor_secret, f"progress {campaign_id} {wanted}")
    page = pager.page(wanted.among(progress.units, pager.key(after, wanted.shape)), limit, wanted.key)
    shown = Page[UnitProgressOut](items=[UnitProgressOut.of(unit) for unit in page.items], next=page.next)
    return answer(CampaignProgressOut.of(progress, shown, progress.among(wanted)))


@router.get(
    "/campaigns/{campaign_id}/progress/export",
    response_class=Response,
    responses={**_REFUSALS, 200: {"content": {XLSX: {}, "text/csv": {}}}},
)
def export_progress(
    request: Request,
    _who: _WHO,
    campaign_id: CampaignId,
    standing: UnitStanding | None = None,
    q: Search = "",
    region: Region = "",
    under: Under = "",
    sort: Order = Order.LISTED,
    form: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
    of: Of = "units",
) -> Response:
    """The same list whole, as a spreadsheet, with the sums of the units in it."""
    progress = use.read_progress(ports_of(request), campaign_id)
    return progress_file(progress, Wanted(standing, q, region, sort, under), form, of)


def progress_file(progress: use.Progress, wanted: Wanted, form: str, of: str) -> Response:
    """The units that are wanted, and their sums, as a file; a .csv holds one table alone."""
    definition, narrowed = progress.state.campaign.definition, progress.among(wanted)
    each = "申报进度", header(definition), rows(definition, narrowed.units)
    sums = "申报进度汇总", header_of_sums(definition), rows_of_sums(narrowed.sums)
    day = f"{progress.at.astimezone(definition.zone):%Y%m%d}"
    if form == "csv":
        title, names, cells = sums if of == "sums" else each
        return download(csv_of(names, cells), "text/csv; charset=utf-8", f"{definition.id}-{title}-{day}.csv")
    return download(xlsx_of(*each, sums), XLSX, f"{definition.id}-{each[0]}-{day}.xlsx")


@router.get(
    "/campaigns/{campaign_id}/members",
    response_model=Page[UnitProgressOut],
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def read_members(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.READ_MEMBERS))], campaign_id: CampaignId
) -> Response:
    """How far the units below one's own are: numbers alone."""
    _, members = use.read_members(ports_of(request), who, campaign_id)
    return answer(Page[UnitProgressOut](items=[UnitProgressOut.of(unit) for unit in members], next=None))


@router.post(
    "/campaigns/{campaign_id}/amendments/preview",
    response_model=AmendmentPreviewOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.BadDefinitionError)),
)
def preview_amendment(
    request: Request,
    _who: Annotated[Caller, Depends(Allowed(Action.AMEND_CAMPAIGN))],
    campaign_id: CampaignId,
    body: NewAmendment,
) -> Response:
    """Whom an amendment would touch; nothing is changed."""
    return answer(AmendmentPreviewOut.of(use.preview_amendment(ports_of(request), campaign_id, amendment_of(body))))
