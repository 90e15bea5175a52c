"""Who is served next where few can be at once: addresses take turns, so that a flood from one waits for itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class CrowdedError(Exception):
    """So many wait already that this one would not be served in time."""


class Turns:
    """At most `at_once` are inside; others wait, the addresses in turn, each in the order in which its own came.

    At most `of_one` wait of one address, and `of_all` altogether: where there is no room, the last of whoever has the
    most waiting gives way.
    """

    def __init__(self, at_once: int, *, of_one: int, of_all: int) -> None:
        self._free, self._of_one, self._of_all = at_once, of_one, of_all
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Inside the block it is this one's turn. Raises CrowdedError."""
        await self._come_in(address)
        try:
            yield
        finally:
            self._next()

    async def _come_in(self, address: str) -> None:
        if self._free:  # then nobody waits
            self._free -= 1
            return
        self._make_room(address)
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(address, deque()).append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled() and mine.exception() is None:
                self._next()  # its turn had come just now
            else:
                self._leave(address, mine)
            raise

    def _make_room(self, address: str) -> None:
        own = len(self._lines.get(address, ()))
        if own >= self._of_one:
            raise CrowdedError
        if self.waiting < self._of_all:
            return
        longest = max(self._lines, key=lambda name: len(self._lines[name]))
        if len(self._lines[longest]) <= own + 1:
            raise CrowdedError
        last = self._lines[longest][-1]
        self._leave(longest, last)
        last.set_exception(CrowdedError())

    def _leave(self, address: str, one: asyncio.Future[None]) -> None:
        line = self._lines.get(address)
        if line is not None and one in line:
            line.remove(one)
            if not line:
                del self._lines[address]

    def _next(self) -> None:
        while self._lines:
            address, line = next(iter(self._lines.items()))
            one = line.popleft()
            if line:
                self._lines.move_to_end(address)
            else:
                del self._lines[address]
            if not one.done():
                one.set_result(None)
                return
        self._free += 1
