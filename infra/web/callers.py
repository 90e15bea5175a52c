"""Who is calling an api: the bearer of an access token, unless the account has been disabled."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from starlette.concurrency import run_in_threadpool

from infra.web.principal import ROLES, Principal, TokenError, TokenVerifier, utc_now
from infra.web.problems import FORBIDDEN, UNAUTHENTICATED, Problem

DISABLED_CACHE_SECONDS = 2.0
"""A disabled account is refused at the latest this long after the service knows of it."""
CACHE_SIZE = 4096

K = TypeVar("K")
V = TypeVar("V")


class Callers:
    """Verifies each token once until it expires, and asks every two seconds whether its account is disabled."""

    def __init__(self, verifier: TokenVerifier, is_disabled: Callable[[UUID], bool]) -> None:
        self._verifier = verifier
        self._is_disabled = is_disabled
        self._principals: dict[str, Principal] = {}
        self._disabled: dict[UUID, tuple[float, bool]] = {}

    async def principal(self, token: str) -> Principal:
        """The principal of a token. Raises Problem (401)."""
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
        if await self._disabled_now(principal.account_id):
            raise Problem(
                UNAUTHENTICATED,
                "此账号已停用。如有疑问，请联系秘书处。",
                "This account has been disabled. Ask the secretariat.",
            )
        return principal

    async def _disabled_now(self, account_id: UUID) -> bool:
        known = self._disabled.get(account_id)
        if known is None or known[0] <= time.monotonic():
            disabled = await run_in_threadpool(self._is_disabled, account_id)
            known = (time.monotonic() + DISABLED_CACHE_SECONDS, disabled)
            _remember(self._disabled, account_id, known)
        return known[1]


def _remember(cache: dict[K, V], key: K, value: V) -> None:
    """Keep at most CACHE_SIZE entries; the oldest goes first."""
    cache.pop(key, None)
    while len(cache) >= CACHE_SIZE:
        cache.pop(next(iter(cache)))
    cache[key] = value


class BearerScheme(SecurityBase):
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
