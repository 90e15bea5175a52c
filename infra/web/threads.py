"""Threads for the work of requests that waits for a database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class _Job(NamedTuple):
    work: Callable[[], Any]
    context: Context
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]

    def hand_back(self) -> Callable[[], None]:
        """Do the work; returns what the loop has to do with its outcome."""
        try:
            return partial(_settle, self.done, self.context.run(self.work), None)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's
            return partial(_settle, self.done, None, error)


def _settle(done: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if done.done():  # nobody waits any more
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


class Threads:
    """So many threads, started when the first work comes.

    What Starlette and `concurrent.futures` do besides (limits, cancelling, counting who is idle) takes two and three
    times as long as handing over and back, which is as long as a small query.
    """

    def __init__(self, number: int, name: str) -> None:
        self._number, self._name = number, name
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._starting = Lock()
        self._started = False

    async def run(self, work: Callable[[], T]) -> T:
        """What the work returns or raises; it sees the context variables of who calls."""
        if not self._started:
            self._start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, copy_context(), loop, done))
        return await done

    def _start(self) -> None:
        with self._starting:
            if self._started:
                return
            self._started = True
        for number in range(self._number):
            Thread(target=self._serve, name=f"{self._name}-{number}", daemon=True).start()

    def _serve(self) -> None:
        while True:
            job = self._jobs.get()
            with suppress(RuntimeError):  # its loop has been closed: nobody waits any more
                job.loop.call_soon_threadsafe(job.hand_back())
            del job  # nothing of a request is kept until the next one
