"""Entries over HTTP: drafts, saving, submitting, withdrawing."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

from contracts import events as e
from tests.integration.intake.desk import FULL, Caller, Intake


def test_saving_keeps_a_text_over_its_limit_and_says_so(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")

    saved = unit.save(entry, article="字" * 31)

    assert saved["fields"]["article"] == "字" * 31
    finding = next(f for f in saved["problems"] if f["slug"] == "text-too-long")
    assert (finding["place"], finding["figures"]) == ("article", {"given": 31, "allowed": 30})
    assert "31" in finding["zh"]
    assert "30" in finding["zh"]
    assert {f["slug"] for f in saved["problems"]} == {"missing-field", "text-too-long", "too-few-materials"}


def test_saving_over_another_save_is_refused_with_both_texts(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())
    unit.save(entry, title="先到的标题")

    refused = unit.put(f"/entries/{entry['entry_id']}/fields", version=entry["version"], fields={"title": "后到的标题"})

    body = refused.refused(409, "stale-version")
    (conflict,) = body["conflicts"]
    assert (conflict["field"], conflict["yours"], conflict["saved"]) == ("title", "后到的标题", "先到的标题")
    assert conflict["saved_by"] == "单位 unit-a"
    assert body["version"] == entry["version"] + 1


def test_the_same_save_twice_is_no_conflict(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())
    first = unit.save(entry, title="标题")

    again = unit.save(entry, title="标题")

    assert (again["version"], again["fields"]) == (first["version"], first["fields"])


def test_saving_one_field_leaves_the_others(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.save(unit.entry(intake.open(), "story"), **FULL["story"])

    saved = unit.save(entry, article="改过的正文。")

    assert saved["fields"] == {**FULL["story"], "article": "改过的正文。"}


def test_submission_gives_a_receipt_and_an_event_with_the_whole_content(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign, "story")
    photo = unit.upload(entry)

    receipt = unit.submit(entry).ok(201)

    assert receipt["receipt_number"] == f"{campaign}.story.0001"
    assert receipt["revision"] == 1
    envelope = intake.events(entry["entry_id"])[-1]
    assert envelope["type"] == "entry.submitted.v1"
    assert envelope["correlationid"] == envelope["subject"] == entry["entry_id"]
    event = e.EntrySubmittedV1.model_validate(envelope["data"])
    assert event.fields == {"title": FULL["story"]["title"], "article": FULL["story"]["article"]}
    assert event.unit == e.UnitRef(code="unit-a", name="单位 unit-a", region="陕西省")
    assert [(m.material_id.hex, m.state) for m in event.materials] == [(photo.replace("-", ""), "uploaded")]
    assert event.digest == receipt["digest"]


def test_digest_can_be_computed_again_from_the_kept_revision(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    unit.upload(entry, name="第一张.jpg")
    receipt = unit.submit(entry).ok(201)

    row = intake.sql("SELECT content, digest FROM revisions WHERE entry_id = :id", id=entry["entry_id"])[0]

    canonical = json.dumps(row.content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(canonical).hexdigest() == row.digest == receipt["digest"]
    assert "13800000000" not in canonical.decode()


def test_submitting_the_same_version_again_returns_the_same_receipt(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open())
    receipt = unit.submit(entry).ok(201)

    again = unit.submit(entry).ok(200)

    assert again == receipt
    assert [event["type"] for event in intake.events(entry["entry_id"])] == ["entry.submitted.v1"]


def test_submitting_names_everything_that_is_missing_at_once(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.save(unit.entry(intake.open(), "story"), article="字" * 31, mobile="不是号码", email="不是邮箱")

    body = unit.submit(entry).refused(422, "not-ready")

    assert {(f["slug"], f["place"]) for f in body["findings"]} == {
        ("missing-field", "title"),
        ("text-too-long", "article"),
        ("invalid-phone", "mobile"),
        ("invalid-email", "email"),
        ("too-few-materials", "materials.photo"),
    }


def test_an_unfinished_upload_keeps_an_entry_from_being_submitted(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    unit.upload(entry)
    begun = unit.begin(entry, name="未传完.jpg").ok(201)

    body = unit.submit(entry).refused(422, "not-ready")

    assert [(f["slug"], f["place"]) for f in body["findings"]] == [
        ("upload-unfinished", f"material:{begun['material_id']}")
    ]
    unit.delete(f"/materials/{begun['material_id']}").ok(204)
    unit.submit(entry).ok(201)


def test_an_entry_too_large_for_an_event_is_a_finding_not_a_failure(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    unit.upload(entry)
    entry = unit.save(entry, extra="x" * 200_000)  # one 字, as word processors count

    body = unit.submit(entry).refused(422, "not-ready")

    assert [f["slug"] for f in body["findings"]] == ["entry-too-large"]
    assert body["findings"][0]["figures"]["given"] > 200_000


def test_a_submitted_entry_cannot_be_edited_until_it_is_withdrawn_or_returned(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open())
    unit.submit(entry).ok(201)

    unit.put(f"/entries/{entry['entry_id']}/fields", version=entry["version"], fields={"title": "新"}).refused(
        409, "wrong-state"
    )
    unit.begin(entry).refused(409, "wrong-state")


def test_withdrawing_frees_the_quota_and_is_told_to_the_others(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.entry(campaign, "story")
    unit.post(f"/campaigns/{campaign}/entries", category="story").refused(409, "quota-used")

    withdrawn = unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="换一位推荐人选").ok()

    assert withdrawn["state"] == "withdrawn"
    assert intake.events(entry["entry_id"])[-1]["data"]["reason"] == "换一位推荐人选"
    unit.entry(campaign, "story")
    unit.post(f"/entries/{entry['entry_id']}/withdrawal").refused(409, "wrong-state")


def test_a_list_comes_in_pages_and_holds_only_what_the_caller_may_see(intake: Intake) -> None:
    campaign, mine, others = intake.open(), intake.unit("unit-a"), intake.unit("unit-b")
    own = [mine.entry(campaign)["entry_id"] for _ in range(5)]
    foreign = others.entry(campaign)["entry_id"]

    def every(who: Caller) -> list[str]:
        ids, after = [], None
        while True:
            params = {"limit": 2} | ({"after": after} if after else {})
            page = who.get(f"/campaigns/{campaign}/entries", **params).ok()
            ids += [row["entry_id"] for row in page["items"]]
            after = page["next"]
            if after is None:
                return ids

    assert every(mine) == own
    assert every(intake.caller("secretariat")) == [*own, foreign]


def test_a_cursor_that_was_tampered_with_or_is_of_another_list_is_refused(intake: Intake) -> None:
    campaign, unit = intake.open(), intake.unit()
    for _ in range(2):
        unit.entry(campaign)
    cursor = unit.get(f"/campaigns/{campaign}/entries", limit=1).ok()["next"]

    flipped = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for wrong in (flipped, "", "%%%", "AAAA", "é" * 20):
        unit.get(f"/campaigns/{campaign}/entries", after=wrong).refused(422, "bad-cursor")
    unit.get(f"/campaigns/{intake.open()}/entries", after=cursor).refused(422, "bad-cursor")


def test_private_texts_are_encrypted_at_rest_and_in_no_event(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open(), "story")
    unit.upload(entry)
    unit.submit(entry).ok(201)

    kept = str(intake.sql("SELECT * FROM entries WHERE entry_id = :id", id=entry["entry_id"]))
    kept += str(intake.sql("SELECT * FROM revisions WHERE entry_id = :id", id=entry["entry_id"]))
    kept += str(intake.events(entry["entry_id"]))

    assert "13800000000" not in kept
    assert "reader@example.org" not in kept
    assert unit.get(f"/entries/{entry['entry_id']}").ok()["fields"]["mobile"] == "13800000000"
    assert "mobile" in intake.caller("secretariat").get(f"/entries/{entry['entry_id']}").ok()["fields"]
    assert "mobile" not in intake.caller("supervisor").get(f"/entries/{entry['entry_id']}").ok()["fields"]


def test_an_extension_lets_one_unit_submit_after_the_deadline(intake: Intake) -> None:
    campaign = intake.open()
    units = {code: intake.unit(code) for code in ("unit-a", "unit-b")}
    drafts = {code: unit.written(campaign) for code, unit in units.items()}
    now = datetime.now(UTC)
    office = intake.caller("secretariat")
    office.post(f"/campaigns/{campaign}/amendments", online_deadline=now.isoformat(), reason="提前截止").ok(201)
    extension = {"unit_code": "unit-a", "cutoff": (now + timedelta(hours=1)).isoformat()}
    office.post(f"/campaigns/{campaign}/amendments", extension=extension, reason="网络故障").ok(201)

    refused = units["unit-b"].submit(drafts["unit-b"]).refused(409, "deadline-passed")
    units["unit-a"].submit(drafts["unit-a"]).ok(201)

    assert "已过截止时间" in refused["detail"]
    units["unit-b"].begin(drafts["unit-b"]).refused(409, "deadline-passed")
    units["unit-b"].post(f"/campaigns/{campaign}/entries", category="note").refused(409, "deadline-passed")
    assert units["unit-b"].save(drafts["unit-b"], title="草稿仍可保存")["fields"]["title"] == "草稿仍可保存"
    assert [event["data"]["version"] for event in intake.events(campaign)] == [1, 2, 3]
    assert intake.events(campaign)[-1]["data"]["extensions"][0]["unit_code"] == "unit-a"


def test_a_cutoff_behind_the_shown_deadline_decides(intake: Intake) -> None:
    now = datetime.now(UTC)
    campaign = intake.open(online_deadline=now - timedelta(seconds=5), cutoff=now + timedelta(hours=1))
    unit = intake.unit()

    entry = unit.written(campaign)
    unit.submit(entry).ok(201)

    assert entry["deadline"] < entry["submit_until"]


def test_entries_are_not_taken_before_the_campaign_opens(intake: Intake) -> None:
    now = datetime.now(UTC)
    campaign = intake.open(opens=now + timedelta(hours=1), online_deadline=now + timedelta(hours=2))

    intake.unit().post(f"/campaigns/{campaign}/entries", category="note").refused(409, "not-open")


def test_a_unit_that_is_not_invited_is_told_so(intake: Intake) -> None:
    stranger = intake.caller("unit", unit="unit-z")

    stranger.post(f"/campaigns/{intake.open()}/entries", category="note").refused(403, "unit-not-invited")


def test_unknown_categories_and_fields_are_named(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.entry(campaign)

    unit.post(f"/campaigns/{campaign}/entries", category="nothing").refused(422, "unknown-category")
    refused = unit.put(f"/entries/{entry['entry_id']}/fields", version=1, fields={"nothing": "x"})

    assert "nothing" in refused.refused(422, "unknown-field")["detail"]


def test_the_timeline_tells_what_happened(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign)
    unit.submit(entry).ok(201)
    unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="重写").ok()

    page = unit.get(f"/campaigns/{campaign}/happenings", entry_id=entry["entry_id"]).ok()

    assert [row["kind"] for row in page["items"]] == ["submitted", "withdrawn"]
    assert intake.unit("unit-b").get(f"/campaigns/{campaign}/happenings").ok()["items"] == []
