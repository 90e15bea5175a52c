"""Uploads: begun here, sent straight to storage in one piece or in parts, completed here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.material_answers import BegunOut, MaterialOut, PartLinksOut, ProgressOut
from services.intake.api.requests import NewMaterial, PartNumbers
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.usecases import uploads as use

router = APIRouter(prefix=PREFIX, tags=["materials"])

_BEGIN = types_of(
    e.NotFoundError,
    e.WrongStateError,
    e.UnknownMaterialKindError,
    e.MaterialTooLargeError,
    e.TooManyMaterialsError,
    e.NotOpenError,
    e.DeadlinePassedError,
    e.StorageUnavailableError,
)
_COMPLETE = types_of(
    e.NotFoundError,
    e.WrongStateError,
    e.MaterialTooLargeError,
    e.UploadMissingError,
    e.UploadExpiredError,
    e.StorageUnavailableError,
)
_PARTS = types_of(e.NotFoundError, e.MalformedPartsError)
_Owner = Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))]


def command_of(body: NewMaterial, back_to: str | None = None) -> use.BeginUpload:
    """What a request asks for, as a command."""
    return use.BeginUpload(
        body.kind,
        body.name,
        body.bytes,
        in_parts=body.in_parts,
        sha256=body.sha256,
        replaces=body.replaces,
        back_to=back_to,
    )


@router.post(
    "/entries/{entry_id}/materials",
    response_model=BegunOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *_BEGIN),
)
def begin_upload(request: Request, who: _Owner, entry_id: UUID, body: NewMaterial) -> Response:
    """Announce a file; the answer says how to send it to storage."""
    return answer(BegunOut.begun(use.begin_upload(ports_of(request), who, entry_id, command_of(body))), 201)


@router.get(
    "/materials/{material_id}/parts",
    response_model=ProgressOut,
    responses=problem_responses(*SIGNED_IN, *_PARTS, *types_of(e.StorageUnavailableError)),
)
def read_progress(request: Request, who: _Owner, material_id: UUID) -> Response:
    """Which parts storage has, so that an upload that was broken off goes on where it was."""
    return answer(ProgressOut.so_far(use.read_progress(ports_of(request), who, material_id)))


@router.post(
    "/materials/{material_id}/parts",
    response_model=PartLinksOut,
    responses=problem_responses(*SIGNED_IN, *_PARTS, *types_of(e.UploadExpiredError)),
)
def link_parts(request: Request, who: _Owner, material_id: UUID, body: PartNumbers) -> Response:
    """Links to send these parts with, good for a quarter of an hour; ask again for others, or for the same."""
    return answer(PartLinksOut.of(use.link_parts(ports_of(request), who, material_id, body.numbers)))


@router.post(
    "/materials/{material_id}/completion",
    response_model=MaterialOut,
    status_code=202,
    responses=problem_responses(*SIGNED_IN, *_COMPLETE),
)
def complete_upload(request: Request, who: _Owner, material_id: UUID) -> Response:
    """Say that the file is sent. Storage is asked, then the file is judged; ask for the material to see the verdict."""
    return answer(MaterialOut.of(use.complete_upload(ports_of(request), who, material_id)), 202)
