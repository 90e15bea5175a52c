"""Rendering behind a door: everybody's turn comes, made papers are kept for whoever asks again."""

from __future__ import annotations

import os
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from threading import Lock

import anyio
from anyio import CapacityLimiter

from infra.web.problems import UNAVAILABLE, Problem
from services.intake.domain.documents.papers import ActivationLetter, Paper
from services.intake.domain.errors import PaperFailedError
from services.intake.rendering.press import Job, Letters, Press, PressError, Print
from services.intake.usecases.documents import Titled

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_KEPT_BYTES = 32 * 1024 * 1024
_MOST_WAITING = 50
_MOST_OF_ONE = 10
"""Papers that one unit, or one account without a unit, may wait for; they are made one after another."""


class Printer:
    """Makes papers into files, in child processes.

    The same paper is made once: what stands on it is the key, so nothing grows old.

    Whoever asks for many at once gets them one by one, and holds a single one of the press's places meanwhile.
    """

    def __init__(self, public_url: str, press: Press | None = None) -> None:
        self.public_url = public_url
        self.press = press or Press(max(1, min(4, os.cpu_count() or 1)))
        self._waiting: Counter[str] = Counter()
        self._turns: dict[str, anyio.Lock] = {}
        self._limiter: CapacityLimiter | None = None
        self._kept: OrderedDict[tuple[Paper, str, str], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    async def print(self, titled: Titled, kind: str, whose: str) -> bytes:
        """The paper as a file, for a unit or account.

        Raises FontMissingError, PaperFailedError; Problem (503) when too many wait already, or too many of theirs.
        """
        made = self._known((titled.paper, titled.title, kind))
        if made is None:
            async with self.turn(whose):
                made = await self._in_a_thread(titled, kind)
        return made

    async def print_letters(self, letters: Sequence[ActivationLetter], whose: str) -> bytes:
        """Activation letters as one PDF. They hold secrets, so nothing of them is kept."""
        async with self.turn(whose):
            return await anyio.to_thread.run_sync(self._make, Letters(tuple(letters)), limiter=self._threads())

    def print_now(self, titled: Titled, kind: str) -> bytes:
        """The same for an archive, in a thread of its own; whoever waits for one paper goes first.

        Raises FontMissingError, PaperFailedError.
        """
        key = (titled.paper, titled.title, kind)
        made = self._known(key)
        if made is None:
            made = self._make(Print(*key), patient=True)
        return made

    async def _in_a_thread(self, titled: Titled, kind: str) -> bytes:
        key = (titled.paper, titled.title, kind)
        made = self._known(key)  # it may have been made while they waited
        if made is None:
            made = await anyio.to_thread.run_sync(self._make, Print(*key), limiter=self._threads())
            self._keep(key, made)
        return made

    @asynccontextmanager
    async def turn(self, whose: str) -> AsyncIterator[None]:
        """For the time of the block nothing else of this unit or account is made. Raises Problem (503)."""
        if self._waiting[whose] >= _MOST_OF_ONE or self._waiting.total() >= _MOST_WAITING:
            raise Problem(UNAVAILABLE, extra={"retry_after": 5})
        self._waiting[whose] += 1
        turn = self._turns.setdefault(whose, anyio.Lock())
        try:
            async with turn:
                yield
        finally:
            self._waiting[whose] -= 1
            if not self._waiting[whose]:
                del self._waiting[whose], self._turns[whose]

    def _threads(self) -> CapacityLimiter:
        if self._limiter is None:
            self._limiter = CapacityLimiter(self.press.slots)
        return self._limiter

    def _make(self, job: Job, *, patient: bool = False) -> bytes:
        try:
            return self.press.make(job, patient=patient)
        except PressError as error:
            raise PaperFailedError from error

    def _known(self, key: tuple[Paper, str, str]) -> bytes | None:
        with self._lock:
            made = self._kept.get(key)
            if made is not None:
                self._kept.move_to_end(key)
        return made

    def _keep(self, key: tuple[Paper, str, str], made: bytes) -> None:
        with self._lock:
            if key in self._kept or len(made) > _KEPT_BYTES:
                return
            self._kept[key] = made
            self._bytes += len(made)
            while self._bytes > _KEPT_BYTES:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= len(gone)
