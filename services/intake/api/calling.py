"""What every route of intake needs: the ports, the caller who may act, an answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import anyio
from anyio import CapacityLimiter
from fastapi import Request

from infra.web.callers import BearerScheme
from infra.web.problems import UNAVAILABLE, Problem
from infra.web.rendering import answer
from services.intake.domain.permissions import PERMISSIONS, Action, Caller
from services.intake.ports import Ports

__all__ = ["PREFIX", "Allowed", "answer", "hashing", "ports_of"]

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
        return Caller(who.account_id, who.name, who.roles, who.unit_code)


_HASHERS = CapacityLimiter(4)
_MOST_WAITING = 100


async def hashing(work: Callable[..., T], *args: Any) -> T:
    """Run a use case that hashes a password in a thread, four at once: others wait without holding a thread.

    Raises Problem (503) when so many wait already that nobody would be served in time.
    """
    if _HASHERS.statistics().tasks_waiting >= _MOST_WAITING:
        raise Problem(UNAVAILABLE, extra={"retry_after": 5})
    return await anyio.to_thread.run_sync(partial(work, *args), limiter=_HASHERS)
