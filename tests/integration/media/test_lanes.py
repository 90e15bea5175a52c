"""A batch that lies in the queues already does not hold up whoever comes with a few files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.catalog import queue_of
from contracts.events import MaterialUploadedV1
from tests.integration.media.rig import Rig, WorkerProcess, eventually
from tests.media_corpus import photos

pytestmark = pytest.mark.stack

MANY, FEW = 24, 4


def test_few_files_of_one_unit_go_before_the_many_of_another(
    rig: Rig, start_worker: Callable[..., WorkerProcess]
) -> None:
    rig.open_campaign()
    learning = start_worker().until_ready()
    eventually(lambda: rig.rows("SELECT 1 FROM campaign_rules"), what="the campaign's rules")
    learning.end()
    sound = photos.jpeg(1200, 900)
    uploads = [
        rig.uploaded(rig.put(photos.with_segment(sound, 0xFE, b"photo %d" % number))) for number in range(MANY + FEW)
    ]
    pairs = [(event, str(event.entry_id)) for event in uploads]
    rig.send_all(pairs[: MANY // 2], lane="third")
    rig.send_all(pairs[MANY // 2 : MANY], lane="second")
    rig.send_all(pairs[MANY:])

    worker = start_worker()
    few = [rig.verdict(event.material_id, seconds=60) for event in uploads[MANY:]]
    second = [rig.verdict(event.material_id) for event in uploads[MANY // 2 : MANY]]
    third = [rig.verdict(event.material_id, seconds=60) for event in uploads[: MANY // 2]]

    served = max(row["judged_at"] for row in few)
    # A worker holds few messages of each lane, so now and then one of a later lane finds a child free.
    assert sum(row["judged_at"] < served for row in (*second, *third)) <= 2 * FEW
    assert {row["state"] for row in (*few, *second, *third)} <= {"accepted", "rendered"}

    lanes = [queue_of("media", MaterialUploadedV1.TYPE, lane) for lane in ("", "second", "third")]
    eventually(
        lambda: all(f'laurel_queue_ready{{queue="{lane}"}}' in worker.get("/metrics")[1] for lane in lanes),
        what="the depth of every lane",
    )
