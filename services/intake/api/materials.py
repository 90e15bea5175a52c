"""Materials: their bytes go straight to storage, never through here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.answers import BegunOut, MaterialOut
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.requests import NewMaterial
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.usecases import materials as use

router = APIRouter(prefix=PREFIX, tags=["materials"])

_BEGIN = types_of(
    e.NotFoundError,
    e.WrongStateError,
    e.UnknownMaterialKindError,
    e.MaterialTooLargeError,
    e.TooManyMaterialsError,
    e.NotOpenError,
    e.DeadlinePassedError,
)
_COMPLETE = types_of(
    e.NotFoundError,
    e.WrongStateError,
    e.MaterialTooLargeError,
    e.UploadMissingError,
    e.UploadExpiredError,
    e.StorageUnavailableError,
)


@router.post(
    "/entries/{entry_id}/materials",
    response_model=BegunOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *_BEGIN),
)
def begin_upload(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))],
    entry_id: UUID,
    body: NewMaterial,
) -> Response:
    """Announce a file; the answer holds the form to send it to storage with."""
    command = use.BeginUpload(body.kind, body.name, body.bytes)
    return answer(BegunOut.begun(*use.begin_upload(ports_of(request), who, entry_id, command)), 201)


@router.get(
    "/materials/{material_id}",
    response_model=MaterialOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def read_material(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.READ_ENTRY))], material_id: UUID
) -> Response:
    """Where a file stands, with its facts or with every rule that it breaks."""
    return answer(MaterialOut.of(use.read_material(ports_of(request), who, material_id)))


@router.post(
    "/materials/{material_id}/completion",
    response_model=MaterialOut,
    status_code=202,
    responses=problem_responses(*SIGNED_IN, *_COMPLETE),
)
def complete_upload(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))], material_id: UUID
) -> Response:
    """Say that the file is sent. Storage is asked, then the file is judged; ask for the material to see the verdict."""
    return answer(MaterialOut.of(use.complete_upload(ports_of(request), who, material_id)), 202)


@router.delete(
    "/materials/{material_id}",
    status_code=204,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.WrongStateError)),
)
def remove_material(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))], material_id: UUID
) -> Response:
    """Take a file out of a draft or a returned entry."""
    use.remove_material(ports_of(request), who, material_id)
    return Response(status_code=204)
