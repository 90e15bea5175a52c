"""All pages of intake, in their frame."""

from __future__ import annotations

from fastapi import FastAPI

from infra.web.app import include
from infra.web.passes import PassSigner
from services.intake.pages import (
    account,
    desk,
    documents,
    door,
    forgotten,
    home,
    office,
    office_accounts,
    office_campaigns,
    passing,
    uploads,
)
from services.intake.pages.shell import add_shell
from services.intake.ports import Ports


def add_to(app: FastAPI, ports: Ports, secret: bytes, passes: PassSigner) -> None:
    """Add the pages, their frame and their static files to intake's application."""
    app.state.passes = passes
    add_shell(app, ports, secret)
    include(app, *desk.ROUTERS, documents.router, home.router)
    include(app, door.router, passing.router, forgotten.router, account.router)
    include(app, office.router, office_campaigns.router, office_accounts.router)
    uploads.add_to(app, ports)
