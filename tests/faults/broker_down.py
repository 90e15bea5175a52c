"""broker-down: units submit to the real api while the broker is away; all of it arrives when it is back."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from contracts.catalog import CATALOG, queue_of
from infra.stack.config import StackConfig
from infra.stack.lifecycle import stack_of
from infra.stack.process import accepts
from infra.stack.supervisor import Supervisor
from tests.bench.figures import Figure, spread
from tests.demo import stores
from tests.demo.clients import Refused
from tests.demo.inputs import Scale, make_inputs
from tests.demo.office import Office
from tests.demo.play import open_campaign
from tests.demo.run import DemoError, all_of, until
from tests.demo.units import Desk, Entry
from tests.faults.crew import ROOT, FaultsError
from tests.faults.rig import Rig
from tests.support.servers import RunningStack

_UNITS = (
    *("bjwhj", "tjwhj", "hebwh", "sxwh", "nmgwh", "lnwh", "jlwh", "hljwh", "shwhj", "jswh", "zjwh"),
    *("ahwh", "fjwh", "jxwh", "sdwh", "henwh", "hubwh", "hunwht", "gdwht", "gxwht", "hnwgt", "cqwhw"),
)
SCALE = Scale(
    name="faults",
    units=_UNITS,
    silent_unit="ynwht",
    fewest_photos=1,
    most_photos=1,
    megapixels=1,
    video_every=1000,
    longest_video=6,
)
"""66 entries with one small photo each."""
DRAFTS_AT_ONCE = 6
ARRIVE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Size:
    units: int
    killed_seconds: float
    frozen_seconds: float
    """How long the broker is gone, and for how long it is there and does not answer; 0: not at all."""


FULL, SHORT = Size(22, 60, 20), Size(4, 8, 0)


class Broker:
    """The node of a running stack, as its supervisor knows it."""

    def __init__(self, running: RunningStack) -> None:
        config = StackConfig.load(running.folder)
        stack = stack_of(config)
        if stack.rabbit is None:
            raise FaultsError("the stack uses an outside broker, which is not ours to kill")
        self._supervisor = Supervisor(config)
        self._program = stack.rabbit.programs()[1]
        self._port = stack.rabbit.port

    @property
    def listens(self) -> bool:
        return accepts(self._port)

    def restarts(self) -> dict[str, int]:
        """How often each program was started again since the stack was."""
        return {process.name: process.restarts for process in self._supervisor.processes()}

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Kill -9, and keep the supervisor from starting it again."""
        os.kill(self._pid(), signal.SIGKILL)
        try:
            deadline = time.monotonic() + 30
            while self._state() != "stopped":
                self._supervisor.stop((self._program,), 10)
                if time.monotonic() > deadline:
                    raise FaultsError("the supervisor starts the broker again and again")
                time.sleep(0.1)
            yield
        finally:
            self._supervisor.start((self._program,))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there, takes connections even, and answers nobody."""
        pid = self._pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _pid(self) -> int:
        return next(one.pid for one in self._supervisor.processes() if one.name == self._program.name)

    def _state(self) -> str:
        return next(one.state for one in self._supervisor.processes() if one.name == self._program.name)


@dataclass
class Submissions:
    """What units were told."""

    accepted: list[str]
    refused: list[str]
    seconds: list[float]
    while_up: int = 0
    """How many were made although the broker was there: they prove nothing."""


def figures(rig: Rig, *, short: bool, seed: int) -> list[Figure]:
    """The row `broker-down`: submissions refused, and events that did not arrive."""
    size = SHORT if short else FULL
    with rig.stack() as running:
        return asyncio.run(_measure(running, size, seed))


async def _measure(running: RunningStack, size: Size, seed: int) -> list[Figure]:
    scale = replace(SCALE, units=SCALE.units[: size.units])
    inputs = await asyncio.to_thread(make_inputs, scale, ROOT / "var" / "faults" / "inputs")
    node = Broker(running)
    async with open_campaign(running.state, inputs) as (office, desks):
        ready = await _drafts(office, desks)
        random.Random(seed).shuffle(ready)
        await _arrived(running)
        before = node.restarts()
        told = Submissions([], [], [])
        share = size.killed_seconds / (size.killed_seconds + size.frozen_seconds)
        first = round(len(ready) * share)
        with node.killed():
            await _submit(ready[:first], size.killed_seconds, told, is_up=lambda: node.listens)
        back = {"killed": await _arrived(running)}
        if size.frozen_seconds:
            with node.frozen():
                await _submit(ready[first:], size.frozen_seconds, told, is_up=lambda: False)
            back["frozen"] = await _arrived(running)
        missing = await asyncio.to_thread(_on_the_way, running)
        cases = {case["entry_id"] for case in await office.cases()}
        restarts = {name: n - before[name] for name, n in node.restarts().items() if n != before[name]}
    lost = len(set(told.accepted) - cases) + missing
    detail = {
        "submitted": len(told.accepted),
        "refused": told.refused[:3],
        "down_for_s": {"killed": size.killed_seconds, "frozen": size.frozen_seconds},
        "made_while_it_was_up": told.while_up,
        "submit_s": spread(told.seconds),
        "all_arrived_after_s": {name: round(seconds, 1) for name, seconds in back.items()},
        "cases": len(cases),
        "restarts": {name: count for name, count in restarts.items() if name != "rabbitmq"},
        "seed": seed,
    }
    wrong = len(told.refused) + lost + told.while_up + abs(len(ready) - len(told.accepted) - len(told.refused))
    return [Figure("broker-down", wrong, "submissions gone wrong", "= 0", detail)]


async def _drafts(office: Office, desks: dict[str, Desk]) -> list[tuple[Desk, Entry]]:
    """Every entry of the plan, complete and judged, so that nothing is missing but its submission."""
    places = asyncio.Semaphore(DRAFTS_AT_ONCE)

    async def make(desk: Desk, number: int) -> tuple[Desk, Entry]:
        plan = office.run.inputs.plan.entries[number]
        async with places:
            entry = await desk.draft(plan)
            await desk.attach_all(entry)
            await desk.all_judged(entry)
            return desk, entry

    return await all_of(make(desks[plan.unit], n) for n, plan in enumerate(office.run.inputs.plan.entries))


async def _submit(
    ready: list[tuple[Desk, Entry]], seconds: float, told: Submissions, *, is_up: Callable[[], bool]
) -> None:
    """One submission after the other at a steady rate, over so many seconds."""
    began = time.monotonic()
    for number, (desk, entry) in enumerate(ready):
        await asyncio.sleep(max(0.0, began + seconds * number / len(ready) - time.monotonic()))
        asked = time.monotonic()
        try:
            await desk.submit(entry)
        except Refused as refused:
            told.refused.append(str(refused))
            continue
        told.seconds.append(time.monotonic() - asked)
        told.accepted.append(entry.entry_id)
        told.while_up += await asyncio.to_thread(is_up)
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))


def _on_the_way(running: RunningStack) -> int:
    """Events of the whole stack that a consumer of the catalogue has not handled."""
    handled: set[tuple[str, str]] = set()
    written: list[tuple[str, str]] = []
    for dsn in running.state["dsn"].values():
        written += stores.rows(dsn, "SELECT id::text, type FROM outbox")
    for dsn in running.state["dsn"].values():
        handled.update(stores.rows(dsn, "SELECT consumer, id::text FROM inbox"))
    wanted = {row.event.TYPE: [queue_of(one, row.event.TYPE) for one in row.consumers] for row in CATALOG}
    return sum((consumer, event) not in handled for event, kind in written for consumer in wanted[kind])


async def _arrived(running: RunningStack) -> float:
    """Until every event written so far is published and handled by everybody; the seconds it took."""
    began = time.monotonic()

    async def look() -> bool | None:
        return None if await asyncio.to_thread(_on_the_way, running) else True

    try:
        await until(look, "all events to arrive", ARRIVE_SECONDS, first_wait=0.2, longest_wait=1.0)
    except DemoError as error:
        print(f"! {error}", flush=True)  # what is missing is counted by the caller
    return time.monotonic() - began
