"""The pool: who may use which slot when."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Iterator

from services.media.pool.process import PoolError
from services.media.pool.slot import Slot

VERDICT, RENDITION = 0, 1
"""Priorities: who waits for a verdict goes first."""
_MOST_DEFERENCE_SECONDS = 30.0
"""For so long renditions let verdicts go first; then one of them goes, lest a long queue of uploads hold them up."""


class Pool:
    """`processes` slots. `work`: the module that children import (child.py says what it holds)."""

    def __init__(self, processes: int, *, work: str = "services.media.work") -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[int, int]] = []
        self._numbers = itertools.count()
        self._slots = [Slot(work) for _ in range(processes)]
        self._idle = list(self._slots)
        self._urgent = 0
        self._closed = False

    @property
    def busy(self) -> int:
        """Slots in use."""
        return len(self._slots) - len(self._idle)

    @property
    def pids(self) -> list[int]:
        return [slot.pid for slot in self._slots if slot.pid is not None]

    @contextlib.contextmanager
    def slot(self, priority: int = VERDICT) -> Iterator[Slot]:
        """A slot for the time of the block, in order of priority, then of coming. Raises PoolError once closed."""
        slot = self._take(priority)
        try:
            yield slot
        finally:
            self._give_back(slot)

    @contextlib.contextmanager
    def urgent(self) -> Iterator[None]:
        """For the time of the block somebody waits for a verdict, whether or not it needs a slot just now.

        Renditions leave it a slot: one that had begun a moment before the next upload was read would hold that up.
        """
        with self._changed:
            self._urgent += 1
        try:
            yield
        finally:
            with self._changed:
                self._urgent -= 1
                self._changed.notify_all()

    def _take(self, priority: int) -> Slot:
        ticket = (priority, next(self._numbers))
        patience = time.monotonic() + _MOST_DEFERENCE_SECONDS

        def our_turn() -> bool:
            deferring = priority != VERDICT and self._urgent >= len(self._slots) and time.monotonic() < patience
            return bool(self._idle) and self._waiting[0] == ticket and not deferring

        with self._changed:
            heapq.heappush(self._waiting, ticket)
            try:
                while not (self._closed or our_turn()):
                    self._changed.wait(timeout=_MOST_DEFERENCE_SECONDS)
                if self._closed:
                    raise PoolError("the pool is closed")
                return self._idle.pop()
            finally:
                self._waiting.remove(ticket)
                heapq.heapify(self._waiting)
                self._changed.notify_all()

    def _give_back(self, slot: Slot) -> None:
        with self._changed:
            if self._closed:
                slot.close()
                return
            try:
                slot.tidy()
            finally:
                self._idle.append(slot)
                self._changed.notify_all()

    def close(self) -> None:
        """End every child. Slots in use are closed when they are given back."""
        with self._changed:
            self._closed = True
            for slot in self._idle:
                slot.close()
            self._idle.clear()
            self._changed.notify_all()
