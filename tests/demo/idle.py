"""One thing at a time on an idle system, timed as people see it: through the public apis, asked again every 10 ms."""

from __future__ import annotations

import time

from tests.demo.inputs import MadeFile
from tests.demo.office import Office
from tests.demo.run import DemoError, until
from tests.demo.units import Desk, Entry

POLL = 0.01


async def upload_to_verdict(desk: Desk, entry: Entry, file: MadeFile) -> float:
    """Seconds from saying that a photo's upload is complete to reading its verdict. Raises DemoError if refused."""
    material_id = await desk.store(entry, "photo", file)
    began = time.perf_counter()
    await desk.complete(material_id)
    material = await desk.verdict(material_id, first_wait=POLL, longest_wait=POLL)
    seconds = time.perf_counter() - began
    if material["state"] != "accepted":
        raise DemoError(f"{file.name} was not accepted: {material['findings']}")
    desk.stages.uploads.advance()
    return seconds


async def submit_to_queue(desk: Desk, office: Office, entry: Entry) -> float:
    """Seconds from asking to submit to seeing the case in the secretariat's list."""
    began = time.perf_counter()
    await desk.submit(entry)

    async def look() -> bool | None:
        return True if any(case["entry_id"] == entry.entry_id for case in await office.cases()) else None

    await until(look, f"{entry.plan.key} in the queue", seconds=30, first_wait=POLL, longest_wait=POLL)
    return time.perf_counter() - began
