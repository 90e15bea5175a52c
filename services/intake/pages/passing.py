"""Passes to other services' pages: given where somebody signs in, renewed where a browser comes for one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import RedirectResponse

from infra.web.csrf import FOREIGN_REQUEST, SAFE_METHODS, Csrf, is_foreign
from infra.web.pages import local_path, redirect
from infra.web.passes import RENEWAL, PassSigner, give_pass
from infra.web.problems import UNAUTHENTICATED, Problem
from infra.web.rendering import wants_page
from infra.web.visits import Visitor
from services.intake.api.calling import ports_of
from services.intake.pages.shell import keep_form, visitor_of

router = APIRouter(include_in_schema=False)

_AS_IT_CAME = 307
"""The browser sends the same form again, to where it was going."""


def hand_pass(request: Request, answer: Response, visitor: Visitor) -> None:
    """Give a visitor his pass, unless there is something that he has to do here first."""
    if visitor.confined_to:
        return
    signer: PassSigner = request.app.state.passes
    csrf: Csrf = request.app.state.csrf
    give_pass(request, answer, signer.sign(visitor, csrf.of_session(visitor), now=ports_of(request).clock.now()))


@router.api_route(RENEWAL, methods=["GET", "POST", "PUT"])  # PUT: what scripts save
async def renew(request: Request, visitor: Annotated[Visitor | None, Depends(visitor_of)], to: str = "/") -> Response:
    """Go where you were going, with a fresh pass; sign in first if the session is over: what was sent is not lost."""
    target = local_path(to)
    if request.method not in SAFE_METHODS and is_foreign(request):
        raise Problem(FOREIGN_REQUEST)
    if visitor is None and not wants_page(request):
        raise Problem(UNAUTHENTICATED)
    if visitor is None:
        return await keep_form(request, target)
    if visitor.confined_to:
        return redirect(visitor.confined_to)
    answer = redirect(target) if request.method in SAFE_METHODS else RedirectResponse(target, _AS_IT_CAME)
    hand_pass(request, answer, visitor)
    return answer
