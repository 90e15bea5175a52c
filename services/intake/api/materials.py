"""Materials: their bytes go straight to storage, never through here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from infra.web.openapi import SIGNED_IN, problem_responses
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.material_answers import LinkOut, MaterialOut, MaterialsOut
from services.intake.api.requests import NewCaption, NewOrder
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.pictures import Side
from services.intake.problems import types_of
from services.intake.usecases import materials as use

router = APIRouter(prefix=PREFIX, tags=["materials"])

_CHANGE = types_of(e.NotFoundError, e.WrongStateError, e.DeadlinePassedError)
_Reader = Annotated[Caller, Depends(Allowed(Action.READ_ENTRY))]
_Owner = Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))]


@router.get(
    "/materials/{material_id}",
    response_model=MaterialOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def read_material(request: Request, who: _Reader, material_id: UUID) -> Response:
    """Where a file stands, with its facts or with every rule that it breaks."""
    shown = use.read_material(ports_of(request), who, material_id)
    return answer(MaterialOut.of(shown.material, shown.warning))


@router.get(
    "/materials/{material_id}/link",
    response_model=LinkOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.NothingToShowError)),
)
def link_to_file(request: Request, who: _Reader, material_id: UUID) -> Response:
    """A link to fetch an accepted file with, good for an hour."""
    return answer(LinkOut.of(use.link_to_file(ports_of(request), who, material_id)))


@router.get(
    "/materials/{material_id}/playable",
    response_model=LinkOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.NothingToShowError)),
)
def link_to_playable(request: Request, who: _Reader, material_id: UUID) -> Response:
    """A link to an accepted video as browsers play it: its copy where one was made, else the file itself."""
    return answer(LinkOut.of(use.link_to_playable(ports_of(request), who, material_id)))


@router.get(
    "/materials/{material_id}/preview",
    response_model=LinkOut,
    responses=problem_responses(
        *SIGNED_IN, *types_of(e.NotFoundError, e.NothingToShowError, e.StorageUnavailableError)
    ),
)
def link_to_preview(request: Request, who: _Reader, material_id: UUID, side: Side = Side.LARGE) -> Response:
    """A link to a picture of an accepted photo or video, good for an hour; a JPEG wherever one was made."""
    return answer(LinkOut.of(use.link_to_preview(ports_of(request), who, material_id, side)))


@router.put(
    "/materials/{material_id}/caption",
    response_model=MaterialOut,
    responses=problem_responses(*SIGNED_IN, *_CHANGE, *types_of(e.StaleVersionError)),
)
def save_caption(request: Request, who: _Owner, material_id: UUID, body: NewCaption) -> Response:
    """Save what is written under a file, whatever its length; the entry's problems say if it is too long."""
    return answer(MaterialOut.of(use.save_caption(ports_of(request), who, material_id, body.caption, body.over)))


@router.put(
    "/entries/{entry_id}/order",
    response_model=MaterialsOut,
    responses=problem_responses(*SIGNED_IN, *_CHANGE),
)
def reorder_materials(request: Request, who: _Owner, entry_id: UUID, body: NewOrder) -> Response:
    """Put the files of an entry in this order; those that are not named come after, as they were."""
    ordered = use.reorder_materials(ports_of(request), who, entry_id, body.material_ids)
    return answer(MaterialsOut(materials=MaterialOut.list_of(ordered)))


@router.delete(
    "/materials/{material_id}",
    status_code=204,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.WrongStateError)),
)
def remove_material(request: Request, who: _Owner, material_id: UUID) -> Response:
    """Take a file out of a draft or a returned entry, or stop sending it."""
    use.remove_material(ports_of(request), who, material_id)
    return Response(status_code=204)


@router.post(
    "/materials/{material_id}/restoration",
    response_model=MaterialOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.WrongStateError, e.TooManyMaterialsError)),
)
def restore_material(request: Request, who: _Owner, material_id: UUID) -> Response:
    """Put a file back that was taken out less than a day ago."""
    shown = use.restore_material(ports_of(request), who, material_id)
    return answer(MaterialOut.of(shown.material, shown.warning))
