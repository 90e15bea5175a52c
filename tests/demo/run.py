"""What everybody in a run shares: the doors, the inputs, the campaign, the record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from contracts.campaign import CampaignDefinition
from tests.demo.board import Board
from tests.demo.clients import Door
from tests.demo.inputs import Inputs
from tests.demo.record import Record

T = TypeVar("T")

UPLOADS_AT_ONCE = 4
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 0.8


class DemoError(Exception):
    """The run cannot go on: something that has to happen did not."""


@dataclass
class Run:
    """One run. `state` is the stack's state.json; `stamp` makes names of this run its own."""

    state: dict[str, Any]
    stamp: str
    http: httpx.AsyncClient
    inputs: Inputs
    definition: CampaignDefinition
    board: Board
    record: Record = field(default_factory=Record)
    uploads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(UPLOADS_AT_ONCE))

    @property
    def everyone(self) -> Door:
        """The door of somebody who is not signed in."""
        return Door(self.http, self.state["url"].rstrip("/"))

    @property
    def campaign_id(self) -> str:
        return self.definition.id


async def all_of(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do everything at once; what each came to, in their order. The first failure ends the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]


async def until(
    look: Callable[[], Awaitable[T | None]],
    what: str,
    seconds: float = 300.0,
    first_wait: float = _FIRST_WAIT,
    longest_wait: float = _LONGEST_WAIT,
) -> T:
    """Look again and again, less often each time, until there is something. Raises DemoError at the deadline."""
    deadline = time.monotonic() + seconds
    wait = first_wait
    while True:
        found = await look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise DemoError(f"{what}: not within {seconds:.0f} s")
        await asyncio.sleep(wait)
        wait = min(wait * 1.5, longest_wait)
