"""The process kind `files`: papers are rendered and archives packed here, never in the api (docs/adr).

It reads the same database by the same use cases, checks the same tokens and the same table of permissions, and
changes nothing.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from infra.web.app import create_app, include
from infra.web.principal import TokenVerifier
from infra.web.rendering import render
from services.intake.domain.errors import IntakeError
from services.intake.files import archives, documents, letters
from services.intake.files.printing import Printer
from services.intake.files.reading import add_sessions
from services.intake.ports import Library, Ports
from services.intake.problems import problem_of
from services.intake.store import PostgresStore

TITLE = "Laurel files 桂冠 · 文档与打包下载"


def build_files(
    ports: Ports, store: PostgresStore, verifier: TokenVerifier, library: Library, printer: Printer
) -> FastAPI:
    """The application below /api/files/v1."""

    def ready() -> dict[str, bool]:
        try:
            return {"database": store.answers()}
        except SQLAlchemyError:
            return {"database": False}

    app = create_app(
        "files",
        title=TITLE,
        verifier=verifier,
        is_refused=store.is_refused,
        ready=ready,
        program=store.program,
    )
    app.state.ports, app.state.library, app.state.printer = ports, library, printer

    add_sessions(app, ports)

    @app.exception_handler(IntakeError)
    async def refused(request: Request, error: IntakeError) -> Response:
        return render(problem_of(error), request.url.path)

    include(app, documents.router, archives.router, letters.router)
    return app
