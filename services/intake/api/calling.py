"""What every route of intake needs: the ports, the caller who may act, an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter
from fastapi import Request
from starlette.requests import HTTPConnection

from infra.web.callers import BearerScheme
from infra.web.problems import UNAVAILABLE, Problem
from infra.web.rendering import answer
from services.intake.api.turns import CrowdedError, Turns
from services.intake.domain.errors import OutOfScopeError
from services.intake.domain.permissions import PERMISSIONS, Action, Caller
from services.intake.domain.tokens import actions_of
from services.intake.ports import Ports
from services.intake.usecases.sessions import From

__all__ = ["PREFIX", "Allowed", "answer", "came_from", "hashing", "ports_of"]

PREFIX = "/api/intake/v1"

T = TypeVar("T")


def ports_of(request: Request) -> Ports:
    """The application's ports."""
    ports: Ports = request.app.state.ports
    return ports


class Allowed(BearerScheme):
    """A dependency: the caller, if the table of permissions lets one of his roles do this. 401 or 403 otherwise."""

    def __init__(self, action: Action) -> None:
        super().__init__(*sorted(PERMISSIONS[action]))
        self.action = action

    async def __call__(self, request: Request) -> Caller:
        who = await self.principal(request)
        actions = actions_of(who.scopes)
        if actions is not None and self.action not in actions:
            raise OutOfScopeError
        return Caller(who.account_id, who.name, who.roles, who.unit_code, actions, who.session_id)


_MAX_AGENT = 300


def came_from(request: HTTPConnection) -> From:
    """Where a request comes from: its address, of IPv6 the network that one customer holds, and what calls there."""
    return From(_address(request), request.headers.get("user-agent", "")[:_MAX_AGENT])


def _address(request: HTTPConnection) -> str:
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else host


_AT_ONCE = 4
_HASHERS = CapacityLimiter(_AT_ONCE)
# A building of sixty units may share one address in the minute before a deadline.
_TURNS = Turns(_AT_ONCE, of_one=80, of_all=200)


async def hashing(request: Request, work: Callable[..., T], *args: Any) -> T:
    """Run a use case that hashes a password in a thread, four at once: others wait without holding a thread.

    Addresses take turns. Raises Problem (503) when so many wait already that nobody more would be served in time.
    """
    try:
        async with _TURNS.turn(came_from(request).address):
            return await anyio.to_thread.run_sync(partial(work, *args), limiter=_HASHERS)
    except CrowdedError as error:
        raise Problem(UNAVAILABLE, extra={"retry_after": 5}) from error
