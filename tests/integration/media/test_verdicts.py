"""From an upload to its one verdict and its rendition, on real infrastructure."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import Any
from uuid import UUID

import pytest
from minio.error import S3Error
from PIL import Image

from tests.integration.media.rig import Rig, WorkerProcess, eventually
from tests.media_corpus import photos, videos

RENDERED, INSPECTED = "material.rendered.v1", "material.inspected.v1"

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("worker")]


def _event(rig: Rig, material_id: UUID, kind: str) -> dict[str, object]:
    """The one verdict about a material; more than one, or another, fails."""
    told = {event["type"]: event for event in rig.events_of(material_id) if event["type"] not in {RENDERED, INSPECTED}}
    assert list(told) == [kind]
    assert sum(event["type"] == kind for event in rig.events_of(material_id)) == 1
    data: dict[str, object] = told[kind]["data"]
    return data


def _renditions(rig: Rig, material_id: UUID) -> list[dict[str, Any]]:
    """Those that are told of, once; each stands where and as it is said to, with a placeholder beside them."""
    (event,) = (event for event in rig.events_of(material_id) if event["type"] == RENDERED)
    told: list[dict[str, Any]] = event["data"]["renditions"]
    for one in told:
        held = rig.client.stat_object("laurel-public", one["key"])
        assert (held.size, held.content_type) == (one["bytes"], f"image/{one['format'].lower()}")
        with Image.open(io.BytesIO(rig.get({"bucket": "laurel-public", "key": one["key"]}))) as picture:
            assert (picture.format, picture.size) == (one["format"].upper(), (one["width"], one["height"]))
            assert not picture.getexif()
            assert "comment" not in picture.info
    with Image.open(io.BytesIO(base64.b64decode(event["data"]["placeholder"].partition(",")[2]))) as blurred:
        assert max(blurred.size) == 16
    return told


def test_sound_photo_is_accepted_copied_under_its_digest_and_rendered(lasting: Rig) -> None:
    content = photos.with_orientation(photos.jpeg(2400, 1800), 6)
    material = lasting.submit(content)

    row = lasting.rendered(material)

    digest = hashlib.sha256(content).hexdigest()
    data = _event(lasting, material, "material.accepted.v1")
    assert data["object"] == {
        "bucket": "laurel-materials",
        "key": f"{digest[:2]}/{digest}",
        "size": len(content),
        "sha256": digest,
    }
    assert data["facts"] == row["facts"]
    assert (row["facts"]["width"], row["facts"]["height"]) == (1800, 2400)
    assert lasting.get(row["object"]) == content
    assert row["rendition"] == f"{digest}/1600.jpg"
    told = _renditions(lasting, material)
    assert told == row["renditions"]
    assert [(one["key"], one["width"], one["height"]) for one in told] == [
        (f"{digest}/1600.jpg", 1200, 1600),
        (f"{digest}/1600.webp", 1200, 1600),
        (f"{digest}/480.jpg", 360, 480),
        (f"{digest}/480.webp", 360, 480),
    ]


def test_rejected_photo_names_every_broken_rule_and_is_kept_nowhere(lasting: Rig) -> None:
    content = photos.padded_to(photos.with_frame_size(photos.jpeg(64, 64), 9000, 9000), 2 * 1024 * 1024 + 1)
    material = lasting.submit(content)

    row = lasting.verdict(material)

    data = _event(lasting, material, "material.rejected.v1")
    assert isinstance(data["findings"], list)
    findings = {finding["slug"]: finding for finding in data["findings"]}
    assert set(findings) == {"photo-too-large", "too-many-pixels"}
    assert findings["photo-too-large"]["figures"]["given"] == 2097153
    assert findings["photo-too-large"]["place"] == f"material:{material}"
    assert (data["unit_code"], data["name"]) == ("u1", "照片.jpg")
    assert row["object"] is None
    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(S3Error, match="NoSuchKey"):
        lasting.get({"bucket": "laurel-materials", "key": f"{digest[:2]}/{digest}"})


def test_video_whose_codec_is_named_by_unprintable_bytes_gets_its_verdict(lasting: Rig) -> None:
    material = lasting.submit(videos.with_codec(videos.made(320, 240, 2), b"\x00\x1b[2"), "video")

    lasting.verdict(material)

    findings = _event(lasting, material, "material.rejected.v1")["findings"]
    assert isinstance(findings, list)
    (finding,) = findings
    assert finding["slug"] == "unsupported-codec"
    assert finding["figures"]["given"] == "\ufffd\ufffd[2"


@pytest.mark.parametrize(
    ("content", "kind", "slug"),
    [
        (b"", "photo", "empty-file"),
        (photos.png(), "photo", "wrong-format"),
        (photos.half(photos.jpeg()), "photo", "truncated"),
        (b"", "video", "empty-file"),
        (photos.jpeg(), "video", "wrong-format"),
        (photos.jpeg(), "poster", "unknown-kind"),
    ],
)
def test_bad_upload_is_rejected_with_its_reason(lasting: Rig, content: bytes, kind: str, slug: str) -> None:
    material = lasting.submit(content, kind)

    lasting.verdict(material)

    data = _event(lasting, material, "material.rejected.v1")
    assert isinstance(data["findings"], list)
    assert [finding["slug"] for finding in data["findings"]] == [slug]


def test_upload_that_is_not_there_is_rejected(lasting: Rig) -> None:
    ref = lasting.put(b"x")
    lasting.client.remove_object(ref.bucket, ref.key)
    for kind in ("photo", "video"):
        event = lasting.uploaded(ref, kind)
        lasting.send(event, str(event.entry_id))

        assert lasting.verdict(event.material_id)["findings"][0]["slug"] == "missing-file"


def test_video_is_accepted_from_its_immutable_copy_and_gets_a_poster_and_a_digest(lasting: Rig) -> None:
    content = videos.made()
    material = lasting.submit(content, "video")

    row = lasting.rendered(material)

    data = _event(lasting, material, "material.accepted.v1")
    assert data["facts"] == row["facts"]
    assert (row["facts"]["width"], row["facts"]["height"], row["facts"]["seconds"]) == (1280, 720, 4.0)
    assert row["object"]["key"].startswith(f"video/{material}/")
    assert row["object"]["size"] == len(content)
    assert lasting.get(row["object"]) == content
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    told = _renditions(lasting, material)
    assert [(one["key"], one["width"], one["height"]) for one in told] == [
        (f"{material}/1600.jpg", 1280, 720),
        (f"{material}/1600.webp", 1280, 720),
        (f"{material}/480.jpg", 480, 270),
        (f"{material}/480.webp", 480, 270),
    ]


def test_rejected_video_leaves_no_copy(lasting: Rig) -> None:
    material = lasting.submit(videos.made(1440, 1080, 2), "video")

    assert [finding["slug"] for finding in lasting.verdict(material)["findings"]] == ["wrong-pixel-size"]

    assert lasting.keys_below("laurel-materials", f"video/{material}/") == []


def test_quarantine_is_emptied_once_the_rendition_is_made(lasting: Rig) -> None:
    event = lasting.uploaded(lasting.put(photos.jpeg(300, 200)))
    lasting.send(event, str(event.entry_id))

    lasting.rendered(event.material_id)

    assert lasting.keys_below(event.object.bucket, event.object.key) == []


def test_same_event_twice_and_two_events_of_one_material_give_one_verdict(lasting: Rig) -> None:
    event = lasting.uploaded(lasting.put(photos.jpeg(200, 100)))
    envelope = lasting.send(event, str(event.entry_id))
    lasting.send(event, str(event.entry_id), envelope=envelope)
    second = lasting.send(event, str(event.entry_id))

    eventually(lambda: lasting.rows("SELECT 1 FROM inbox WHERE id = %s", second.id), what="the second event is handled")

    lasting.verdict(event.material_id)
    _event(lasting, event.material_id, "material.accepted.v1")


def test_two_materials_of_the_same_bytes_share_one_copy(lasting: Rig) -> None:
    content = photos.jpeg(400, 300, quality=77)

    first, second = lasting.submit(content), lasting.submit(content)

    assert lasting.rendered(first)["object"] == lasting.rendered(second)["object"]


def test_metrics_tell_verdicts_by_outcome(lasting: Rig, worker: WorkerProcess) -> None:
    before = worker.metric("laurel_media_verdicts_total", kind="photo", outcome="rejected")

    lasting.verdict(lasting.submit(b"no picture"))

    eventually(lambda: worker.metric("laurel_media_verdicts_total", kind="photo", outcome="rejected") > before)
    assert worker.metric("laurel_media_pool_size") == 1
    assert worker.metric("laurel_media_verdict_seconds_count", kind="photo") > 0


def test_metrics_tell_the_steps_of_a_verdict_and_of_its_rendition(lasting: Rig, worker: WorkerProcess) -> None:
    names = ("fetch", "judge", "hash", "copy", "record", "reread", "render", "put")
    before = {step: worker.metric("laurel_media_step_seconds_count", step=step) for step in names}

    lasting.rendered(lasting.submit(photos.jpeg(701, 301)))

    after = {step: worker.metric("laurel_media_step_seconds_count", step=step) for step in names}
    assert all(after[step] > before[step] for step in names), (before, after)
