"""What the section's scripts call: the use cases of the JSON interface, for whoever holds the session's cookie."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from infra.web.direct import DirectRoute
from infra.web.pages import redirect
from services.intake.api.calling import answer, ports_of
from services.intake.api.material_answers import BegunOut, MaterialOut, MaterialsOut, PartLinksOut, ProgressOut
from services.intake.api.requests import NewCaption, NewMaterial, NewOrder, PartNumbers
from services.intake.api.uploads import command_of
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.pictures import Side
from services.intake.pages.shell import PAGES, page_caller
from services.intake.usecases import materials, uploads
from services.intake.usecases.entries import read_entry

router = APIRouter(include_in_schema=False, route_class=DirectRoute)

Reader = Annotated[Caller, Depends(page_caller(Action.READ_ENTRY))]
Asker = Annotated[Caller, Depends(page_caller(Action.READ_ENTRY, by_itself=True))]
Owner = Annotated[Caller, Depends(page_caller(Action.EDIT_ENTRY))]

# Links are made anew for each hour; a browser may keep where a picture led it for less than that.
_KEPT = "private, max-age=1800"


@router.get("/desk/entries/{entry_id}/files")
def files_page(request: Request, who: Reader, entry_id: UUID) -> Response:
    """The files of an entry on a page of their own: all that is asked for on a telephone."""
    ports = ports_of(request)
    view = read_entry(ports, who, entry_id)
    title = view.entry.title(view.category) or view.category.title.zh
    definition = ports.store.definition(view.entry.campaign_id)
    return PAGES.show(request, "uploads/page.html", scripts=True, view=view, title=title, definition=definition)


@router.get("/desk/entries/{entry_id}/materials")
def list_materials(request: Request, who: Asker, entry_id: UUID) -> Response:
    """The files as they stand: what live pages fall back on."""
    shown = materials.list_materials(ports_of(request), who, entry_id)
    return answer(MaterialsOut(materials=MaterialOut.list_of(shown)))


@router.post("/desk/entries/{entry_id}/materials")
def begin_upload(request: Request, who: Owner, entry_id: UUID, body: NewMaterial) -> Response:
    return answer(BegunOut.begun(uploads.begin_upload(ports_of(request), who, entry_id, command_of(body))), 201)


@router.put("/desk/entries/{entry_id}/order")
def reorder_materials(request: Request, who: Owner, entry_id: UUID, body: NewOrder) -> Response:
    ordered = materials.reorder_materials(ports_of(request), who, entry_id, body.material_ids)
    return answer(MaterialsOut(materials=MaterialOut.list_of(ordered)))


@router.get("/desk/materials/{material_id}/parts")
def read_progress(request: Request, who: Owner, material_id: UUID) -> Response:
    return answer(ProgressOut.so_far(uploads.read_progress(ports_of(request), who, material_id)))


@router.post("/desk/materials/{material_id}/parts")
def link_parts(request: Request, who: Owner, material_id: UUID, body: PartNumbers) -> Response:
    return answer(PartLinksOut.of(uploads.link_parts(ports_of(request), who, material_id, body.numbers)))


@router.post("/desk/materials/{material_id}/completion")
def complete_upload(request: Request, who: Owner, material_id: UUID) -> Response:
    return answer(MaterialOut.of(uploads.complete_upload(ports_of(request), who, material_id)), 202)


@router.put("/desk/materials/{material_id}/caption")
def save_caption(request: Request, who: Owner, material_id: UUID, body: NewCaption) -> Response:
    saved = materials.save_caption(ports_of(request), who, material_id, body.caption, body.over)
    return answer(MaterialOut.of(saved))


@router.delete("/desk/materials/{material_id}")
def remove_material(request: Request, who: Owner, material_id: UUID) -> Response:
    materials.remove_material(ports_of(request), who, material_id)
    return Response(status_code=204)


@router.post("/desk/materials/{material_id}/restoration")
def restore_material(request: Request, who: Owner, material_id: UUID) -> Response:
    shown = materials.restore_material(ports_of(request), who, material_id)
    return answer(MaterialOut.of(shown.material, shown.warning))


@router.get("/desk/materials/{material_id}/picture")
def show_picture(request: Request, who: Asker, material_id: UUID, side: Side = Side.LARGE) -> Response:
    """Where an <img> points: on to storage, with a link that is made for whoever may see the file."""
    webp = "image/webp" in request.headers.get("accept", "")
    found = redirect(materials.link_to_preview(ports_of(request), who, material_id, side, webp=webp).url)
    found.headers["Cache-Control"] = _KEPT
    found.headers["Vary"] = "Accept"
    return found


@router.get("/desk/materials/{material_id}/playable")
def play_video(request: Request, who: Reader, material_id: UUID) -> Response:
    """An accepted video as browsers play it."""
    return redirect(materials.link_to_playable(ports_of(request), who, material_id).url)


@router.get("/desk/materials/{material_id}/file")
def open_file(request: Request, who: Reader, material_id: UUID) -> Response:
    """The accepted file itself."""
    return redirect(materials.link_to_file(ports_of(request), who, material_id).url)
