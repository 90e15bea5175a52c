"""One photo in the entries of two units: both cases say so, with both pictures, soon after the second was handed in."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.bench_media.alterations import all_round
from tests.demo.inputs import Inputs
from tests.demo.play import open_campaign
from tests.demo.units import form_of
from tests.e2e.conftest import Stack
from tests.e2e.test_example import run
from tests.media_corpus.scenes import photo, scene

pytestmark = pytest.mark.stack

LIMIT = 10.0
"""Seconds from the second submission to both cases."""


def test_photo_cropped_and_compressed_anew_is_told_in_both_cases_within_seconds(
    stack: Stack, small_inputs: Inputs, tmp_path: Path
) -> None:
    async def play() -> None:
        async with open_campaign(stack.state, small_inputs) as (office, desks):
            stories = [entry for entry in small_inputs.plan.entries if entry.category == "story"]
            plans = {plan.unit: plan for plan in stories[:2]}
            assert len(plans) == 2
            picture = scene(uuid4().int % 2**32)
            for (unit, plan), content in zip(
                plans.items(), (photo(picture), photo(all_round(0.03)(picture), 70)), strict=True
            ):
                file = tmp_path / f"{unit}.jpg"
                file.write_bytes(content)
                door = desks[unit].account.door
                assert door.token is not None
                about = (door.url, door.token, desks[unit].run.campaign_id)
                done = await asyncio.to_thread(run, *about, file, form_of(plan, desks[unit].account))
                assert done.returncode == 0, done.stderr
            began = time.monotonic()

            cases = await office.awaited("both cases marked", lambda found: sum(c["alike"] for c in found) == 2, 60)
            took = time.monotonic() - began

            assert took < LIMIT
            files = {case["unit"]["code"]: await office.case(case["entry_id"]) for case in cases}
            for unit, other in zip(plans, reversed(plans), strict=True):
                (told,) = files[unit]["alike_list"]
                assert told["likeness"] == "near"
                assert told["unit"]["code"] == other
                assert told["other"]["name"] == f"{other}.jpg"
                for pictures in (told["other"]["pictures"], files[unit]["material_list"][0]["pictures"]):
                    small = min(pictures, key=lambda made: made["width"])
                    answer = await asyncio.to_thread(httpx.get, small["url"])
                    assert answer.headers["content-type"] in {"image/jpeg", "image/webp"}
                    assert len(answer.content) > 500

    asyncio.run(play())
