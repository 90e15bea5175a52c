"""Work handed to threads and back."""

from __future__ import annotations

import asyncio
import threading
from contextvars import ContextVar

import pytest

from infra.web.threads import Threads

_WHO: ContextVar[str] = ContextVar("who", default="nobody")


@pytest.fixture(scope="module")
def threads() -> Threads:
    return Threads(2, "test")


def test_work_is_done_elsewhere_and_sees_who_asked(threads: Threads) -> None:
    async def ask() -> tuple[str, str]:
        _WHO.set("unit")
        return await threads.run(lambda: (threading.current_thread().name, _WHO.get()))

    where, who = asyncio.run(ask())
    assert where in {"test-0", "test-1"}
    assert who == "unit"


def test_what_work_raises_is_raised_to_who_asked(threads: Threads) -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(threads.run(lambda: 1 // 0))


def test_more_work_than_threads_waits_its_turn(threads: Threads) -> None:
    meet = threading.Barrier(2, timeout=5)  # both threads have to be at work for it to open

    async def ask() -> list[int]:
        return await asyncio.gather(*(threads.run(meet.wait) for _ in range(6)))

    assert len(asyncio.run(ask())) == 6


def test_threads_outlive_a_loop_that_ended_before_its_work(threads: Threads) -> None:
    go_on = threading.Event()

    async def leave() -> None:
        waiting = [asyncio.create_task(threads.run(lambda: go_on.wait(5))) for _ in range(2)]
        await asyncio.sleep(0)  # now both are with the threads
        for one in waiting:
            one.cancel()

    asyncio.run(leave())
    go_on.set()  # both threads hand back to a loop that is closed
    assert asyncio.run(threads.run(lambda: "here")) == "here"
