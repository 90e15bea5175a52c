"""The files of an entry: captions, order, replacing, undo, duplicates, links, and the grace after the deadline."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.storage import PUBLIC, playable_key, preview_key, rendition_key
from infra.store.buckets import MATERIALS
from tests.integration.intake.desk import Intake, send
from tests.integration.intake.verdicts import PLACEHOLDER, QUIET, accept, reject, render, watch
from tests.support.servers import S3

PHOTO = b"\xff\xd8 a photo of a reading room"


def names(entry: dict[str, Any]) -> list[str]:
    return [material["name"] for material in entry["materials"]]


def test_captions_and_order_travel_with_the_submission(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    first, second, third = (unit.upload(entry, name=f"{n}.jpg") for n in (1, 2, 3))

    saved = unit.put(f"/materials/{second}/caption", caption="  读者在\n阅览室 ").ok()
    ordered = unit.put(f"/entries/{entry['entry_id']}/order", material_ids=[third, second]).ok()
    unit.submit(entry).ok(201)

    assert saved["caption"] == "读者在 阅览室"
    assert names(ordered) == ["3.jpg", "2.jpg", "1.jpg"]
    event = intake.events(entry["entry_id"])[-1]["data"]
    assert [(ref["material_id"], ref["caption"], ref["position"]) for ref in event["materials"]] == [
        (third, "", 0),
        (second, "读者在 阅览室", 1),
        (first, "", 2),
    ]
    (content,) = intake.sql("SELECT content FROM revisions WHERE entry_id = :id", id=entry["entry_id"])[0]
    assert [material.get("caption") for material in content["materials"]] == [None, "读者在 阅览室", None]


def test_an_order_may_name_each_file_of_the_entry_and_no_other(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.entry(campaign, "story")
    held = unit.upload(entry)
    order = f"/entries/{entry['entry_id']}/order"

    unit.put(order, material_ids=[held, str(uuid4())]).refused(404, "not-found")
    assert len(unit.put(order, material_ids=[held, held]).ok()["materials"]) == 1


def test_a_caption_over_its_limit_is_kept_and_told(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    material = unit.upload(entry)

    assert unit.put(f"/materials/{material}/caption", caption="字" * 51).ok()["caption"] == "字" * 51

    (problem,) = unit.get(f"/entries/{entry['entry_id']}").ok()["problems"]
    assert (problem["slug"], problem["place"]) == ("caption-too-long", f"material:{material}")
    assert problem["figures"] == {"given": 51, "allowed": 50}


def test_two_tabs_that_write_one_caption_lose_neither_text(intake: Intake) -> None:
    unit = intake.unit()
    material = unit.upload(unit.entry(intake.open(), "story"))
    path = f"/materials/{material}/caption"
    unit.put(path, caption="甲", over="").ok()

    refused = unit.put(path, caption="乙", over="").refused(409, "stale-version")

    assert refused["conflicts"] == [{"field": f"material:{material}", "yours": "乙", "saved": "甲"}]
    assert unit.put(path, caption="甲", over="").ok()["caption"] == "甲"  # the same twice is no conflict
    assert unit.put(path, caption="乙", over="甲").ok()["caption"] == "乙"


def test_a_rejected_file_is_replaced_in_its_place(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    bad, *_ = [unit.upload(entry, name=f"{n}.jpg") for n in (1, 2, 3)]
    unit.put(f"/materials/{bad}/caption", caption="大门").ok()
    reject(intake, bad)

    body = {"kind": "photo", "name": "新.jpg", "bytes": 10, "replaces": bad}
    begun = unit.post(f"/entries/{entry['entry_id']}/materials", **body).ok(201)

    assert (begun["position"], begun["caption"]) == (0, "大门")
    assert names(unit.get(f"/entries/{entry['entry_id']}").ok()) == ["新.jpg", "2.jpg", "3.jpg"]
    unit.post(f"/entries/{entry['entry_id']}/materials", **body).refused(404, "not-found")


def test_a_removed_file_comes_back_as_it_was_even_if_it_was_judged_meanwhile(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    material = unit.upload(entry)
    unit.put(f"/materials/{material}/caption", caption="书架").ok()
    unit.delete(f"/materials/{material}").ok(204)
    accept(intake, material)
    unit.get(f"/materials/{material}").refused(404, "not-found")

    back = unit.post(f"/materials/{material}/restoration").ok()

    assert (back["state"], back["caption"], back["facts"]["format"]) == ("accepted", "书架", "JPEG")
    assert unit.post(f"/materials/{material}/restoration").ok()["state"] == "accepted"


def test_a_removed_file_does_not_come_back_where_there_is_no_room_or_after_a_day(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    first, second, _ = (unit.upload(entry) for _ in range(3))
    unit.delete(f"/materials/{first}").ok(204)
    fourth = unit.upload(entry)

    unit.post(f"/materials/{first}/restoration").refused(409, "too-many-materials")
    unit.delete(f"/materials/{fourth}").ok(204)
    unit.post(f"/materials/{first}/restoration").ok()
    unit.delete(f"/materials/{second}").ok(204)
    intake.sql("UPDATE materials SET cleaned_at = clock_timestamp() WHERE material_id = :id", id=second)
    unit.post(f"/materials/{second}/restoration").refused(404, "not-found")


def test_the_same_file_twice_is_told_by_its_hint_and_then_by_what_it_is(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    digest = hashlib.sha256(PHOTO).hexdigest()

    def begin(name: str) -> dict[str, Any]:
        body = {"kind": "photo", "name": name, "bytes": len(PHOTO), "sha256": digest}
        return unit.post(f"/entries/{entry['entry_id']}/materials", **body).ok(201)

    first, second = begin("一.jpg"), begin("二.jpg")

    assert first["warnings"] == []
    assert [warning["slug"] for warning in second["warnings"]] == ["same-file-twice"]
    assert second["warnings"][0]["figures"] == {"same_as": first["material_id"]}
    for begun in (first, second):
        send(begun["upload"], PHOTO)
        unit.post(f"/materials/{begun['material_id']}/completion").ok(202)
    accept(intake, first["material_id"], sha256="a" * 64)
    accept(intake, second["material_id"], sha256="b" * 64)  # the hint lied: they are not the same
    assert unit.get(f"/materials/{second['material_id']}").ok()["warnings"] == []


def test_a_duplicate_without_any_hint_is_found_by_the_verdicts(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    first, second = unit.upload(entry), unit.upload(entry)
    for material in (first, second):
        accept(intake, material, sha256="c" * 64)

    held = unit.get(f"/entries/{entry['entry_id']}").ok()

    assert [len(material["warnings"]) for material in held["materials"]] == [0, 1]
    assert held["problems"] == []  # a warning keeps nothing from being submitted


def test_an_accepted_file_is_shown_to_its_own_unit_alone(intake: Intake, s3: S3) -> None:
    unit, office = intake.unit(), intake.caller("secretariat")
    material = unit.upload(unit.entry(intake.open(), "story"), PHOTO, name="阅览 室.jpg")
    unit.get(f"/materials/{material}/preview").refused(409, "nothing-to-show")
    digest = accept(intake, material)
    put(s3, MATERIALS, f"{digest[:2]}/{digest}", PHOTO)

    original = httpx.get(unit.get(f"/materials/{material}/link").ok()["url"])
    before = httpx.get(unit.get(f"/materials/{material}/preview").ok()["url"])
    put(s3, PUBLIC, rendition_key(digest), b"a rendition")
    after = httpx.get(office.get(f"/materials/{material}/preview").ok()["url"])

    assert (original.content, original.headers["content-type"]) == (PHOTO, "image/jpeg")
    assert "%E9%98%85%E8%A7%88%20%E5%AE%A4.jpg" in original.headers["content-disposition"]
    assert (before.content, after.content) == (PHOTO, b"a rendition")
    for path in ("link", "preview"):
        intake.unit("unit-b").get(f"/materials/{material}/{path}").refused(404, "not-found")


@pytest.mark.parametrize("early", [True, False], ids=["before-the-verdict", "after-it"])
def test_the_picture_asked_for_is_the_one_that_media_told_of(intake: Intake, s3: S3, *, early: bool) -> None:
    unit = intake.unit()
    material = unit.upload(unit.entry(intake.open(), "story"), PHOTO, name="馆.jpg")
    digest = hashlib.sha256(material.encode()).hexdigest()
    if early:
        assert render(intake, material, digest)
        assert unit.get(f"/materials/{material}").ok()["state"] == "uploaded"
    accept(intake, material)
    if not early:
        assert render(intake, material, digest)
    for side in (480, 1600):
        put(s3, PUBLIC, rendition_key(digest, side), f"{side} as JPEG".encode())

    held = unit.get(f"/materials/{material}").ok()
    seen = {side: httpx.get(unit.get(f"/materials/{material}/preview", side=side).ok()["url"]) for side in (480, 1600)}
    large = httpx.get(unit.get(f"/materials/{material}/preview").ok()["url"])

    assert held["picture"] == {"width": 480, "height": 360, "placeholder": PLACEHOLDER}
    assert {side: answer.content for side, answer in seen.items()} == {480: b"480 as JPEG", 1600: b"1600 as JPEG"}
    assert large.content == b"1600 as JPEG"
    assert seen[480].headers["content-type"] == "image/jpeg"
    unit.get(f"/materials/{material}/preview", side=500).refused(422, "invalid-request")


def test_pictures_of_a_file_that_is_not_known_change_nothing(intake: Intake) -> None:
    assert not render(intake, str(uuid4()), "a" * 64)


def test_a_document_is_kept_as_a_file_and_its_first_page_is_shown(intake: Intake, s3: S3) -> None:
    unit, office = intake.unit(), intake.caller("secretariat")
    material = unit.upload(unit.entry(intake.open(), "story"), b"%PDF-1.7", name="推荐表.pdf")
    digest = accept(intake, material, format_="PDF")
    put(s3, MATERIALS, f"{digest[:2]}/{digest}", b"%PDF-1.7")
    office.get(f"/materials/{material}/preview").refused(409, "nothing-to-show")
    put(s3, MATERIALS, preview_key(digest), b"its first page")

    original = httpx.get(office.get(f"/materials/{material}/link").ok()["url"])
    page = httpx.get(office.get(f"/materials/{material}/preview").ok()["url"])

    assert (original.content, original.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert original.headers["content-disposition"].startswith("attachment;")
    assert (page.content, page.headers["content-type"]) == (b"its first page", "image/jpeg")
    intake.unit("unit-b").get(f"/materials/{material}/preview").refused(404, "not-found")
    assert not httpx.get(f"{s3.endpoint}/{MATERIALS}/{preview_key(digest)}").is_success


def test_blank_pages_are_told_as_advice(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    material = unit.upload(entry, b"%PDF-1.7")
    accept(intake, material, format_="PDF", blank_pages=(2,))

    held = unit.get(f"/entries/{entry['entry_id']}").ok()

    (advice,) = held["materials"][0]["warnings"]
    assert (advice["slug"], advice["figures"]) == ("blank-pages", {"pages": [2]})
    assert "第 2 页是空白页" in advice["zh"]
    assert held["problems"] == []


@pytest.mark.parametrize("early", [True, False], ids=["before-the-verdict", "after-it"])
def test_advice_about_a_video_is_beside_it_and_its_copy_is_played(intake: Intake, s3: S3, *, early: bool) -> None:
    unit = intake.unit()
    material = unit.upload(unit.entry(intake.open(), "story"), PHOTO, name="馆.jpg")
    if early:
        assert watch(intake, material, QUIET, playable=True)
    digest = accept(intake, material)
    put(s3, MATERIALS, f"{digest[:2]}/{digest}", PHOTO)
    own = httpx.get(unit.get(f"/materials/{material}/playable").ok()["url"]) if not early else None
    if not early:
        assert watch(intake, material, QUIET, playable=True)
    put(s3, PUBLIC, playable_key(material), b"the copy")

    held = unit.get(f"/materials/{material}").ok()
    played = httpx.get(unit.get(f"/materials/{material}/playable").ok()["url"])

    assert held["state"] == "accepted"
    assert [warning["slug"] for warning in held["warnings"]] == ["sound-too-quiet"]
    assert held["playable"]
    assert (played.content, played.headers["content-type"]) == (b"the copy", "video/mp4")
    assert own is None or own.content == PHOTO, "a video that plays itself is played as it is"
    intake.unit("unit-b").get(f"/materials/{material}/playable").refused(404, "not-found")


def test_advice_about_a_file_that_is_not_known_changes_nothing(intake: Intake) -> None:
    assert not watch(intake, str(uuid4()), QUIET)


def test_a_link_opens_nothing_but_its_file(intake: Intake, s3: S3) -> None:
    unit = intake.unit()
    material = unit.upload(unit.entry(intake.open(), "story"), PHOTO)
    digest = accept(intake, material)
    put(s3, MATERIALS, f"{digest[:2]}/{digest}", PHOTO)
    put(s3, MATERIALS, "another", b"another")
    url = unit.get(f"/materials/{material}/link").ok()["url"]
    asked = url.split("?")[1]

    tampered = [
        url.replace(f"{digest[:2]}/{digest}", "another"),
        url.replace("image%2Fjpeg", "text%2Fhtml"),
        url.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
        url.replace(asked, ""),
    ]

    assert [httpx.get(one).is_success for one in tampered] == [False] * 4
    assert not httpx.delete(url).is_success


def put(s3: S3, bucket: str, key: str, content: bytes) -> None:
    s3.client().put_object(bucket, key, io.BytesIO(content), len(content), content_type="image/jpeg")


def test_an_entry_whose_upload_was_under_way_at_the_deadline_may_be_submitted_within_the_grace(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign, "story")
    begun = unit.begin(entry, size=len(PHOTO)).ok(201)
    close(intake, campaign)
    unit.submit(entry).refused(422, "not-ready")  # its file is still on its way
    send(begun["upload"], PHOTO)
    unit.post(f"/materials/{begun['material_id']}/completion").ok(202)

    unit.put(f"/materials/{begun['material_id']}/caption", caption="迟").refused(409, "deadline-passed")
    assert unit.submit(entry).ok(201)["revision"] == 1


def test_the_grace_ends_and_is_nobodys_whose_files_had_arrived(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open(upload_grace_minutes=1)
    arrived, late = unit.written(campaign, "story"), intake.unit("unit-b").written(campaign, "story")
    unit.upload(arrived)
    begun = intake.unit("unit-b").begin(late, size=len(PHOTO)).ok(201)
    send(begun["upload"], PHOTO)
    close(intake, campaign)

    unit.submit(arrived).refused(409, "deadline-passed")
    intake.unit("unit-b").post(f"/materials/{begun['material_id']}/completion").ok(202)
    close(intake, campaign, timedelta(minutes=2))
    intake.sql(
        "UPDATE materials SET begun_at = begun_at - interval '1 hour' WHERE material_id = :id", id=begun["material_id"]
    )
    intake.sql(
        "UPDATE entries SET updated_at = updated_at - interval '1 hour' WHERE entry_id = :id", id=late["entry_id"]
    )
    intake.unit("unit-b").submit(late).refused(409, "deadline-passed")


def close(intake: Intake, campaign: str, ago: timedelta = timedelta(0)) -> None:
    now = (intake.clock.now() - ago).isoformat()
    intake.caller("secretariat").post(f"/campaigns/{campaign}/amendments", online_deadline=now, reason="截止").ok(201)


def test_a_file_that_never_came_is_told_with_both_possible_causes(intake: Intake) -> None:
    unit = intake.unit()
    begun = unit.begin(unit.entry(intake.open(), "story"), size=1000).ok(201)
    assert send(begun["upload"], b"x" * (2 * 1024 * 1024 + 1)).status_code == 400  # storage turns it away

    refused = unit.post(f"/materials/{begun['material_id']}/completion").refused(409, "upload-missing")

    assert "拒收" in refused["detail"]
    assert "2097152" in refused["detail"]
    assert (refused["given"], refused["allowed"]) == (1000, 2097152)
