"""A child process beside the pool, for work that takes minutes: no verdict ever waits for it.

It is started for each piece of work, stands back behind everybody else, and is ended afterwards. A file that hangs or
kills it costs nothing but this one child.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import structlog

from services.media.pool.limits import Limits
from services.media.pool.process import ChildProcess, LostError, PoolError
from services.media.pool.slot import WorkDiedError
from services.media.pool.wire import Answer, Reader, Writer

_log = structlog.get_logger()


class Aside:
    """One piece of work at a time. `work`: the module that the child imports (child.py says what it holds)."""

    def __init__(self, work: str, limits: Limits, wall_seconds: float) -> None:
        self._work = work
        self._limits = limits
        self._wall_seconds = wall_seconds
        self._turn = threading.Lock()
        self._child: ChildProcess | None = None
        self._closed = False

    @property
    def busy(self) -> bool:
        return self._child is not None

    @property
    def pid(self) -> int | None:
        """Of the child at work."""
        return self._child.pid if self._child else None

    def run(self, do: str, arguments: dict[str, Any], reader: Reader, writer: Writer) -> Answer:
        """Have a piece of work done on what `reader` reads; what it makes goes to `writer`, from its beginning on.

        Raises WorkDiedError if it kills its child, PoolError, and what reader and writer raise.
        """
        with self._turn:
            try:
                return self._once(do, arguments, reader, writer)
            except LostError as lost:
                _log.warning("media.aside.lost", cause=lost.cause, detail=lost.detail)
                if self._closed:
                    raise PoolError("the worker is stopping") from lost
                raise WorkDiedError(lost.cause) from lost

    def _once(self, do: str, arguments: dict[str, Any], reader: Reader, writer: Writer) -> Answer:
        if self._closed:
            raise PoolError("the worker is stopping")
        nothing = os.memfd_create("laurel-media-aside", os.MFD_CLOEXEC)
        try:
            self._child = child = ChildProcess(
                nothing, self._work, limits=self._limits, wall_seconds=self._wall_seconds
            )
            try:
                child.await_ready()
                child.begin({"do": do, "arguments": arguments, "whole": False, "size": reader.size})
                return child.finish(reader, writer)
            except LostError as lost:
                if lost.cause == "hung" and child.waited > self._wall_seconds / 2:
                    raise PoolError("the machine is too busy for slow work") from lost
                raise
            finally:
                self._child = None
                child.end()
        finally:
            os.close(nothing)

    def close(self) -> None:
        """End the child, whatever it is doing."""
        self._closed = True
        if self._child is not None:
            self._child.end()
