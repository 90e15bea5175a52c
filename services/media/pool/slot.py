"""A place in the pool: a memory file that holds what is to be looked at, and a child that can read it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from typing import Any

import structlog

from services.media.pool.process import ChildProcess, LostError, PoolError
from services.media.pool.wire import Answer, Reader

MOST_PIECES = 500
"""Then a child is replaced, so that nothing lives on for ever in a process that strangers' files went through."""
_ATTEMPTS = 2
_DIGEST_BYTES = 1024 * 1024
Timed = Callable[[str, float], object]
"""Called with the name of a step and the seconds that it took."""
_log = structlog.get_logger()


def untimed(_step: str, _seconds: float) -> None:
    """Where nobody asks."""


class WorkDiedError(Exception):
    """The work killed its child, every time it was tried. `cause`: processor, memory, hung, died, broken."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Slot:
    """A place in the pool, held by one caller at a time: a memory file and a child that can read it."""

    def __init__(self, work: str, timed: Timed = untimed) -> None:
        self._work = work
        self._timed = timed
        self._memory = os.memfd_create("laurel-media", os.MFD_CLOEXEC)
        self._read_only = os.open(f"/proc/self/fd/{self._memory}", os.O_RDONLY | os.O_CLOEXEC)
        self._child: ChildProcess | None = ChildProcess(self._read_only, work)
        self._digest = hashlib.sha256()
        self._digested = 0
        self.filled = 0

    @property
    def sha256(self) -> str:
        """Of what was put, lower-case hex. It is taken here, not by a child, who might say anything."""
        if self._digested < self.filled:
            began = time.perf_counter()
            while self._digested < self.filled:
                chunk = os.pread(self._memory, _DIGEST_BYTES, self._digested)
                self._digest.update(chunk)
                self._digested += len(chunk)
            self._timed("hash", time.perf_counter() - began)
        return self._digest.hexdigest()

    @property
    def pid(self) -> int | None:
        """Of the present child."""
        return self._child.pid if self._child else None

    def put(self, chunk: bytes) -> None:
        """Append to the file that the child will see whole."""
        self.filled += os.pwrite(self._memory, chunk, self.filled)

    def pour(self, put: Callable[[bytes], object]) -> None:
        """Hand on all of the file that the child sees."""
        for at in range(0, self.filled, _DIGEST_BYTES):
            put(os.pread(self._memory, min(_DIGEST_BYTES, self.filled - at), at))

    def clear(self) -> None:
        """Forget the file."""
        if self.filled:
            os.ftruncate(self._memory, 0)
            self._digest = hashlib.sha256()
            self._digested = self.filled = 0

    def run(self, do: str, arguments: dict[str, Any], reader: Reader | None = None) -> Answer:
        """Have a piece of work done on what was put, or on what `reader` reads.

        Raises WorkDiedError if it kills its child twice over, PoolError, and what the reader raises.
        """
        whole = reader is None
        asked = {
            "do": do,
            "arguments": arguments,
            "whole": whole,
            "size": self.filled if reader is None else reader.size,
        }
        for attempt in range(1, _ATTEMPTS + 1):
            child = self._ready_child()
            began = time.perf_counter()
            try:
                child.begin(asked)
                if whole:
                    _ = self.sha256  # while the child is at work on the other processor
                answer = child.finish(reader)
            except LostError as lost:
                _log.warning("media.child.lost", pid=child.pid, cause=lost.cause, attempt=attempt, detail=lost.detail)
                self._replace()
                # These are no matter of luck: what exceeded them once will again.
                if attempt == _ATTEMPTS or lost.cause in {"processor", "memory"}:
                    raise WorkDiedError(lost.cause) from lost
            else:
                self._timed(do, time.perf_counter() - began)
                return answer
        raise AssertionError("every attempt returns or raises")

    def _ready_child(self) -> ChildProcess:
        if self._child is None or not self._child.alive:  # somebody killed it while it was idle
            self._replace()
        assert self._child is not None  # noqa: S101 - _replace made one
        try:
            self._child.await_ready()
        except PoolError:
            self._end_child()
            raise
        return self._child

    def _replace(self) -> None:
        self._end_child()
        self._child = ChildProcess(self._read_only, self._work)

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def tidy(self) -> None:
        """Between two callers."""
        self.clear()
        if self._child is not None and self._child.pieces >= MOST_PIECES:
            self._replace()

    def close(self) -> None:
        self._end_child()
        os.close(self._memory)
        os.close(self._read_only)
