"""Who asks for a file: a program by its token, or somebody at a page by his session."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request, Response

from infra.web.pages import redirect
from infra.web.problems import FORBIDDEN, UNAUTHENTICATED, Problem
from infra.web.rendering import render
from infra.web.visits import Visits
from services.intake.api.calling import Allowed
from services.intake.domain.permissions import PERMISSIONS, Caller
from services.intake.pages.shell import look_up
from services.intake.ports import Ports


class _SignInFirst(Exception):
    """Somebody followed a link to a file without a session."""


class Reading(Allowed):
    """A dependency: the caller, if the table of permissions lets one of his roles do this.

    A link on a page carries the session's cookie instead of a token. That is safe here: every route only reads, and
    answers with an attachment that no other site can see into.
    """

    async def __call__(self, request: Request) -> Caller:
        if "Authorization" in request.headers:
            return await super().__call__(request)
        visits: Visits = request.app.state.visits
        visitor = await visits.visitor(request)
        if visitor is None:
            if "text/html" in request.headers.get("accept", ""):
                raise _SignInFirst
            raise Problem(UNAUTHENTICATED)
        if visitor.confined_to or visitor.roles.isdisjoint(PERMISSIONS[self.action]):
            raise Problem(FORBIDDEN)
        return Caller(visitor.account_id, visitor.name, visitor.roles, visitor.unit_code, session_id=visitor.session_id)


def add_sessions(app: FastAPI, ports: Ports) -> None:
    """Know the sessions of pages; send who has none to sign in, and back to his file."""
    app.state.visits = Visits(lambda digest, noted: look_up(ports, digest, noted))

    @app.exception_handler(_SignInFirst)
    async def sign_in_first(request: Request, error: _SignInFirst) -> Response:  # noqa: ARG001 - the framework's call
        if request.method != "GET":
            return render(Problem(UNAUTHENTICATED), request.url.path)
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return redirect(f"/login?next={quote(here)}")
