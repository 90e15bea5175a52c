"""Large files in parts: what a part's link allows, going on after a break, completing, giving up."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.store.buckets import QUARANTINE
from services.intake.domain.uploads import PART_BYTES
from services.intake.usecases.cleaning import clean_quarantine
from tests.integration.intake.desk import Caller, Intake, definition
from tests.support.servers import S3

SIZE = PART_BYTES + 1000


def content(size: int = SIZE) -> bytes:
    """Bytes of which no two parts are alike."""
    return hashlib.shake_128(str(size).encode()).digest(size)


def video_campaign(intake: Intake) -> str:
    raw = definition()
    story = next(category for category in raw["categories"] if category["key"] == "story")
    story["materials"].append(
        {
            "key": "video",
            "kind": "video",
            "label": {"zh": "视频", "en": "Video"},
            "formats": ["MP4"],
            "max_count": 1,
            "max_bytes": 3 * PART_BYTES,
        }
    )
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def begin(who: Caller, entry: dict[str, Any], size: int = SIZE, **more: Any) -> dict[str, Any]:
    return who.post(
        f"/entries/{entry['entry_id']}/materials", kind="video", name="阅读.mp4", bytes=size, in_parts=True, **more
    ).ok(201)


def link(who: Caller, material: str, number: int) -> str:
    answer = who.post(f"/materials/{material}/parts", numbers=[number]).ok()
    return str(answer["links"][0]["url"])


def put(url: str, body: bytes, **headers: str) -> httpx.Response:
    return httpx.put(url, content=body, headers=headers, timeout=60)


def part(number: int, size: int = SIZE) -> bytes:
    return content(size)[(number - 1) * PART_BYTES : number * PART_BYTES]


def test_a_file_sent_in_parts_arrives_byte_for_byte_and_media_are_told(intake: Intake, s3: S3) -> None:
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    begun = begin(unit, entry)
    material = begun["material_id"]
    assert (begun["upload"], begun["parts"]) == (None, {"part_bytes": PART_BYTES, "count": 2})

    for number in (2, 1):
        assert put(link(unit, material, number), part(number)).status_code == 200
    done = unit.post(f"/materials/{material}/completion").ok(202)

    assert (done["state"], done["bytes"]) == ("uploaded", SIZE)
    (event,) = intake.events(entry["entry_id"])
    assert event["type"] == "material.uploaded.v1"
    key = event["data"]["object"]["key"]
    assert s3.client().get_object(QUARANTINE, key).read() == content()
    assert s3.client().stat_object(QUARANTINE, key).content_type == "video/mp4"
    assert unit.post(f"/materials/{material}/completion").ok(202)["state"] == "uploaded"
    assert len(intake.events(entry["entry_id"])) == 1


def test_who_was_cut_off_sees_what_storage_has_and_sends_the_rest(intake: Intake) -> None:
    unit = intake.unit()
    material = begin(unit, unit.entry(video_campaign(intake), "story"))["material_id"]
    put(link(unit, material, 1), part(1))

    refused = unit.post(f"/materials/{material}/completion").refused(409, "upload-missing")
    progress = unit.get(f"/materials/{material}/parts").ok()

    assert (refused["parts"], refused["missing"]) == (2, [2])
    assert [(held["number"], held["bytes"]) for held in progress["held"]] == [(1, PART_BYTES)]
    put(link(unit, material, 2), part(2))
    assert unit.post(f"/materials/{material}/completion").ok(202)["bytes"] == SIZE


def test_a_part_that_comes_twice_counts_once(intake: Intake, s3: S3) -> None:
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    material = begin(unit, entry)["material_id"]
    for number in (1, 2, 2, 1):
        assert put(link(unit, material, number), part(number)).status_code == 200

    assert len(unit.get(f"/materials/{material}/parts").ok()["held"]) == 2
    unit.post(f"/materials/{material}/completion").ok(202)
    key = intake.events(entry["entry_id"])[0]["data"]["object"]["key"]
    assert s3.client().get_object(QUARANTINE, key).read() == content()


def test_a_parts_link_takes_exactly_its_part(intake: Intake) -> None:
    unit = intake.unit()
    material = begin(unit, unit.entry(video_campaign(intake), "story"))["material_id"]
    url = link(unit, material, 2)
    other = begin(intake.unit("unit-b"), intake.unit("unit-b").entry(video_campaign(intake), "story"))
    theirs = link(intake.unit("unit-b"), other["material_id"], 2)

    attempts = {
        "a byte more": put(url, part(2) + b"x"),
        "a byte less": put(url, part(2)[:-1]),
        "another part": put(url.replace("partNumber=2", "partNumber=1"), part(2)),
        "another upload": put(swapped(url, theirs, "uploadId"), part(2)),
        "another key": put(theirs.split("?")[0] + "?" + url.split("?")[1], part(2)),
        "another bucket": put(url.replace(QUARANTINE, "laurel-materials"), part(2)),
        "the whole object": put(url.split("?")[0], part(2)),
        "reading": httpx.get(url),
    }

    assert {what: answer.is_success for what, answer in attempts.items()} == dict.fromkeys(attempts, False)
    assert unit.get(f"/materials/{material}/parts").ok()["held"] == []
    assert put(url, part(2)).is_success


def swapped(url: str, other: str, name: str) -> str:
    """The url with one argument of another one."""
    mine, theirs = httpx.URL(url), httpx.URL(other)
    return str(mine.copy_set_param(name, theirs.params[name]))


def test_a_link_is_of_no_use_after_completion(intake: Intake, s3: S3) -> None:
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    material = begin(unit, entry)["material_id"]
    links = {number: link(unit, material, number) for number in (1, 2)}
    for number, url in links.items():
        put(url, part(number))
    unit.post(f"/materials/{material}/completion").ok(202)

    assert [put(url, part(number)).status_code for number, url in links.items()] == [404, 404]
    unit.post(f"/materials/{material}/parts", numbers=[1]).refused(409, "upload-expired")
    key = intake.events(entry["entry_id"])[0]["data"]["object"]["key"]
    assert s3.client().get_object(QUARANTINE, key).read() == content()


def test_an_expired_part_link_is_refused_by_storage(intake: Intake) -> None:
    key = f"expired/{uuid4()}"
    objects = intake.ports.objects
    upload_id = objects.begin_parts(key, "video/mp4")
    url = objects.part_links(key, upload_id, {1: 10}, intake.clock.now() + timedelta(seconds=1))[1]
    stale = url.replace("X-Amz-Date=2", "X-Amz-Date=1")

    assert not put(stale, b"0123456789").is_success
    assert objects.parts(key, upload_id) == []


@pytest.mark.parametrize("numbers", [[3], [0], [], [1, 2, 99], list(range(1, 102))])
def test_links_are_given_for_parts_that_the_file_has(intake: Intake, numbers: list[int]) -> None:
    unit = intake.unit()
    material = begin(unit, unit.entry(video_campaign(intake), "story"))["material_id"]

    answer = unit.post(f"/materials/{material}/parts", numbers=numbers)

    assert answer.status == 422
    assert answer.json["slug"] in {"no-such-part", "invalid-request"}


def test_a_photo_sent_by_form_has_no_parts(intake: Intake) -> None:
    unit = intake.unit()
    begun = unit.begin(unit.entry(video_campaign(intake), "story")).ok(201)

    unit.get(f"/materials/{begun['material_id']}/parts").refused(422, "no-such-part")
    unit.post(f"/materials/{begun['material_id']}/parts", numbers=[1]).refused(422, "no-such-part")


def test_parts_that_storage_should_not_have_taken_are_never_put_together(intake: Intake) -> None:
    """Another storage may not look at the signed length: then what is there is weighed before it becomes an object."""
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    begun = begin(unit, entry)
    upload_id = intake.sql("SELECT upload_id FROM materials WHERE material_id = :id", id=begun["material_id"])[0][0]
    key = f"{entry['campaign_id']}/unit-a/{entry['entry_id']}/{begun['material_id']}"
    objects = intake.ports.objects
    until = intake.clock.now() + timedelta(minutes=5)
    for number, length in {1: PART_BYTES, 2: 3 * PART_BYTES}.items():
        put(objects.part_links(key, upload_id, {number: length}, until)[number], b"x" * length)

    unit.post(f"/materials/{begun['material_id']}/completion").refused(409, "upload-missing")
    assert objects.size_of(key) is None


def test_too_large_a_file_is_refused_before_storage_is_asked(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    before = uploads_of(intake, entry)

    body = {"kind": "video", "name": "大.mp4", "bytes": 3 * PART_BYTES + 1, "in_parts": True}
    unit.post(f"/entries/{entry['entry_id']}/materials", **body).refused(422, "material-too-large")
    begin(unit, entry)
    unit.post(f"/entries/{entry['entry_id']}/materials", **{**body, "bytes": 10}).refused(409, "too-many-materials")

    assert before == []
    assert len(uploads_of(intake, entry)) == 1  # what was begun for the refused one is given up at once


def uploads_of(intake: Intake, entry: dict[str, Any]) -> list[str]:
    """Uploads in parts that storage waits for."""
    found = intake.ports.objects.unfinished(intake.clock.now() + timedelta(days=1))
    return [one.key for one in found if entry["entry_id"] in one.key]


def test_removing_a_file_under_way_tells_storage(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    material = begin(unit, entry)["material_id"]
    url = link(unit, material, 2)
    put(url, part(2))

    unit.delete(f"/materials/{material}").ok(204)

    assert uploads_of(intake, entry) == []
    assert put(url, part(2)).status_code == 404
    unit.post(f"/materials/{material}/restoration").refused(404, "not-found")


def test_what_nobody_finished_is_given_up_after_a_day(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(video_campaign(intake), "story")
    material = begin(unit, entry)["material_id"]
    put(link(unit, material, 2), part(2))
    intake.sql(
        "UPDATE materials SET changed_at = changed_at - interval '25 hours', "
        "upload_until = upload_until - interval '25 hours' WHERE material_id = :id",
        id=material,
    )

    assert clean_quarantine(intake.ports) >= 1
    assert uploads_of(intake, entry) == []
    unit.get(f"/materials/{material}").refused(404, "not-found")


def test_an_upload_that_only_storage_knows_of_is_found_in_its_list(intake: Intake) -> None:
    forgotten, fresh = f"forgotten/{uuid4()}", f"fresh/{uuid4()}"
    intake.ports.objects.begin_parts(forgotten, "video/mp4")
    intake.clock.skew = timedelta(hours=26)
    try:
        clean_quarantine(intake.ports)
    finally:
        intake.clock.skew = timedelta(0)
    intake.ports.objects.begin_parts(fresh, "video/mp4")
    clean_quarantine(intake.ports)

    left = [one.key for one in intake.ports.objects.unfinished(intake.clock.now() + timedelta(days=1))]
    assert forgotten not in left
    assert fresh in left


def test_a_unit_has_until_the_next_day_but_never_longer_than_the_grace_after_the_deadline(intake: Intake) -> None:
    unit, now = intake.unit(), intake.clock.now()
    long, short = (
        video_campaign(intake),
        intake.open(online_deadline=now + timedelta(minutes=5), upload_grace_minutes=10),
    )

    begun = begin(unit, unit.entry(long, "story"))
    form = unit.begin(unit.entry(short, "story")).ok(201)

    assert timedelta(hours=22) < at(begun["upload_until"]) - now < timedelta(hours=24)
    assert timedelta(minutes=14) < at(form["upload"]["expires_at"]) - now < timedelta(minutes=16)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)
