"""The program of docs/examples against the whole platform: real storage, media's own verdict, the case at the desk."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.demo.inputs import Inputs
from tests.demo.play import open_campaign
from tests.demo.units import form_of
from tests.e2e.conftest import Stack

pytestmark = pytest.mark.stack

PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "publish_entry.py"


def run(url: str, token: str, campaign: str, photo: Path, texts: dict[str, str]) -> subprocess.CompletedProcess[str]:
    pairs = [f"{key}={text}" for key, text in texts.items()]
    return subprocess.run(
        [sys.executable, PROGRAM, campaign, "story", "photo", photo, *pairs],
        env={**os.environ, "LAUREL_URL": url, "LAUREL_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_program_hands_an_entry_in_and_media_judges_its_photo(
    stack: Stack, small_inputs: Inputs, tmp_path: Path
) -> None:
    async def play() -> None:
        async with open_campaign(stack.state, small_inputs) as (office, desks):
            stories = [entry for entry in small_inputs.plan.entries if entry.category == "story"]
            fake, photo = tmp_path / "fake.jpg", tmp_path / "photo.jpg"
            fake.write_bytes(b"\xff\xd8 no photo")
            photo.write_bytes(await asyncio.to_thread(small_inputs.file(stories[1].photos[0]).read))
            ended = []
            for plan, file in ((stories[0], fake), (stories[1], photo)):
                desk = desks[plan.unit]
                door = desk.account.door
                assert door.token is not None
                about = (door.url, door.token, desk.run.campaign_id)
                ended.append(await asyncio.to_thread(run, *about, file, form_of(plan, desk.account)))

            refused, done = ended
            assert refused.returncode == 1
            assert any("一" <= character <= "鿿" for character in refused.stderr), refused.stderr
            assert done.returncode == 0, done.stderr
            number, revision, digest, _ = done.stdout.split(maxsplit=3)
            cases = await office.awaited("the case in the queue", lambda found: len(found) == 1, seconds=60)
            assert (cases[0]["receipt_number"], revision, len(digest)) == (number, "1", 64)

    asyncio.run(play())
