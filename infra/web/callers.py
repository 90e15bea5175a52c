"""Who is calling an api: the bearer of an access token, unless its account was disabled or its session has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar
from uuid import UUID

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from starlette.concurrency import run_in_threadpool

from infra.web.principal import ROLES, Principal, TokenError, TokenVerifier, utc_now
from infra.web.problems import FORBIDDEN, UNAUTHENTICATED, Problem
from infra.web.refusals import Refusal

REFUSED_CACHE_SECONDS = 2.0
"""A disabled account, an ended session is refused at the latest this long after the service knows of it."""
CACHE_SIZE = 4096

PROGRAM_TOKEN = "laurel_"  # noqa: S105 - how the tokens of programs begin, which only the service that issued them knows
"""How a program's token begins."""

K = TypeVar("K")
V = TypeVar("V")


IsRefused = Callable[[UUID, UUID | None], Refusal | None]
"""Of an account's id and a session's (None: the token is of none): why its tokens are refused; None if they are not."""


class Callers:
    """Verifies each token once until it expires, and asks every two seconds whether its account or session has ended.

    One question covers both. `program` finds the principal of a program's token, None if it is not good.
    """

    def __init__(
        self,
        verifier: TokenVerifier,
        is_refused: IsRefused,
        program: Callable[[str], Principal | None] | None = None,
    ) -> None:
        self._verifier = verifier
        self._principals: dict[str, Principal] = {}
        self._refused: _Asked[tuple[UUID, UUID | None], Refusal | None] = _Asked(lambda both: is_refused(*both))
        self._programs: _Asked[str, Principal | None] | None = _Asked(program) if program else None

    async def principal(self, token: str) -> Principal:
        """The principal of a token. Raises Problem (401)."""
        if self._programs is not None and token.startswith(PROGRAM_TOKEN):
            return await self._program(self._programs, token)
        principal = self._principals.get(token)
        if principal is None or principal.expires_at is None or principal.expires_at <= utc_now():
            try:
                principal = self._verifier.verify(token)
            except TokenError as error:
                self._principals.pop(token, None)
                raise Problem(
                    UNAUTHENTICATED,
                    "登录凭证无效或已过期，请重新登录。",
                    "The access token is not valid or has expired; sign in again.",
                ) from error
            _remember(self._principals, token, principal)
        refusal = await self.refusal(principal.account_id, principal.session_id)
        if refusal is not None:
            raise Problem(UNAUTHENTICATED, *refusal.value)
        return principal

    async def refusal(self, account_id: UUID, session_id: UUID | None) -> Refusal | None:
        """Why tokens and passes of this account and session are refused; None if they are not."""
        return await self._refused.now((account_id, session_id))

    async def _program(self, programs: _Asked[str, Principal | None], token: str) -> Principal:
        principal = await programs.now(token)
        if principal is None:
            raise Problem(
                UNAUTHENTICATED,
                "此程序令牌无效、已撤销或已过期，请在“我的账号”页重新申请。",
                "This token of a program is unknown, revoked or expired; make a new one on the account page.",
            )
        return principal

    def forget_session(self, session_id: UUID) -> None:
        """Ask anew about this session at its next request."""
        self._refused.forget(lambda both: both[1] == session_id)


class _Asked(Generic[K, V]):
    """Answers of the database, each kept for two seconds."""

    def __init__(self, ask: Callable[[K], V]) -> None:
        self._ask = ask
        self._known: dict[K, tuple[float, V]] = {}

    async def now(self, key: K) -> V:
        known = self._known.get(key)
        if known is None or known[0] <= time.monotonic():
            answer = await run_in_threadpool(self._ask, key)
            known = (time.monotonic() + REFUSED_CACHE_SECONDS, answer)
            _remember(self._known, key, known)
        return known[1]

    def forget(self, which: Callable[[K], bool]) -> None:
        for key in [key for key in list(self._known) if which(key)]:
            self._known.pop(key, None)


def _remember(cache: dict[K, V], key: K, value: V) -> None:
    """Keep at most CACHE_SIZE entries; the oldest goes first."""
    cache.pop(key, None)
    while len(cache) >= CACHE_SIZE:
        cache.pop(next(iter(cache)))
    cache[key] = value


class OfRequest:
    """A dependency that is called with the request alone and awaited: infra.web.direct needs no FastAPI to ask it."""


class BearerScheme(SecurityBase, OfRequest):
    """Reads the bearer token of a request, as one dependency: each one more costs a request a tenth of a millisecond.

    FastAPI documents a route whose dependency is one of these as asking for a token.
    """

    def __init__(self, *roles: str) -> None:
        unknown = set(roles) - set(ROLES)
        if unknown:
            raise ValueError(f"unknown roles {sorted(unknown)}; the roles are {ROLES}")
        self.roles = roles
        self.model = HTTPBearerModel(description="The access_token of POST /api/intake/v1/sessions.")
        self.scheme_name = "HTTPBearer"

    async def principal(self, request: Request) -> Principal:
        """Who calls, holding one of the roles. Raises Problem: 401 without a valid token, 403 without a role."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem(UNAUTHENTICATED)
        callers: Callers = request.app.state.callers
        who = await callers.principal(token.strip())
        if self.roles and not who.has(*self.roles):
            raise Problem(FORBIDDEN)
        return who


class _Caller(BearerScheme):
    async def __call__(self, request: Request) -> Principal:
        return await self.principal(request)


def caller(*roles: str) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """A FastAPI dependency: the principal behind the request, who holds one of `roles` (any account if none is named).

    Raises Problem: 401 without a valid token, 403 without a role.
    Use: `who: Annotated[Principal, Depends(caller("unit"))]`.
    """
    return _Caller(*roles)
