"""Papers as files: forms, articles, receipts, summary tables."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.calling import ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.files.answers import PREFIX, files_of, printed, printer_of
from services.intake.files.printing import CONTENT_TYPES
from services.intake.files.reading import Reading
from services.intake.problems import types_of
from services.intake.usecases import documents as use

router = APIRouter(prefix=PREFIX, tags=["documents"])

Revision = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="A submission; the one that stands, or the draft, if absent.")
]
_PDF, _DOCX, _XLSX = CONTENT_TYPES["pdf"], CONTENT_TYPES["docx"], CONTENT_TYPES["xlsx"]
_REFUSED = problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.FontMissingError, e.PaperFailedError))


@router.get(
    "/entries/{entry_id}/documents/{key}.{kind}",
    response_class=Response,
    responses={
        **problem_responses(
            *SIGNED_IN, *types_of(e.NotFoundError, e.TooLongToPrintError, e.FontMissingError, e.PaperFailedError)
        ),
        **files_of(_PDF, _DOCX),
    },
)
async def document(
    request: Request,
    who: Annotated[Caller, Depends(Reading(Action.READ_ENTRY))],
    entry_id: UUID,
    key: str,
    kind: Literal["pdf", "docx"],
    revision: Revision = None,
) -> Response:
    """A form or an article: of a submission with its number, digest and QR code; of a draft, marked as one."""
    link = printer_of(request).public_url
    titled = await run_in_threadpool(use.print_document, ports_of(request), who, entry_id, key, revision, link)
    return await printed(request, who, titled, kind)


@router.get(
    "/entries/{entry_id}/receipt.pdf",
    response_class=Response,
    responses={
        **problem_responses(
            *SIGNED_IN, *types_of(e.NotFoundError, e.WrongStateError, e.FontMissingError, e.PaperFailedError)
        ),
        **files_of(_PDF),
    },
)
async def receipt(
    request: Request,
    who: Annotated[Caller, Depends(Reading(Action.READ_ENTRY))],
    entry_id: UUID,
    revision: Revision = None,
) -> Response:
    """The receipt of a submission: number, revision, digest, every file with its SHA-256, what happens next."""
    link = printer_of(request).public_url
    titled = await run_in_threadpool(use.print_receipt, ports_of(request), who, entry_id, revision, link)
    return await printed(request, who, titled, "pdf")


@router.get(
    "/campaigns/{campaign_id}/summaries/{key}.{kind}",
    response_class=Response,
    responses={**_REFUSED, **files_of(_PDF, _XLSX)},
)
async def summary(
    request: Request,
    who: Annotated[Caller, Depends(Reading(Action.LIST_ENTRIES))],
    campaign_id: CampaignId,
    key: str,
    kind: Literal["pdf", "xlsx"],
    unit: Annotated[str | None, Query(max_length=40, description="Whose table; a unit has only its own.")] = None,
) -> Response:
    """The table of everything that a unit has submitted, to sign, seal and post."""
    titled = await run_in_threadpool(use.print_summary, ports_of(request), who, campaign_id, key, unit)
    return await printed(request, who, titled, kind)
