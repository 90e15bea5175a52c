"""The pool: who may use which slot when."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import threading
import time
from collections.abc import Iterator

from services.media.pool.process import PoolError
from services.media.pool.slot import Slot, Timed, untimed

VERDICT, LATER, LAST, RENDITION = 0.0, 5.0, 15.0, 30.0
"""Who waits for what, as the seconds by which others may come later and still go first: somebody's few files before
somebody's many, verdicts before renditions, and nobody for ever behind the rest."""
_MOST_DEFERENCE_SECONDS = RENDITION
"""For so long renditions keep out of the way of uploads that are still being read."""


class Pool:
    """`processes` slots. `work`: the module that children import (child.py says what it holds).

    `timed` is told what each piece of work took.
    """

    def __init__(self, processes: int, *, work: str = "services.media.work", timed: Timed = untimed) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int]] = []
        self._numbers = itertools.count()
        self._slots = [Slot(work, timed) for _ in range(processes)]
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
    def slot(self, deference: float = VERDICT) -> Iterator[Slot]:
        """A slot for the time of the block, in the order of coming plus deference. Raises PoolError once closed."""
        slot = self._take(deference)
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

    def _take(self, deference: float) -> Slot:
        ticket = (time.monotonic() + deference, next(self._numbers))
        patience = time.monotonic() + _MOST_DEFERENCE_SECONDS

        def our_turn() -> bool:
            deferring = deference >= RENDITION and self._urgent >= len(self._slots) and time.monotonic() < patience
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
