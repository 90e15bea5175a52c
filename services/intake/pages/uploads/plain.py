"""Uploading without scripts: a page for one file, whose form goes to storage, which sends the browser back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from infra.web.pages import redirect
from services.intake.api.calling import ports_of
from services.intake.domain.campaigns import category_of
from services.intake.domain.materials import rule_of
from services.intake.pages.shell import PAGES
from services.intake.pages.uploads.files import Owner
from services.intake.pages.uploads.rows import kinds_of
from services.intake.usecases.entries import read_entry
from services.intake.usecases.materials import remove_material
from services.intake.usecases.uploads import BeginUpload, begin_upload, complete_upload

router = APIRouter(include_in_schema=False)

_ENDINGS = {"JPEG": "jpg", "PNG": "png", "MP4": "mp4", "MOV": "mov", "PDF": "pdf"}


@router.post("/desk/entries/{entry_id}/upload")
def begin_plain(request: Request, who: Owner, entry_id: UUID, kind: Annotated[str, Form(max_length=40)]) -> Response:
    """A form for one file. What it is called nobody knows before storage has it, so it is named by its kind."""
    ports = ports_of(request)
    view = read_entry(ports, who, entry_id)
    rule = rule_of(category_of(ports.store.definition(view.entry.campaign_id), view.entry.category), kind)
    number = 1 + sum(1 for material in view.entry.materials if material.kind == kind)
    name = f"{rule.label.zh} {number}.{_ENDINGS.get(rule.formats[0], 'bin')}"
    # Signed for storage, so it names the platform's own address, whatever host this request was sent to.
    back = f"{request.app.state.public_url}/desk/entries/{entry_id}/arrival"
    begun = begin_upload(ports, who, entry_id, BeginUpload(kind, name, rule.max_bytes, back_to=back))
    page = PAGES.show(
        request,
        "uploads/plain.html",
        view=view,
        kind=next(one for one in kinds_of(view) if one.rule.key == kind),
        material=begun.material,
        form=begun.form,
    )
    # This one form goes to storage.
    policy = page.headers["Content-Security-Policy"]
    page.headers["Content-Security-Policy"] = policy.replace(
        "form-action 'self'", f"form-action 'self' {ports.objects.public_origin}"
    )
    return page


@router.get("/desk/entries/{entry_id}/arrival")
def arrive_plain(request: Request, who: Owner, entry_id: UUID, key: str = "") -> Response:
    """Where storage sends the browser, with the key of what it has taken. Coming here twice changes nothing."""
    ports = ports_of(request)
    for material in read_entry(ports, who, entry_id).entry.materials:
        if material.key == key:
            complete_upload(ports, who, material.material_id)
    return redirect(f"/desk/entries/{entry_id}/files#materials")


@router.post("/desk/materials/{material_id}/removal")
def remove_plain(request: Request, who: Owner, material_id: UUID, entry_id: Annotated[UUID, Form()]) -> Response:
    """Take a file out, and back to its entry."""
    remove_material(ports_of(request), who, material_id)
    return redirect(f"/desk/entries/{entry_id}/files#materials")
