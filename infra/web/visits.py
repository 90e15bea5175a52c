"""Who is looking at a page: the holder of a session cookie, asked for at most every two seconds."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response

from infra.web.cookies import drop_cookie, read_cookie, set_cookie

COOKIE = "laurel"
CACHE_SECONDS = 2.0
"""A session that another process ended is refused here at the latest so long after."""
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in on pages."""

    account_id: UUID
    name: str
    roles: frozenset[str]
    unit_code: str | None
    session_id: UUID
    confined_to: str = ""
    """The only page that may be seen until something has been done there, such as setting up the second factor."""
    form_token: str = ""
    """What his forms carry, where it came with his pass (infra.web.passes); else the service makes it."""


def new_secret() -> str:
    """What a session cookie holds: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    """What is kept of it. Plain SHA-256 will do: 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).digest()


class _Known(NamedTuple):
    """An answer of the database: until when it is good, who it is, whether the visit was noted there."""

    until: float
    visitor: Visitor | None
    noted: bool


class Visits:
    """Sessions by their cookie. `look_up` asks the database, in a thread; None for a session that is over.

    It is told whether somebody did something, which an idle session is measured by, or an open page asked by itself.
    """

    def __init__(self, look_up: Callable[[bytes, bool], Visitor | None]) -> None:
        self._look_up = look_up
        self._known: dict[bytes, _Known] = {}

    async def visitor(self, request: HTTPConnection, *, by_itself: bool = False) -> Visitor | None:
        """Who sent this request; also kept in `request.state.visitor`, for the page that answers."""
        secret = read_cookie(request, COOKIE)
        visitor = None
        if secret:
            digest = digest_of(secret)
            known = self._known.get(digest)
            # What a page asked by itself must not hide from the database that somebody did something.
            if known is None or known.until <= time.monotonic() or not (by_itself or known.noted):
                found = await run_in_threadpool(self._look_up, digest, not by_itself)
                known = _Known(time.monotonic() + CACHE_SECONDS, found, not by_itself)
                self._keep(digest, known)
            visitor = known.visitor
        request.state.visitor = visitor
        return visitor

    def forget(self, *sessions: UUID) -> None:
        """Ask anew about these sessions at their next request."""
        ended = set(sessions)
        for digest, known in list(self._known.items()):
            if known.visitor is not None and known.visitor.session_id in ended:
                self._known.pop(digest, None)

    def _keep(self, digest: bytes, known: _Known) -> None:
        self._known.pop(digest, None)
        while len(self._known) >= _KEPT:
            self._known.pop(next(iter(self._known)), None)
        self._known[digest] = known


def begin_visit(request: HTTPConnection, answer: Response, secret: str) -> None:
    """Give the browser its cookie: a fresh one at each sign-in, so that one planted before is worth nothing."""
    set_cookie(request, answer, COOKIE, secret)


def end_visit(request: HTTPConnection, answer: Response) -> None:
    drop_cookie(request, answer, COOKIE)
