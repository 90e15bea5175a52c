"""Beginning again with what was taken back: nothing has to be typed or sent twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contracts.events import MaterialDoubtedV1
from services.intake.usecases.consumers import material_doubted
from tests.integration.intake.desk import FULL, Caller, Intake, definition
from tests.integration.intake.tabs import signed_in
from tests.integration.intake.verdicts import PLACEHOLDER, QUIET, accept, reject, render, watch
from tests.support.servers import S3


@pytest.fixture
def campaign(intake: Intake) -> str:
    """Its stories claim conditions."""
    raw = definition()
    conditions = [{"key": key, "label": {"zh": f"条件{key}", "en": key}} for key in ("new", "known")]
    raw["categories"][1]["conditions"] = [{"require": "any", "claimed": True, "conditions": conditions}]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def taken_back(intake: Intake, unit: Caller, campaign: str) -> dict[str, Any]:
    """A story that was submitted and withdrawn, with two good photos, in another order than they came."""
    entry = unit.save(unit.written(campaign, "story"), claims="known")
    first, second = unit.upload(entry, name="先.jpg"), unit.upload(entry, b"\xff\xd8 another", name="后.jpg")
    for material in (first, second):
        render(intake, material, accept(intake, material))
        watch(intake, material, QUIET, playable=True)
    unit.put(f"/materials/{second}/caption", caption="书车进山").ok()
    unit.put(f"/entries/{entry['entry_id']}/order", material_ids=[second, first]).ok()
    unit.submit(unit.get(f"/entries/{entry['entry_id']}").ok()).ok(201)
    return unit.post(f"/entries/{entry['entry_id']}/withdrawal", reason="标题写错").ok()


def renewal(unit: Caller, entry: dict[str, Any]) -> Any:
    return unit.post(f"/entries/{entry['entry_id']}/renewal")


def test_all_texts_and_accepted_files_go_on_in_a_new_entry_that_can_be_submitted(intake: Intake, campaign: str) -> None:
    unit = intake.unit()
    old = taken_back(intake, unit, campaign)

    new = renewal(unit, old).ok(201)

    assert (new["state"], new["title"], new["problems"]) == ("draft", old["title"], [])
    assert new["fields"] == old["fields"] == {**FULL["story"], "claims": "known"}
    told = [(one["name"], one["caption"], one["state"], one["sha256"]) for one in old["materials"]]
    assert [row[:3] for row in told] == [("后.jpg", "书车进山", "accepted"), ("先.jpg", "", "accepted")]
    assert [(one["name"], one["caption"], one["state"], one["sha256"]) for one in new["materials"]] == told
    receipt = unit.submit(unit.save(new, title="改正的标题")).ok(201)
    assert receipt["receipt_number"].endswith(".0002")
    event = intake.events(new["entry_id"])[-1]["data"]
    assert (event["fields"]["title"], event["claims"]) == ("改正的标题", ["known"])
    assert [one["object"]["sha256"] for one in event["materials"]] == [row[3] for row in told]
    kept = unit.get(f"/entries/{old['entry_id']}").ok()
    assert (kept["state"], kept["fields"]) == ("withdrawn", old["fields"])
    row = intake.sql("SELECT private::text AS sealed FROM entries WHERE entry_id = :id", id=new["entry_id"])[0]
    assert "13800000000" not in row.sealed
    assert all(one["picture"]["placeholder"] == PLACEHOLDER for one in new["materials"])
    assert all(one["playable"] and one["warnings"][0]["slug"] == QUIET.slug for one in new["materials"])


def test_refused_files_stay_behind_and_those_that_wait_are_judged_anew(intake: Intake, campaign: str, s3: S3) -> None:
    unit = intake.unit()
    entry = unit.save(unit.written(campaign, "story"), claims="known")
    refused, good = unit.upload(entry, name="坏.jpg"), unit.upload(entry, b"\xff\xd8 good", name="好.jpg")
    waiting = unit.upload(entry, b"\xff\xd8 unjudged", name="待查.jpg")
    unit.put(f"/materials/{waiting}/caption", caption="还在检查").ok()
    reject(intake, refused)
    accept(intake, good)
    unit.post(f"/entries/{entry['entry_id']}/withdrawal").ok()

    new = renewal(unit, entry).ok(201)

    told = [(one["name"], one["caption"], one["state"]) for one in new["materials"]]
    assert told == [("好.jpg", "", "accepted"), ("待查.jpg", "还在检查", "uploaded")]
    event = intake.events(new["entry_id"])[-1]
    copy = event["data"]["object"]
    assert (event["type"], event["data"]["name"]) == ("material.uploaded.v1", "待查.jpg")
    assert s3.client().get_object(copy["bucket"], copy["key"]).read() == b"\xff\xd8 unjudged"
    accept(intake, event["data"]["material_id"])
    receipt = unit.submit(unit.get(f"/entries/{new['entry_id']}").ok()).ok(201)
    assert receipt["revision"] == 1
    states = [one["state"] for one in unit.get(f"/entries/{entry['entry_id']}").ok()["materials"]]
    assert states == ["rejected", "accepted", "uploaded"]


def test_a_file_judged_while_it_is_taken_over_keeps_its_verdict(
    intake: Intake, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = intake.unit()
    entry = unit.save(unit.written(campaign, "story"), claims="known")
    good, bad = unit.upload(entry, name="好.jpg"), unit.upload(entry, b"\xff\xd8 bad", name="坏.jpg")
    unit.begin(entry, name="没传完.jpg", size=9).ok(201)
    unit.post(f"/entries/{entry['entry_id']}/withdrawal").ok()

    def judged_first(key: str, _to: str) -> bool:
        (accept if key.endswith(good) else reject)(intake, good if key.endswith(good) else bad)
        return False  # media has moved it on

    monkeypatch.setattr(intake.ports.objects, "copy", judged_first)

    new = renewal(unit, entry).ok(201)

    assert [(one["name"], one["state"]) for one in new["materials"]] == [("好.jpg", "accepted")]
    assert new["problems"] == []


def test_what_media_tells_later_of_a_file_holds_of_all_that_took_it_over(intake: Intake, campaign: str) -> None:
    unit = intake.unit()
    entry = unit.written(campaign, "story")
    first = unit.upload(entry)
    ref = accept(intake, first)
    for _ in range(2):
        unit.post(f"/entries/{entry['entry_id']}/withdrawal").ok()
        entry = renewal(unit, entry).ok(201)
    assert entry["materials"][0]["picture"] is None

    render(intake, first, ref)
    watch(intake, first, QUIET, playable=True)

    (held,) = unit.get(f"/entries/{entry['entry_id']}").ok()["materials"]
    assert (held["picture"]["placeholder"], held["playable"]) == (PLACEHOLDER, True)
    with intake.store.begin() as tx:
        known = tx.material(UUID(first), None)
        assert known is not None
        event = MaterialDoubtedV1(
            material_id=known.material_id,
            entry_id=known.entry_id,
            campaign_id=campaign,
            kind=known.kind,
            findings=(QUIET,),
            judged_at=tx.now(),
            round=2,
        )
        assert material_doubted(tx, event)
    (held,) = unit.get(f"/entries/{entry['entry_id']}").ok()["materials"]
    assert (held["state"], held["findings"][0]["slug"]) == ("rejected", QUIET.slug)
    assert held["findings"][0]["place"] == held["warnings"][0]["place"] == f"material:{held['material_id']}"
    told = unit.get(f"/campaigns/{campaign}/happenings", entry_id=entry["entry_id"]).ok()["items"]
    assert [one["kind"] for one in told][-1] == "material-doubted"


def test_it_takes_a_place_and_is_in_time_like_every_other(intake: Intake, campaign: str) -> None:
    unit, office = intake.unit(), intake.caller("secretariat")
    old = taken_back(intake, unit, campaign)
    held = unit.entry(campaign, "story")
    renewal(unit, old).refused(409, "quota-used")
    assert "重新申报" in renewal(unit, held).refused(409, "wrong-state")["detail"]

    unit.post(f"/entries/{held['entry_id']}/withdrawal").ok()
    now = datetime.now(UTC).isoformat()
    office.post(f"/campaigns/{campaign}/amendments", online_deadline=now, reason="提前").ok(201)
    renewal(unit, old).refused(409, "deadline-passed")
    assert len(unit.get(f"/campaigns/{campaign}/entries").ok()["items"]) == 2


def test_an_exempt_post_needs_no_place_again(intake: Intake) -> None:
    raw = definition()
    pair = raw["categories"][2]
    post = {"key": "post", "kind": "choice", "label": {"zh": "身份", "en": "Post"}, "options": ["馆员", "联络员"]}
    pair |= {"fields": [*pair["fields"], post], "post_field": "post", "quota_exempt_posts": ["联络员"]}
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    unit, path = intake.unit(), f"/campaigns/{raw['id']}/entries"
    entry = unit.post(path, category="pair", post="联络员").ok(201)
    unit.post(f"/entries/{entry['entry_id']}/withdrawal").ok()
    for _ in range(2):
        unit.post(path, category="pair", post="馆员").ok(201)

    assert renewal(unit, entry).ok(201)["fields"]["post"] == "联络员"


def test_the_page_of_what_was_taken_back_offers_it(intake: Intake, campaign: str) -> None:
    with signed_in(intake, "unit", unit="unit-a") as desk:
        unit = intake.unit()
        draft = unit.written(campaign, "story")
        url = f"/desk/entries/{draft['entry_id']}"
        assert "重新申报：" not in desk.get(f"{url}/preview").text
        withdrawn = desk.fill(f"{url}/withdraw")
        assert withdrawn.status_code == 303
        assert url in desk.get(withdrawn.headers["location"]).text

        page = desk.get(f"{url}/preview").text
        begun = desk.send(page, f"{url}/renewal")
        full = desk.send(page, f"{url}/renewal")

    assert begun.status_code == 303
    assert begun.headers["location"] != url
    with signed_in(intake, "unit", unit="unit-a") as other:
        assert 'value="一本书的旅行"' in other.get(begun.headers["location"]).text
    assert (full.status_code, "名额已用完" in full.text) == (409, True)
