"""Intake's application, made of its routes."""

from __future__ import annotations

import hashlib

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from infra.web.app import create_app, include
from infra.web.passes import PassSigner
from infra.web.principal import TokenVerifier
from infra.web.rendering import refuse
from services.intake.api import accounts, campaigns, documents, entries, imports, materials, own, progress, uploads
from services.intake.domain.errors import IntakeError
from services.intake.pages.app import add_to as add_pages
from services.intake.ports import Ports
from services.intake.problems import problem_of
from services.intake.store import PostgresStore

TITLE = "Laurel intake 桂冠 · 申报"


def build_app(
    ports: Ports,
    store: PostgresStore,
    verifier: TokenVerifier,
    *,
    cursor_secret: bytes,
    public_url: str,
    passes: PassSigner,
) -> FastAPI:
    """Intake's application: the JSON interface below /api/intake/v1 and the home page.

    `public_url` is where people find it: what leaves on paper names this, whatever host a request was sent to.
    """

    def ready() -> dict[str, bool]:
        try:
            return {"database": store.answers()}
        except SQLAlchemyError:
            return {"database": False}

    app = create_app(
        "intake",
        title=TITLE,
        verifier=verifier,
        is_refused=store.is_refused,
        ready=ready,
        program=store.program,
    )
    app.state.ports, app.state.public_url = ports, public_url.rstrip("/")
    app.state.cursor_secret = hashlib.sha256(b"cursors of intake\0" + cursor_secret).digest()

    @app.exception_handler(IntakeError)
    async def refused(request: Request, error: IntakeError) -> Response:
        return refuse(request, problem_of(error))

    # The first are found soonest: pages, then the busiest. (The busiest of all are not looked for: infra.web.direct.)
    add_pages(app, ports, hashlib.sha256(b"pages of intake\0" + cursor_secret).digest(), passes)
    routers = (entries, uploads, materials, campaigns, progress, accounts, own, imports, documents)
    include(app, *(module.router for module in routers))
    return app
