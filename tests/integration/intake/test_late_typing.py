"""Typing on after the deadline, by the database's clock: it never ends the time of a file that is on its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.intake.desk import Caller, Intake, send
from tests.integration.intake.tabs import signed_in

PHOTO = b"\xff\xd8 a photo"


@pytest.fixture(params=[-2, 0, 2], ids=["slow-clock", "right-clock", "fast-clock"])
def intake(request: pytest.FixtureRequest, intake: Intake) -> Iterator[Intake]:
    """The application's clock may be wrong by hours: only the database's counts."""
    intake.clock.skew = timedelta(hours=request.param)
    yield intake
    intake.clock.skew = timedelta(0)


def deadline(intake: Intake, campaign: str, ago: timedelta = timedelta(0)) -> None:
    """Everybody's deadline is now, or was a while ago."""
    (row,) = intake.sql("SELECT clock_timestamp() AS at")
    at = (row.at - ago).isoformat()
    intake.caller("secretariat").post(f"/campaigns/{campaign}/amendments", online_deadline=at, reason="截止").ok(201)


def save(unit: Caller, entry: dict[str, Any], text: str, version: int | None = None) -> Any:
    fields = {"article": text}
    return unit.put(f"/entries/{entry['entry_id']}/fields", version=version or entry["version"], fields=fields)


def kept(intake: Intake, entry: dict[str, Any]) -> list[tuple[str, str]]:
    rows = intake.sql("SELECT text, why FROM earlier_texts WHERE entry_id = :id ORDER BY seq", id=entry["entry_id"])
    return [(row.text, row.why) for row in rows]


def test_typing_on_is_set_aside_and_the_file_that_was_on_its_way_may_still_be_submitted(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open(upload_grace_minutes=30)
    entry = unit.written(campaign, "story")
    begun = unit.begin(entry, size=len(PHOTO)).ok(201)
    deadline(intake, campaign)

    for _ in range(2):  # a script that tries again
        refused = save(unit, entry, "截止之后还在写。").refused(409, "deadline-passed")
    assert "仍可传完并提交" in refused["detail"]
    assert 29 * 60 < refused["retry_after"] <= 30 * 60
    assert kept(intake, entry) == [("截止之后还在写。", "set-aside")]

    send(begun["upload"], PHOTO)
    unit.post(f"/materials/{begun['material_id']}/completion").ok(202)
    save(unit, entry, "传完了还在写。").refused(409, "deadline-passed")
    assert unit.submit(entry).ok(201)["revision"] == 1
    (event,) = [one for one in intake.events(entry["entry_id"]) if one["type"].endswith("entry.submitted.v1")]
    assert event["data"]["fields"]["article"] == "正文。"


def test_the_same_text_again_is_no_typing(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign, "story")
    unit.begin(entry).ok(201)
    deadline(intake, campaign)

    save(unit, entry, "正文。").ok()

    assert kept(intake, entry) == []


def test_once_the_grace_is_over_or_where_there_is_none_a_draft_may_be_written_in(intake: Intake) -> None:
    campaign = intake.open(upload_grace_minutes=1)
    late, idle = intake.unit("unit-a"), intake.unit("unit-b")
    uploading, resting = late.written(campaign, "story"), idle.written(campaign, "story")
    late.begin(uploading).ok(201)
    idle.upload(resting)
    deadline(intake, campaign)
    save(late, uploading, "还早。").refused(409, "deadline-passed")

    saved = save(idle, resting, "没有文件在路上。").ok()
    assert idle.submit(saved).refused(409, "deadline-passed")

    intake.sql("UPDATE entries SET updated_at = updated_at - interval '1 hour'")
    intake.sql("UPDATE materials SET begun_at = begun_at - interval '1 hour'")
    deadline(intake, campaign, timedelta(minutes=2))
    assert save(late, uploading, "时限已过，草稿照存。").ok()["fields"]["article"] == "时限已过，草稿照存。"


def test_an_extension_lets_its_unit_write_on(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign, "story")
    unit.begin(entry).ok(201)
    deadline(intake, campaign)
    (row,) = intake.sql("SELECT clock_timestamp() + interval '1 day' AS at")
    extension = {"unit_code": "unit-a", "cutoff": row.at.isoformat()}
    intake.caller("secretariat").post(f"/campaigns/{campaign}/amendments", extension=extension, reason="停电").ok(201)

    assert save(unit, entry, "延期之后写的。").ok()["fields"]["article"] == "延期之后写的。"


def test_the_page_says_that_it_is_late_and_its_form_keeps_what_was_typed(intake: Intake) -> None:
    campaign = intake.open()
    with signed_in(intake, "unit", unit="unit-a") as desk:
        unit = intake.unit()
        entry = unit.written(campaign, "story")
        url = f"/desk/entries/{entry['entry_id']}"
        unit.begin(entry).ok(201)
        deadline(intake, campaign)

        answer = desk.fill(url, article="迟了一分钟写的。", title=entry["fields"]["title"], mobile="1", email="e@e.cn")

        assert answer.status_code == 409
        assert "刚写的文字没有存入材料" in answer.text
        assert "迟了一分钟写的。</textarea>" in answer.text
        intake.sql("UPDATE materials SET state = 'removed' WHERE entry_id = :id", id=entry["entry_id"])
        again = desk.send(answer.text, url, article="迟了一分钟写的。", title=entry["fields"]["title"], mobile="1")
        assert again.status_code == 303  # what was typed counts as typed, though the page came back with it
        assert "迟了一分钟写的。" in desk.get(url).text
        told = desk.script("PUT", f"{url}/fields", json={"version": 99, "fields": {"title": entry["fields"]["title"]}})
        assert told.json()["late"] is True
