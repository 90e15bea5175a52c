"""The slower queue on real infrastructure: verdicts never wait for it, and what it makes is made once."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import av
import pytest
from minio.error import S3Error

from contracts.storage import playable_key
from services.media.objects import S3Objects
from services.media.pool import WorkDiedError
from services.media.uploading import BEGINNING_BYTES, PART_BYTES
from tests.integration.media.rig import Rig, WorkerProcess, eventually
from tests.media_corpus import photos, videos

pytestmark = pytest.mark.stack

_HEVC = ("-preset", "ultrafast", "-x265-params", "log-level=0", "-tag:v", "hvc1")
_MOST_VERDICT_SECONDS = 5.0
"""Of a photo on a machine that runs other tests, too; the transcodes here take longer."""


def _telephone(seconds: float = 2) -> bytes:
    return videos.made(seconds=seconds, codec="libx265", extra=_HEVC)


def _long() -> bytes:
    """Some ten seconds of work."""
    return videos.made(1280, 720, 12, fps=30, codec="mpeg4")


def _inspection(rig: Rig, material_id: UUID, *, seconds: float = 240) -> dict[str, Any]:
    found = eventually(
        lambda: rig.rows("SELECT * FROM inspections WHERE material_id = %s", material_id),
        seconds=seconds,
        what=f"an inspection of {material_id}",
    )
    return found[0]


def _told(rig: Rig, material_id: UUID) -> list[dict[str, Any]]:
    return [event["data"] for event in rig.events_of(material_id) if event["type"] == "material.inspected.v1"]


def _is_there(rig: Rig, key: str) -> bool:
    try:
        rig.client.stat_object("laurel-public", key)
    except S3Error:
        return False
    return True


@pytest.mark.usefixtures("worker")
def test_telephones_video_is_accepted_and_gets_a_copy_that_plays(lasting: Rig, worker: WorkerProcess) -> None:
    material = lasting.submit(_telephone(), "video")

    assert lasting.verdict(material)["state"] in {"accepted", "rendered"}
    row = _inspection(lasting, material)

    assert (row["outcome"], row["playable"]) == ("encode", playable_key(str(material)))
    (event,) = _told(lasting, material)
    assert event["playable"] == row["playable"]
    assert event["seconds"] == row["seconds"] > 0
    answer = lasting.client.stat_object("laurel-public", row["playable"])
    assert answer.content_type == "video/mp4"
    copy = lasting.get({"bucket": "laurel-public", "key": row["playable"]})
    with av.open(io.BytesIO(copy), "r") as shown:
        assert shown.streams.video[0].codec_context.name == "h264"
        assert len(list(shown.decode(shown.streams.video[0]))) == 20
    eventually(lambda: worker.metric("laurel_media_inspections_total", outcome="encode") >= 1, what="the metric")


@pytest.mark.usefixtures("worker")
def test_video_that_plays_gets_advice_alone(lasting: Rig) -> None:
    material = lasting.submit(videos.index_first(videos.made(sound="")), "video")

    row = _inspection(lasting, material)

    assert (row["outcome"], row["playable"]) == ("none", None)
    (event,) = _told(lasting, material)
    assert [warning["slug"] for warning in event["warnings"]] == ["no-sound"]
    assert event["warnings"][0]["place"] == f"material:{material}"
    assert not _is_there(lasting, playable_key(str(material)))


@pytest.mark.usefixtures("worker")
def test_photo_passes_through_the_slower_queue(lasting: Rig) -> None:
    material = lasting.submit(photos.jpeg(640, 480))
    lasting.rendered(material)

    eventually(lambda: lasting.depth("media.material.rendered.v1") == 0, what="the photo's event is settled")

    assert _told(lasting, material) == []


def test_photos_verdict_comes_in_its_usual_time_while_a_video_is_coded_anew(
    lasting: Rig, worker: WorkerProcess
) -> None:
    content = photos.jpeg(2000, 1500)
    lasting.verdict(lasting.submit(content))  # the child is warm, as it usually is
    video = lasting.submit(_long(), "video")
    eventually(lambda: worker.metric("laurel_media_aside_busy") == 1, what="the video is being coded")

    for number in range(2):
        began = time.monotonic()
        lasting.verdict(lasting.submit(photos.jpeg(2000, 1500, quality=80 + number)), seconds=_MOST_VERDICT_SECONDS)
        assert time.monotonic() - began < _MOST_VERDICT_SECONDS

    assert worker.metric("laurel_media_aside_busy") == 1, "it still is"
    assert _told(lasting, video) == []
    assert _inspection(lasting, video)["outcome"] == "encode"


def test_worker_killed_over_a_video_begins_it_again_and_tells_of_it_once(
    rig: Rig, start_worker: Callable[..., WorkerProcess]
) -> None:
    rig.open_campaign()
    first = start_worker().until_ready()
    material = rig.submit(_long(), "video")
    eventually(lambda: first.metric("laurel_media_aside_busy") == 1, what="the video is being coded")
    children = first.children()
    first.kill()

    eventually(lambda: not any(child.is_running() for child in children), what="its children have ended with it")
    assert rig.rows("SELECT 1 FROM inspections") == []
    second = start_worker().until_ready()
    row = _inspection(rig, material)

    assert row["outcome"] == "encode"
    assert len(_told(rig, material)) == 1
    assert _is_there(rig, row["playable"])
    assert second.metric("laurel_media_inspections_total", outcome="encode") == 1


def _objects(rig: Rig) -> S3Objects:
    return S3Objects(rig.client)


def test_file_written_in_pieces_is_there_as_a_whole_and_only_then(lasting: Rig) -> None:
    key = f"{lasting.campaign}/large.mp4"
    upload = _objects(lasting).upload(key, "video/mp4")
    piece = bytes(range(256)) * 4096
    count = (BEGINNING_BYTES + 2 * PART_BYTES) // len(piece) + 3
    held = []
    for number in range(count):
        upload.write(number * len(piece), piece)
        held.append(len(upload._beginning) + len(upload._part))
    upload.write(100, b"index")

    assert not _is_there(lasting, key)
    upload.finish()

    content = lasting.get({"bucket": "laurel-public", "key": key})
    expected = piece * count
    assert content == expected[:100] + b"index" + expected[105:]
    assert max(held) <= BEGINNING_BYTES + PART_BYTES


def test_file_that_is_given_up_is_nowhere(lasting: Rig) -> None:
    key = f"{lasting.campaign}/given-up.mp4"
    upload = _objects(lasting).upload(key, "video/mp4")
    for number in range((BEGINNING_BYTES + PART_BYTES) // 2**20 + 1):
        upload.write(number * 2**20, bytes(2**20))
    upload.abort()

    assert not _is_there(lasting, key)
    assert not [
        one for one in lasting.client._list_multipart_uploads("laurel-public").uploads if one.object_name == key
    ]


@pytest.mark.parametrize("place", [-1, 7, BEGINNING_BYTES * 40])
def test_piece_that_belongs_nowhere_is_the_childs_fault(lasting: Rig, place: int) -> None:
    upload = _objects(lasting).upload(f"{lasting.campaign}/odd.mp4", "video/mp4")
    upload.write(0, b"12345")

    with pytest.raises(WorkDiedError):
        upload.write(place, b"x")
