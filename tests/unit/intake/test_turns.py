"""Turns: addresses one after another, room for everybody, nobody forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from services.intake.api.turns import CrowdedError, Turns


class Hall:
    """Who was inside, in order; each stays until told to go."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.served = turns, []  # type: tuple[Turns, list[str]]
        self.go = asyncio.Semaphore(0)

    async def visit(self, name: str) -> None:
        async with self.turns.turn(name[0]):
            self.served.append(name)
            await self.go.acquire()

    async def come(self, *names: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.visit(name)) for name in names]
        await asyncio.sleep(0)
        return tasks

    async def leave(self, number: int) -> None:
        for _ in range(number):
            self.go.release()
            for _ in range(5):
                await asyncio.sleep(0)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_addresses_take_turns_and_each_keeps_its_own_order() -> None:
    async def work() -> None:
        hall = Hall(Turns(1, of_one=10, of_all=20))
        tasks = await hall.come("a1", "a2", "a3", "a4", "b1", "c1", "b2")
        await hall.leave(7)
        await asyncio.gather(*tasks)
        assert hall.served == ["a1", "a2", "b1", "c1", "a3", "b2", "a4"]
        assert hall.turns.waiting == 0

    run(work())


def test_one_address_has_so_much_room_and_no_more() -> None:
    async def work() -> None:
        hall = Hall(Turns(1, of_one=2, of_all=20))
        tasks = await hall.come("a1", "a2", "a3", "a4", "b1")
        with pytest.raises(CrowdedError):
            await tasks[3]
        await hall.leave(4)
        assert hall.served == ["a1", "a2", "b1", "a3"]

    run(work())


def test_where_all_is_full_the_longest_line_gives_way_to_the_shorter() -> None:
    async def work() -> None:
        hall = Hall(Turns(1, of_one=10, of_all=3))
        tasks = await hall.come("a1", "a2", "a3", "a4", "b1")
        with pytest.raises(CrowdedError):
            await tasks[3]
        more = await hall.come("b2")  # as many as the longest would have then: it gives way itself
        with pytest.raises(CrowdedError):
            await more[0]
        await hall.leave(4)
        assert hall.served == ["a1", "a2", "b1", "a3"]

    run(work())


def test_who_goes_away_while_waiting_takes_no_turn_and_an_empty_hall_is_open() -> None:
    async def work() -> None:
        hall = Hall(Turns(1, of_one=10, of_all=20))
        tasks = await hall.come("a1", "a2", "b1")
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)
        await hall.leave(1)
        assert hall.served == ["a1", "b1"]
        hall.go.release()
        tasks[2].cancel()  # inside: what it leaves behind is free
        await asyncio.gather(*tasks, return_exceptions=True)
        await hall.come("c1")
        assert hall.served[-1] == "c1"

    run(work())


def test_a_turn_that_came_to_one_who_was_just_leaving_goes_on_to_the_next() -> None:
    async def work() -> None:
        hall = Hall(Turns(1, of_one=10, of_all=20))
        tasks = await hall.come("a1", "b1", "c1")
        tasks[0].cancel()
        await asyncio.sleep(0)  # its turn is b's now, who has not run yet
        tasks[1].cancel()
        for _ in range(5):
            await asyncio.sleep(0)
        assert hall.served == ["a1", "c1"]

    run(work())
