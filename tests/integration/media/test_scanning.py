"""A worker with a virus scanner: what it finds, and that verdicts wait while it is away."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.integration.media.rig import Rig, WorkerProcess, eventually
from tests.media_corpus import photos, videos
from tests.support.clamd import NAME, SIGNATURE, clamd_on_tcp

pytestmark = pytest.mark.stack


def test_infected_uploads_are_refused_and_verdicts_wait_for_the_scanner(
    rig: Rig, start_worker: Callable[..., WorkerProcess]
) -> None:
    rig.open_campaign()
    with clamd_on_tcp() as clamd:
        assert isinstance(clamd.address, tuple)
        worker = start_worker(LAUREL_CLAMD=clamd.name).until_ready()
        photo = photos.with_segment(photos.jpeg(320, 240), 0xFE, SIGNATURE)
        video = videos.made(sound="") + b"\x00\x00\x00\x2cfree" + SIGNATURE.ljust(36)
        infected = [rig.submit(photo), rig.submit(video, "video")]

        for material in infected:
            row = rig.verdict(material)
            (finding,) = row["findings"]
            assert (row["state"], finding["slug"], finding["figures"]) == ("rejected", "infected", {"given": NAME})
        assert rig.rendered(rig.submit(photos.jpeg(300, 200)))["state"] == "rendered"
        assert set(clamd.seen) >= {photo, video}
        assert rig.keys_below("laurel-materials", f"video/{infected[1]}/") == []
        assert worker.metric("laurel_media_scans_total", outcome="infected") == 2

    waiting = rig.submit(photos.jpeg(200, 200))
    eventually(lambda: worker.lines("scanner.away"), what="the worker notes that the scanner is away")
    time.sleep(1)
    assert rig.material(waiting) is None

    with clamd_on_tcp(port=clamd.address[1]):
        assert rig.verdict(waiting)["state"] in {"accepted", "rendered"}
    assert rig.dead() == 0
