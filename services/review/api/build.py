"""The application: infra.web's, with review's routes, pages and refusals."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from infra.web.app import create_app
from infra.web.principal import TokenVerifier
from infra.web.rendering import refuse
from services.review.api import cases, clerks, desk, lists, panel, papers
from services.review.api.context import Context
from services.review.app import SERVICE
from services.review.domain.errors import ReviewError
from services.review.pages.app import add_to as add_pages
from services.review.problems import problem_of


def build(context: Context, verifier: TokenVerifier) -> FastAPI:
    """The api of one process."""
    app = create_app(
        SERVICE,
        title="Laurel review 桂冠评审",
        verifier=verifier,
        is_refused=context.review.is_refused,
        ready=context.review.ready,
    )
    app.state.context = context
    for part in (cases, clerks, papers, panel, desk, lists):
        app.include_router(part.router)
    add_pages(app, secret=context.secret("forms"), public_key_pem=verifier.public_key_pem, storage=context.links.origin)

    @app.exception_handler(ReviewError)
    async def refused(request: Request, error: ReviewError) -> Response:
        return refuse(request, problem_of(error))

    return app
