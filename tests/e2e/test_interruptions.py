"""Processes die and the broker goes away in the middle of work: nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import psutil
import pytest

from tests.demo import stores
from tests.demo.inputs import Inputs
from tests.demo.play import open_campaign
from tests.demo.run import all_of, until
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.stack


def _media_workers(state: dict[str, Any]) -> list[psutil.Process]:
    """This stack's media processes, whichever incarnation: known by their database."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("LAUREL_DATABASE_DSN") == state["dsn"]["media"]:
                found.append(process)
    return found


def test_killed_media_workers_lose_no_verdict(stack: Stack, small_inputs: Inputs) -> None:
    async def run() -> None:
        async with open_campaign(stack.state, small_inputs) as (_, desks):
            plan = small_inputs.plan.entries[7]
            desk = desks[plan.unit]
            entry = await desk.draft(plan)
            material_ids = [await desk.store(entry, "photo", small_inputs.file(photo)) for photo in plan.photos]
            killed = 0
            for material_id in material_ids:
                await desk.complete(material_id)
                for worker in _media_workers(stack.state)[:1]:
                    worker.kill()
                    killed += 1
            assert killed >= 3
            verdicts = await all_of(desk.verdict(material_id) for material_id in material_ids)
            assert [verdict["state"] for verdict in verdicts] == ["accepted"] * len(plan.photos)
            events = await asyncio.to_thread(stores.events_of, stack.state["dsn"], desk.run.campaign_id, desks)
            assert events.by_type["material.accepted.v1"] == len(plan.photos)

    asyncio.run(run())


def test_units_submit_while_the_broker_is_away_and_all_arrives_when_it_is_back(
    stack: Stack, small_inputs: Inputs
) -> None:
    pid = next(one["pid"] for one in stack.state["processes"] if one["name"] == "rabbitmq")

    async def run() -> None:
        async with open_campaign(stack.state, small_inputs) as (office, desks):
            plan = small_inputs.plan.entries[1]
            desk = desks[plan.unit]
            entry = await desk.draft(plan)
            await desk.attach_all(entry)
            await desk.all_judged(entry)
            psutil.Process(pid).kill()
            receipt = await desk.submit(entry)
            assert receipt["revision"] == 1
            cases = await office.awaited("the case in the queue", lambda found: len(found) == 1, seconds=90)
            assert cases[0]["entry_id"] == entry.entry_id

            async def settled() -> stores.Events | None:
                events = await asyncio.to_thread(stores.events_of, stack.state["dsn"], desk.run.campaign_id, desks)
                return events if not events.waiting and not events.missing() else None

            events = await until(settled, "all events to be consumed", seconds=90)
            assert events.by_type["entry.submitted.v1"] == 1

    asyncio.run(run())
