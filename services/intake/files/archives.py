"""Archives: an entry whole, or everything that was submitted to a campaign."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.problems import UNAVAILABLE, Problem
from services.intake.api.calling import ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.domain import errors as e
from services.intake.domain.documents.packing import Archive, PaperFile
from services.intake.domain.permissions import Action, Caller
from services.intake.files.answers import PREFIX, files_of, library_of, printer_of, whose
from services.intake.files.packing import ArchiveResponse, Packing, made_of, readers
from services.intake.files.reading import Reading
from services.intake.problems import types_of
from services.intake.usecases import archives as use

router = APIRouter(prefix=PREFIX, tags=["archives"])

_ANSWERS = {**problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)), **files_of("application/zip")}
_MOST_AT_ONCE = 64


@router.get("/entries/{entry_id}/archive.zip", response_class=Response, responses=_ANSWERS)
async def entry_archive(
    request: Request, who: Annotated[Caller, Depends(Reading(Action.READ_ENTRY))], entry_id: UUID
) -> Response:
    """An entry's papers, texts and files, with their SHA-256 at the end; as submitted, or as its draft stands."""
    printer = printer_of(request)
    archive = await run_in_threadpool(use.archive_entry, ports_of(request), who, entry_id, printer.public_url)
    async with printer.turn(whose(who)):
        files = [
            await run_in_threadpool(made_of, printer, file) if isinstance(file, PaperFile) else file
            for file in archive.files
        ]
    return _packed(request, Archive(archive.name, archive.folder, tuple(files)))


@router.get("/campaigns/{campaign_id}/archive.zip", response_class=Response, responses=_ANSWERS)
async def campaign_archive(
    request: Request, who: Annotated[Caller, Depends(Reading(Action.DOWNLOAD_CAMPAIGN))], campaign_id: CampaignId
) -> Response:
    """Every entry of a campaign as it was last submitted, a folder each, with its papers made as their turn comes."""
    link = printer_of(request).public_url
    return _packed(request, await run_in_threadpool(use.archive_campaign, ports_of(request), who, campaign_id, link))


def _packed(request: Request, archive: Archive) -> Response:
    state = request.app.state
    if not hasattr(state, "readers"):
        state.readers = readers()
        state.makers = ThreadPoolExecutor(state.printer.press.slots, "archive-papers")
    if state.readers.statistics().tasks_waiting >= _MOST_AT_ONCE:
        raise Problem(UNAVAILABLE, extra={"retry_after": 30})
    packing = Packing(archive, library_of(request), state.printer, state.makers)
    return ArchiveResponse(archive, packing, state.readers)
