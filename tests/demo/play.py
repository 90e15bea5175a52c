"""A whole run on a stack that is up: the main job, then what its stores say once everything has settled."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx

from tests.demo.board import Board
from tests.demo.campaign import around_now, definition_for
from tests.demo.expected import Expected, expected_of
from tests.demo.inputs import Inputs
from tests.demo.measure import Before, Measured, measure
from tests.demo.office import Office
from tests.demo.people import activate, cast, join
from tests.demo.run import Run, all_of
from tests.demo.scenario import Scenario
from tests.demo.stack import create_secretariat
from tests.demo.units import Desk, Stages

LEAD = {"full": timedelta(seconds=15), "small": timedelta(seconds=4)}
"""From opening the campaign to the reminder that falls due within the run."""
STILL_SECONDS = 45.0
"""When nothing has arrived for so long, nothing more will: longer than the third retry takes."""


async def play(state: dict[str, Any], inputs: Inputs, board: Board) -> tuple[Scenario, Measured, Expected]:
    """The main job on a stack that is up, and what its stores say once everything has settled."""
    stamp = time.strftime("%m%d%H%M%S") + secrets.token_hex(2)
    before = Before.of(state)
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
        run = Run(state, stamp, http, inputs, definition_for(stamp), board)
        secretariat, _, _ = cast(inputs.plan.scale, run.definition, stamp)
        code = await asyncio.to_thread(create_secretariat, state, secretariat.login, secretariat.name)
        scenario = Scenario(run, LEAD[inputs.plan.scale.name])
        await scenario.play(secretariat, code)
        expected = expected_of(inputs.plan)
        measured = await settled(state, run, before, expected)
    return scenario, measured, expected


@asynccontextmanager
async def open_campaign(state: dict[str, Any], inputs: Inputs) -> AsyncIterator[tuple[Office, dict[str, Desk]]]:
    """A campaign of its own with the units of the inputs at their desks, for tests and measurements of their own."""
    stamp = time.strftime("%m%d%H%M%S") + secrets.token_hex(2)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as http:
        run = Run(state, stamp, http, inputs, definition_for(stamp), Board())
        secretariat, units, _ = cast(inputs.plan.scale, run.definition, stamp)
        code = await asyncio.to_thread(create_secretariat, state, secretariat.login, secretariat.name)
        office = Office(run, await activate(secretariat, code, run.everyone))
        accounts = await all_of(join(person, office.account.door, run.everyone) for person in units)
        run.definition = around_now(run.definition, LEAD["full"])
        await office.open_campaign()
        stages = Stages(*(run.board.stage(title, 0) for title in ("drafts", "uploads", "verdicts", "submissions")))
        yield office, {account.person.unit_code or "": Desk(run, account, stages) for account in accounts}


async def settled(state: dict[str, Any], run: Run, before: Before, expected: Expected) -> Measured:
    """The measurement once all has arrived and nothing more comes; or once nothing has moved for a long time."""
    bar = run.board.stage("事件与邮件送达 events and mails", 1)
    awaited = ("events consumed", "mails delivered", "public photo renditions")
    last = await asyncio.to_thread(measure, state, run, before)
    moved_at = time.monotonic()
    with run.record.stage("settling"):
        while time.monotonic() - moved_at < STILL_SECONDS:
            await asyncio.sleep(0.5)
            now = await asyncio.to_thread(measure, state, run, before)
            calm = now.counts == last.counts
            last = now
            if not calm:
                moved_at = time.monotonic()
            elif not now.events.waiting and all(now.counts[name] >= expected.counts[name] for name in awaited):
                break
    bar.advance()
    return last
