"""What every page of review stands on: the frame, who may see it, what happens when his pass has run out.

A page's handler takes `Annotated[Actor, Depends(page_actor(Action.…))]` and answers with
`PAGES.show(request, "area/page.html", …)` or `redirect(…)`; a form holds `{{ csrf_field() }}`.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from fastapi import FastAPI, Request, Response
from markupsafe import Markup
from pydantic import ValidationError
from starlette.responses import RedirectResponse

from contracts import words
from contracts.differences import folded
from infra.web.callers import OfRequest
from infra.web.csrf import FOREIGN_REQUEST, SAFE_METHODS, STALE_FORM, Csrf, is_foreign, token_of
from infra.web.lapses import Lapsed, ask_again, texts_of
from infra.web.pages import Pages, either_language, redirect
from infra.web.passes import PassHolders, renewal_of
from infra.web.places import places_of
from infra.web.problems import FORBIDDEN, Problem
from infra.web.rendering import problem_of_validation, render, wants_page
from services.review.domain.acts import Actor
from services.review.domain.errors import ReviewError
from services.review.permissions import PERMISSIONS, Action
from services.review.problems import problem_of

log = structlog.get_logger(__name__)

PAGES = Pages("services.review.pages", "review", places_of)
_AS_IT_CAME = 307
"""The browser sends the same form again, and comes back with it."""


def instant(at: datetime, zone: ZoneInfo) -> Markup:
    """A moment, in the campaign's zone."""
    return either_language(words.instant_zh(at, zone), words.instant_en(at, zone))


def deadline(at: datetime, zone: ZoneInfo) -> Markup:
    """Until when something can be done: a midnight is 24:00 of the day that it ends."""
    return either_language(words.deadline_zh(at, zone), words.deadline_en(at, zone))


PAGES.templates.globals |= {"instant": instant, "deadline": deadline, "folded": folded}


def end_of(day: str, zone: ZoneInfo) -> datetime | str:
    """The end of a day of the campaign; what is no day is left for a body to refuse."""
    try:
        return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)
    except (ValueError, OverflowError):
        return day


REFUSALS = (ValidationError, ReviewError)
"""What may keep a form from doing what it asks: it has not the form that it should have, or a rule forbids it."""


def refusal(error: ValidationError | ReviewError) -> Problem:
    """Why a form was refused, to be shown above it as it was sent."""
    return problem_of_validation(error.errors()) if isinstance(error, ValidationError) else problem_of(error)


class PageActor(OfRequest):
    """A dependency: who asks for this page, if the table of permissions lets one of his roles do one of these."""

    def __init__(self, *actions: Action) -> None:
        self.roles = frozenset[str]().union(*(PERMISSIONS[action] for action in actions))

    async def __call__(self, request: Request) -> Actor:
        holders: PassHolders = request.app.state.pass_holders
        visitor = await holders.visitor(request)
        changes = request.method not in SAFE_METHODS
        if changes and is_foreign(request):
            raise Problem(FOREIGN_REQUEST)
        if visitor is None:
            raise Lapsed(signed_in=False)
        csrf: Csrf = request.app.state.csrf
        if changes and not csrf.fits(request, visitor, await token_of(request)):
            raise Lapsed(signed_in=True)
        if visitor.roles.isdisjoint(self.roles):
            await request.close()  # files of its form
            raise Problem(FORBIDDEN)
        return Actor(visitor.account_id, visitor.name)


def page_actor(*actions: Action) -> PageActor:
    """The dependency of a page."""
    return PageActor(*actions)


def may(request: Request, action: Action) -> bool:
    """Whether who looks at this page could do this: pages do not offer what would be refused."""
    return not request.state.visitor.roles.isdisjoint(PERMISSIONS[action])


def add_shell(app: FastAPI, secret: bytes, public_key_pem: str, storage: str) -> None:
    """The frame of pages. `storage` is the origin that media are shown from."""
    PAGES.add_to(app, Csrf(secret), storage=storage)
    app.state.pass_holders = PassHolders(public_key_pem, app.state.callers)

    @app.exception_handler(Lapsed)
    async def lapsed(request: Request, error: Lapsed) -> Response:
        if not error.signed_in:
            await request.close()
            if request.method in SAFE_METHODS:
                return redirect(renewal_of(request))
            return RedirectResponse(renewal_of(request), _AS_IT_CAME)
        if not wants_page(request):
            return render(Problem(STALE_FORM), request.url.path)
        return await ask_again(PAGES, request)


__all__ = [
    "PAGES",
    "REFUSALS",
    "PageActor",
    "add_shell",
    "deadline",
    "end_of",
    "instant",
    "may",
    "page_actor",
    "refusal",
    "texts_of",
]
