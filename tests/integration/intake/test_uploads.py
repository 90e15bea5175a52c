"""Uploads straight to object storage: what the signed form allows, and what storage refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from infra.bus.entrypoint import Periodic
from infra.bus.green import ENTRYPOINT_EXTENSIONS_ATTR
from infra.store.buckets import QUARANTINE
from services.intake.objects import QuarantineObjects
from services.intake.usecases.cleaning import clean_quarantine
from services.intake.worker import App, IntakeWorker
from tests.integration.intake.desk import Intake, send

PHOTO = b"\xff\xd8 a photo of a reading room"


def test_a_photo_arrives_and_media_are_told(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.entry(campaign, "story")
    begun = unit.begin(entry, name="阅览室.jpg", size=len(PHOTO)).ok(201)

    assert send(begun["upload"], PHOTO).status_code in {200, 204}
    done = unit.post(f"/materials/{begun['material_id']}/completion").ok(202)

    key = f"{campaign}/unit-a/{entry['entry_id']}/{begun['material_id']}"
    assert (done["state"], done["bytes"]) == ("uploaded", len(PHOTO))
    event = intake.events(entry["entry_id"])[-1]
    assert event["type"] == "material.uploaded.v1"
    assert event["data"]["object"] == {"bucket": QUARANTINE, "key": key, "size": len(PHOTO), "sha256": None}
    assert event["data"]["name"] == "阅览室.jpg"


def test_completing_twice_tells_media_once(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    material = unit.upload(entry)

    again = unit.post(f"/materials/{material}/completion").ok(202)

    assert again["state"] == "uploaded"
    assert len(intake.events(entry["entry_id"])) == 1


def test_storage_refuses_another_key_another_type_and_other_lengths(intake: Intake) -> None:
    owner, other = intake.unit("unit-a"), intake.unit("unit-b")
    campaign = intake.open()
    theirs = owner.begin(owner.entry(campaign, "story")).ok(201)
    entry = other.entry(campaign, "story")
    form = other.begin(entry).ok(201)["upload"]

    attempts = [
        send(form, PHOTO, key=theirs["upload"]["key"]),
        send(form, PHOTO, key=f"{form['key']}/x"),
        send(form, PHOTO, key="../laurel-materials/x"),
        send(form, PHOTO, **{"Content-Type": "text/html"}),
        send(form, b"x" * (2 * 1024 * 1024 + 1)),
        send(form, b""),
        send({**form, "url": form["url"].replace(QUARANTINE, "laurel-materials")}, PHOTO),
        send({**form, "fields": {k: v for k, v in form["fields"].items() if k != "policy"}}, PHOTO),
        send(form, PHOTO, **{"x-amz-signature": "0" * 64}),
    ]

    assert [answer.is_success for answer in attempts] == [False] * len(attempts)
    for key in (form["key"], theirs["upload"]["key"]):
        assert intake.ports.objects.size_of(key) is None
    assert send(form, b"x" * (2 * 1024 * 1024)).is_success
    assert httpx.get(f"{form['url']}/{form['key']}").status_code in {401, 403}  # nobody reads quarantine


def test_an_expired_form_is_refused_by_storage(intake: Intake) -> None:
    form = intake.ports.objects.upload_form(
        f"expired/{uuid4()}", "image/jpeg", 1000, intake.clock.now() - timedelta(seconds=5)
    )

    answer = send({"url": form.url, "fields": form.fields}, PHOTO)

    assert not answer.is_success
    assert intake.ports.objects.size_of(form.key) is None


def test_a_file_declared_too_large_is_refused_with_both_figures(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")

    body = unit.begin(entry, name="IMG_2031.jpg", size=2097153).refused(422, "material-too-large")

    assert (body["given"], body["allowed"]) == (2097153, 2097152)
    assert "IMG_2031.jpg" in body["detail"]
    assert "2097153" in body["detail"]


def test_completion_before_the_file_is_there_is_refused(intake: Intake) -> None:
    unit = intake.unit()
    begun = unit.begin(unit.entry(intake.open(), "story")).ok(201)

    unit.post(f"/materials/{begun['material_id']}/completion").refused(409, "upload-missing")
    assert unit.get(f"/materials/{begun['material_id']}").ok()["state"] == "uploading"


def test_an_upload_begun_before_the_deadline_may_be_finished_after_it_for_a_while(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.entry(campaign, "story")
    timely, late = (unit.begin(entry, size=len(PHOTO)).ok(201) for _ in range(2))
    for begun in (timely, late):
        send(begun["upload"], PHOTO)
    now = intake.clock.now().isoformat()
    intake.caller("secretariat").post(f"/campaigns/{campaign}/amendments", online_deadline=now, reason="截止").ok(201)

    unit.begin(entry).refused(409, "deadline-passed")
    unit.post(f"/materials/{timely['material_id']}/completion").ok(202)
    intake.sql("UPDATE materials SET upload_until = clock_timestamp() WHERE material_id = :id", id=late["material_id"])
    unit.post(f"/materials/{late['material_id']}/completion").refused(409, "upload-expired")


def test_a_removed_material_is_gone_and_makes_room(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    materials = [unit.upload(entry) for _ in range(3)]
    unit.begin(entry).refused(409, "too-many-materials")

    unit.delete(f"/materials/{materials[1]}").ok(204)

    unit.delete(f"/materials/{materials[1]}").refused(404, "not-found")
    unit.get(f"/materials/{materials[1]}").refused(404, "not-found")
    fourth = unit.begin(entry).ok(201)
    assert fourth["position"] == 3


def test_storage_that_is_away_is_said_to_be_away(intake: Intake) -> None:
    unit = intake.unit()
    begun = unit.begin(unit.entry(intake.open(), "story")).ok(201)
    away = QuarantineObjects(
        endpoint="http://127.0.0.1:9", public_endpoint="http://127.0.0.1:9", access_key="x", secret_key="x"
    )
    here = intake.ports.objects
    object.__setattr__(intake.ports, "objects", away)
    try:
        unit.post(f"/materials/{begun['material_id']}/completion").refused(503, "storage-unavailable")
        unit.begin({"entry_id": begun["entry_id"]}).ok(201)  # a form needs no storage
    finally:
        object.__setattr__(intake.ports, "objects", here)


def a_day_later(intake: Intake, begun: Any) -> None:
    intake.sql(
        "UPDATE materials SET changed_at = changed_at - interval '25 hours', "
        "upload_until = upload_until - interval '25 hours' WHERE material_id = :id",
        id=begun["material_id"],
    )


def test_what_nobody_finished_is_cleaned_after_a_day(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    orphan, fresh = (unit.begin(entry, size=len(PHOTO)).ok(201) for _ in range(2))
    for begun in (orphan, fresh):
        send(begun["upload"], PHOTO)
    a_day_later(intake, orphan)

    cleaned = clean_quarantine(intake.ports)

    assert cleaned == 1
    assert clean_quarantine(intake.ports) == 0
    assert intake.ports.objects.size_of(orphan["upload"]["key"]) is None
    assert intake.ports.objects.size_of(fresh["upload"]["key"]) == len(PHOTO)
    unit.get(f"/materials/{orphan['material_id']}").refused(404, "not-found")


def test_a_schedule_of_the_worker_cleans(intake: Intake) -> None:
    unit = intake.unit()
    orphan = unit.begin(unit.entry(intake.open(), "story"), size=len(PHOTO)).ok(201)
    send(orphan["upload"], PHOTO)
    a_day_later(intake, orphan)
    (timer,) = getattr(IntakeWorker.clean, ENTRYPOINT_EXTENSIONS_ATTR)
    worker = IntakeWorker()
    worker.app = App(intake.store, intake.ports)

    worker.clean()

    assert isinstance(timer, Periodic)
    assert timer.interval <= 3600
    assert intake.ports.objects.size_of(orphan["upload"]["key"]) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.jpg", "passwd.jpg"),
        ("C:\\照片\\阅览室.JPG", "阅览室.JPG"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("读者📚😀.jpg", "读者📚😀.jpg"),
        ("  两个  空格\t.jpg ", "两个 空格 .jpg"),
        ("<script>alert(1)</script>.jpg", "script>.jpg"),
        ("'; DROP TABLE materials; --.jpg", "'; DROP TABLE materials; --.jpg"),
    ],
)
def test_hostile_file_names_are_shown_harmless_and_never_become_keys(intake: Intake, given: str, shown: str) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")

    begun = unit.begin(entry, name=given).ok(201)

    assert begun["name"] == shown
    assert begun["upload"]["key"].endswith(f"/unit-a/{entry['entry_id']}/{begun['material_id']}")


@pytest.mark.parametrize(
    "given", ["名" * 300 + ".jpg", "a\x00.jpg", "..", "/", " ", "", "\u202e", "a\ud800.jpg", "\x1b[2J.jpg"]
)
def test_names_that_cannot_be_shown_are_refused_at_their_place(intake: Intake, given: str) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")

    body = unit.begin(entry, name=given).refused(422, "invalid-request")

    assert [finding["place"] for finding in body["findings"]] == ["body.name"]
    assert body["findings"][0]["zh"]
