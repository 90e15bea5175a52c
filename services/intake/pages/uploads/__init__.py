"""The files of an entry on pages: sent from the browser straight to storage, shown, put in order, watched live."""

from __future__ import annotations

from fastapi import FastAPI

from contracts import words
from infra.web.app import include
from services.intake.pages.shell import PAGES
from services.intake.pages.uploads import files, live, plain
from services.intake.pages.uploads.rows import section_of
from services.intake.ports import Ports


def add_to(app: FastAPI, ports: Ports) -> None:
    """Add the routes, and what the template `uploads/section.html` asks for."""
    app.state.watch = live.Watch(ports.store.material_stamps)
    PAGES.templates.globals |= {"upload_section": section_of, "upload_size": words.size}
    include(app, files.router, live.router, plain.router)
