"""What every page of intake stands on: the frame, who may see it, what happens when the session has lapsed.

A page's handler takes `Annotated[Caller, Depends(page_caller(Action.…))]` and answers with
`PAGES.show(request, "area/page.html", …)` or `redirect(…)`; a form holds `{{ csrf_field() }}`, scripts send the header.
"""

from __future__ import annotations

from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from markupsafe import Markup, escape

from infra.web.callers import OfRequest
from infra.web.csrf import (
    FOREIGN_REQUEST,
    HEADER,
    SAFE_METHODS,
    STALE_FORM,
    Csrf,
    is_foreign,
    posted,
    token_of,
)
from infra.web.lapses import NEVER_KEPT, Lapsed, ask_again, kept_of, place_of, texts_of
from infra.web.pages import Pages, either_language, redirect
from infra.web.places import places_of
from infra.web.problems import FORBIDDEN, UNAUTHENTICATED, Problem
from infra.web.rendering import render, wants_page
from infra.web.visits import Visitor, Visits
from services.intake.domain.permissions import PERMISSIONS, Action, Caller
from services.intake.domain.pictures import picture_of
from services.intake.domain.sessions import must_enrol, must_tell_contact
from services.intake.ports import Ports

log = structlog.get_logger(__name__)

ENROLMENT = "/totp"
CONTACT = "/account/contact"
_FIRST = {
    ENROLMENT: ("请先设置动态口令。", "Set up your second factor first."),
    CONTACT: ("请先填写联系方式。", "Say first how you are reached."),
}
"""What a script is told that asks for something else before that is done."""
BY_ITSELF = "X-By-Itself"
"""The header of what an open page asks without anybody's doing: whatever it is, it keeps no idle session alive."""
PAGES = Pages("services.intake.pages", "intake", places_of)
UNTITLED = "（尚未填写标题）"


def titled(title: str) -> Markup:
    """An entry's title as pages show it, or that it has none yet."""
    return escape(title) if title and title != UNTITLED else either_language(UNTITLED, "(no title yet)")


PAGES.templates.globals["titled"] = titled
PAGES.templates.globals["picture_of"] = picture_of


class _Elsewhere(Exception):
    """Somebody has to go to another page first."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


async def visitor_of(request: Request) -> Visitor | None:
    """A dependency of pages that anybody may see: who is looking, if he is signed in."""
    visits: Visits = request.app.state.visits
    return await visits.visitor(request)


async def visitor_by_itself(request: Request) -> Visitor | None:
    """The same for what an open page asks without anybody's doing: it keeps no idle session alive."""
    visits: Visits = request.app.state.visits
    return await visits.visitor(request, by_itself=True)


class PageCaller(OfRequest):
    """A dependency: who asks for this page, if the table of permissions lets one of his roles do this."""

    def __init__(
        self, action: Action, *, confined_too: bool = False, without_contact: bool = False, by_itself: bool = False
    ) -> None:
        self.action = action
        self.by_itself = by_itself
        self.open_to = frozenset(_FIRST if confined_too else ()) | (frozenset({CONTACT}) if without_contact else set())

    async def __call__(self, request: Request) -> Caller:
        by_itself = self.by_itself or BY_ITSELF in request.headers
        visitor = await (visitor_by_itself if by_itself else visitor_of)(request)
        if request.method not in SAFE_METHODS and is_foreign(request):
            raise Problem(FOREIGN_REQUEST)
        if visitor is None:
            await _read_form(request)
            raise Lapsed(signed_in=False)
        if visitor.confined_to and visitor.confined_to not in self.open_to:
            raise _Elsewhere(visitor.confined_to)
        if request.method not in SAFE_METHODS:
            csrf: Csrf = request.app.state.csrf
            if not csrf.fits(request, visitor, await token_of(request)):
                raise Lapsed(signed_in=True)
        if visitor.roles.isdisjoint(PERMISSIONS[self.action]):
            await request.close()  # files of its form
            raise Problem(FORBIDDEN)
        return Caller(visitor.account_id, visitor.name, visitor.roles, visitor.unit_code, session_id=visitor.session_id)


def page_caller(
    action: Action, *, confined_too: bool = False, without_contact: bool = False, by_itself: bool = False
) -> PageCaller:
    """The dependency of a page.

    With `confined_too` it is open before the second factor is set up and the contact is given, with `without_contact`
    before the latter. `by_itself`: an open page asks this without anybody's doing, which keeps no idle session alive.
    """
    return PageCaller(action, confined_too=confined_too, without_contact=without_contact, by_itself=by_itself)


async def _read_form(request: Request) -> None:
    if request.method not in SAFE_METHODS and wants_page(request):
        await posted(request)


async def check_form(request: Request) -> None:
    """A dependency of forms for people who are not signed in: sent by our own page. Raises Problem (403)."""
    visitor = await visitor_of(request)
    csrf: Csrf = request.app.state.csrf
    if is_foreign(request):
        raise Problem(FOREIGN_REQUEST)
    if not csrf.fits(request, visitor, await token_of(request)):
        await request.close()
        raise Problem(STALE_FORM)


def look_up(ports: Ports, digest: bytes, noted: bool = True) -> Visitor | None:  # noqa: FBT001, FBT002 - as Visits asks
    """Who holds the cookie of this digest; with `noted` the session has been in use until now."""
    visit = ports.store.visit(digest, noted=noted)
    if visit is None:
        return None
    account = visit.account
    confined = ""
    if must_enrol(visit, ports.factor_required):
        confined = ENROLMENT
    elif must_tell_contact(visit, ports.contact_required):
        confined = CONTACT
    return Visitor(account.account_id, account.name, account.roles, account.unit_code, visit.session_id, confined)


def add_shell(app: FastAPI, ports: Ports, secret: bytes) -> None:
    """The frame of pages: static files, languages, sessions, refusals."""
    PAGES.add_to(app, Csrf(secret), storage=ports.objects.public_origin)
    app.state.visits = Visits(lambda digest, noted: look_up(ports, digest, noted))

    @app.exception_handler(_Elsewhere)
    async def elsewhere(request: Request, error: _Elsewhere) -> Response:
        if wants_page(request):
            return redirect(error.path)
        return render(
            Problem(FORBIDDEN, *_FIRST[error.path], extra={"page": error.path}),
            request.url.path,
        )

    @app.exception_handler(Lapsed)
    async def lapsed(request: Request, error: Lapsed) -> Response:
        if not wants_page(request):
            return render(Problem(STALE_FORM if error.signed_in else UNAUTHENTICATED), request.url.path)
        if error.signed_in:
            return await ask_again(PAGES, request)
        return await keep_form(request, place_of(request))


async def keep_form(request: Request, target: str) -> Response:
    """Sign in first; a form that was being sent to `target` is shown again after that, if our own page sent it."""
    back = target.partition("?")[0]
    if request.method in SAFE_METHODS:
        return redirect(f"/login?next={quote(target)}")
    kept = await kept_of(request)
    if kept is None:
        return PAGES.refuse(request, Problem(STALE_FORM))
    if not NEVER_KEPT.isdisjoint(name for name, _ in kept):
        return redirect(f"/login?next={quote(back)}")
    return PAGES.show(
        request,
        "door/login.html",
        status=401,
        next=back,
        login="",
        kept=kept,
        target=target,
        problem=None,
        signed_out=False,
    )


__all__ = [
    "BY_ITSELF",
    "HEADER",
    "PAGES",
    "UNTITLED",
    "PageCaller",
    "add_shell",
    "check_form",
    "keep_form",
    "page_caller",
    "texts_of",
    "titled",
    "visitor_by_itself",
    "visitor_of",
]
