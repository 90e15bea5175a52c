"""The same file and nearly the same picture, found wherever they are, told once, on real infrastructure."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from PIL import Image, ImageOps

from contracts.events import CampaignPublishedV1, MaterialAcceptedV1
from infra.store import Database
from services.media.objects import S3Objects, connect
from services.media.pool import Pool
from services.media.ports import Store
from services.media.store import SqlStore
from services.media.usecases import Media
from tests.integration.media.rig import Rig, WorkerProcess, eventually
from tests.media_corpus import videos
from tests.media_corpus.scenes import photo, scene
from tests.unit.media.fakes import delivery, published

pytestmark = pytest.mark.stack

SEED = iter(range(1, 1000))


def _cropped(picture: Image.Image, share: float) -> Image.Image:
    width, height = picture.size
    return picture.crop((int(width * share), int(height * share), int(width * (1 - share)), int(height * (1 - share))))


def _told(rig: Rig, material_id: UUID) -> list[dict[str, Any]]:
    """What was told of pairs that the material is one of, oldest first."""
    rows = rig.rows("SELECT body FROM outbox WHERE type = 'material.resembled.v1' ORDER BY seq")
    found: list[dict[str, Any]] = [json.loads(row["body"])["data"] for row in rows]
    return [one for one in found if str(material_id) in {one["material"]["material_id"], one["other"]["material_id"]}]


@pytest.mark.usefixtures("worker")
class TestWorker:
    """A worker that takes what is uploaded."""

    def _submit(self, rig: Rig, content: bytes, kind: str = "photo", **where: Any) -> UUID:
        event = rig.uploaded(rig.put(content), kind).model_copy(update=where)
        rig.send(event, str(event.entry_id))
        rig.rendered(event.material_id)
        return event.material_id

    def test_same_photo_cropped_and_compressed_by_another_unit_is_told_with_both_places(self, lasting: Rig) -> None:
        picture = scene(next(SEED))
        first = self._submit(lasting, photo(picture, comment=b"1"), unit_code="u1")
        second = self._submit(lasting, photo(_cropped(picture, 0.03), 70), unit_code="u2")

        (told,) = _told(lasting, second)

        assert (told["likeness"], told["mirrored"], told["more"]) == ("near", False, False)
        assert told["distance"] <= 14
        assert told["correlation"] >= 0.92
        places = (told["material"], told["other"])
        assert [(place["material_id"], place["unit_code"]) for place in places] == [
            (str(second), "u2"),
            (str(first), "u1"),
        ]
        for place in places:
            row = lasting.material(UUID(place["material_id"]))
            assert row is not None
            assert {name: str(row[name]) for name in place} == place

    def test_photo_of_an_earlier_campaign_is_found_in_this_one(self, lasting: Rig) -> None:
        picture = scene(next(SEED))
        first = self._submit(lasting, photo(picture))
        lasting.rows("UPDATE materials SET campaign_id = 'in-2017' WHERE material_id = %s RETURNING material_id", first)

        second = self._submit(lasting, photo(picture, 60))

        assert _told(lasting, second)[0]["other"]["campaign_id"] == "in-2017"

    def test_same_file_is_told_as_such_a_video_too(self, lasting: Rig) -> None:
        for content, kind in ((photo(scene(next(SEED))), "photo"), (videos.made(seconds=1), "video")):
            first = self._submit(lasting, content, kind)
            second = self._submit(lasting, content, kind)

            told = [one for one in _told(lasting, second) if one["other"]["material_id"] == str(first)]

            assert [(one["likeness"], one.get("distance")) for one in told] == [("same-file", None)]

    def test_mirror_image_is_told_as_one(self, lasting: Rig) -> None:
        picture = scene(next(SEED))
        self._submit(lasting, photo(picture))

        second = self._submit(lasting, photo(ImageOps.mirror(picture), 80))

        assert [(one["likeness"], one["mirrored"]) for one in _told(lasting, second)] == [("near", True)]

    def test_other_pictures_resemble_nothing(self, lasting: Rig) -> None:
        for material in [self._submit(lasting, photo(scene(next(SEED)))) for _ in range(4)]:
            assert _told(lasting, material) == []

    def test_pages_and_frames_without_a_picture_resemble_each_other_as_files_alone(self, lasting: Rig) -> None:
        white = [photo(Image.new("RGB", (900, 600), (value,) * 3)) for value in (255, 254, 3)]
        materials = [self._submit(lasting, content) for content in [*white, white[0]]]

        assert [one["likeness"] for one in _told(lasting, materials[0])] == ["same-file"]
        assert _told(lasting, materials[1]) == _told(lasting, materials[2]) == []

    def test_what_the_camera_wrote_down_is_kept_here_and_told_to_nobody(
        self, lasting: Rig, worker: WorkerProcess
    ) -> None:
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "KANARIENVOGEL", "P40 Pro\x00"
        exif.get_ifd(0x8769).update({0x9003: "2016:05:04 09:08:07", 0x9011: "+08:00"})
        exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 26.37), 3: "E", 4: (116.0, 23.0, 29.22)})
        material = self._submit(lasting, photo(scene(next(SEED)), exif=exif))

        (kept,) = lasting.rows("SELECT * FROM captures WHERE material_id = %s", material)

        assert kept["taken_at"].isoformat() == "2016-05-04T09:08:07"
        assert (kept["zone"], kept["make"], kept["model"]) == ("+08:00", "KANARIENVOGEL", "P40 Pro")
        assert set(kept) == {"material_id", "taken_at", "zone", "make", "model", "read_at"}
        everywhere = [str(row) for row in lasting.rows("SELECT body FROM outbox")] + [worker.log.read_text()]
        everywhere += [str(row) for row in lasting.rows("SELECT * FROM materials")]
        for secret in ("KANARIENVOGEL", "P40", "2016-05-04", "2016:05:04", "26.37", "29.22"):
            assert not any(secret in text for text in everywhere), secret


class FallsOnceError(Exception):
    """The process ends here, the first time."""


class _FallsBefore(SqlStore):
    """A store whose process falls at the last step, the first time that it comes there."""

    fallen = False

    def rendered(self, *given: Any) -> None:
        if not self.fallen:
            self.fallen = True
            raise FallsOnceError
        super().rendered(*given)


def _media(rig: Rig, store: Store, pool: Pool) -> Media:
    return Media(store, S3Objects(connect(rig.endpoint, *rig.keys)), pool)


def test_two_that_come_at_once_meet_and_one_that_falls_between_the_steps_goes_on(rig: Rig) -> None:
    """Whoever commits second finds the other; whatever is done twice is told once."""
    picture = scene(next(SEED))
    database, pool = Database(rig.dsn, name="test"), Pool(1)
    try:
        store = _FallsBefore(database)
        media = _media(rig, store, pool)
        media.learn_rules(delivery(_published(rig)))
        uploads = [rig.uploaded(rig.put(photo(picture, quality))) for quality in (90, 60)]
        messages = []
        for upload in uploads:
            verdict = media.judge(delivery(upload))
            assert verdict is not None
            messages.append(delivery(_accepted(rig, upload.material_id)))
        with pytest.raises(FallsOnceError):  # the first is known by its looks, and nothing of it was told
            media.render(messages[0])
        assert rig.rows("SELECT 1 FROM outbox WHERE type LIKE 'material.re_____ed.v1'") == []

        media.render(messages[1])
        media.render(messages[0])

        assert len(_told(rig, uploads[0].material_id)) == 1
        assert len(rig.rows("SELECT 1 FROM outbox WHERE type = 'material.rendered.v1'")) == 2
        assert len(rig.rows("SELECT 1 FROM pictures")) == 2
    finally:
        pool.close()
        database.close()


def _published(rig: Rig) -> CampaignPublishedV1:
    definition = rig.definition().model_dump(mode="json")
    return published().model_copy(update={"campaign_id": rig.campaign, "definition": definition})


def _accepted(rig: Rig, material_id: UUID) -> MaterialAcceptedV1:
    (told,) = (one for one in rig.events_of(material_id) if one["type"] == MaterialAcceptedV1.TYPE)
    return MaterialAcceptedV1.model_validate(told["data"])


def test_two_workers_tell_of_each_pair_once(rig: Rig, start_worker: Callable[..., WorkerProcess]) -> None:
    rig.open_campaign()
    start_worker().until_ready()
    start_worker().until_ready()
    eventually(lambda: rig.rows("SELECT 1 FROM campaign_rules"), what="the campaign's rules")
    scenes = [scene(next(SEED)) for _ in range(3)]
    uploads = [rig.uploaded(rig.put(photo(one, quality))) for one in scenes for quality in (90, 75, 60)]
    rig.send_all([(upload, str(upload.entry_id)) for upload in uploads])

    for upload in uploads:
        rig.rendered(upload.material_id)

    pairs = [
        frozenset((one["material"]["material_id"], one["other"]["material_id"]))
        for upload in uploads
        for one in _told(rig, upload.material_id)
    ]
    assert len(set(pairs)) == 9  # three of each scene: three pairs
    assert len(pairs) == 18  # each seen from either side, and told once
