"""A disabled account, all the way: from the secretariat's word to the last service that knew it."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest

from tests.demo.clients import Door, Refused
from tests.demo.inputs import Inputs
from tests.demo.people import Person, activate
from tests.demo.play import open_campaign
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.stack

LIMIT = 10.0
"""Seconds from the answer to who disabled it to the last service's refusal."""


async def status(door: Door, path: str) -> int:
    """How this door answers now."""
    try:
        await door.get(path)
    except Refused as refused:
        return refused.status
    return 200


def test_a_disabled_account_is_refused_by_every_service_within_ten_seconds(stack: Stack, small_inputs: Inputs) -> None:
    async def play() -> None:
        async with open_campaign(stack.state, small_inputs) as (office, desks):
            by, unit = office.account.door, next(iter(desks))
            login = f"both-{uuid4().hex[:8]}"
            about = {"login": login, "name": "李某", "roles": ["expert", "unit"], "unit_code": unit}
            made = await by.post("intake/v1/accounts", **about)
            person = Person(login, "李某", "unit", f"{login}@laurel.example.org", "19900009999", unit)
            account = await activate(person, made["activation_code"], office.run.everyone)
            asked = {
                "intake": (f"intake/v1/campaigns/{office.run.campaign_id}/entries", 200),
                "files": (f"files/v1/entries/{uuid4()}/archive.zip", 404),
                "review": ("review/v1/assessments", 200),
                "notify": ("notify/v1/contact", 200),
            }
            for service, (path, before) in asked.items():
                assert await status(account.door, path) == before, service

            await by.post(f"intake/v1/accounts/{account.account_id}/disabling", reason="离职")

            began = time.monotonic()
            for service, (path, _) in asked.items():
                while (given := await status(account.door, path)) != 401:
                    assert time.monotonic() - began < LIMIT, (service, given)
                    await asyncio.sleep(0.1)

    asyncio.run(play())
