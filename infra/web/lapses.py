"""Forms that come when their session is over, or was another one: what was typed is shown again, never lost."""

from __future__ import annotations

import structlog
from fastapi import Request, Response

from infra.web.csrf import FIELD, STALE_FORM, is_vouched_for, posted
from infra.web.pages import Pages
from infra.web.problems import Problem

log = structlog.get_logger(__name__)

NEVER_KEPT = frozenset({"old", "password", "again"})
"""Passwords: what is kept of a form is shown to whoever signs in next."""


class Lapsed(Exception):
    """Nobody is signed in, or the form is of an earlier session; what was sent must not be lost."""

    def __init__(self, *, signed_in: bool) -> None:
        super().__init__()
        self.signed_in = signed_in


async def pairs_of(request: Request) -> list[tuple[str, str]]:
    """The texts of a form in their order; files and the form's token are left out."""
    form = await posted(request)
    return [(name, text) for name, text in form.multi_items() if isinstance(text, str) and name != FIELD]


async def texts_of(request: Request) -> dict[str, str]:
    """The texts of a form, the last of each name."""
    return dict(await pairs_of(request))


def place_of(request: Request) -> str:
    """The page's address on this site."""
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


async def kept_of(request: Request) -> list[tuple[str, str]] | None:
    """What a form that came too late held; None if nobody vouches for it. Its files cannot be kept."""
    kept = await pairs_of(request) if is_vouched_for(request) else None
    await request.close()
    if kept is not None:
        log.info("form.kept", route=str(getattr(request.scope.get("route"), "path", "")))
    return kept


async def ask_again(pages: Pages, request: Request) -> Response:
    """A form of an earlier session: its sender looks it over and sends it once more."""
    kept = await kept_of(request)
    if kept is None or not NEVER_KEPT.isdisjoint(name for name, _ in kept):
        return pages.refuse(request, Problem(STALE_FORM))
    return pages.show(request, "continue.html", target=place_of(request), back=request.url.path, kept=kept)
