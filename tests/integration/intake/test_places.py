"""Places of a unit in a category whose posts may be exempt: held by the database, whoever comes at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.intake.desk import Caller, Intake
from tests.support.answers import Answer

STAFF, LIAISON, DIRECTOR = "工作人员", "联络员", "馆长"


def people(**changes: Any) -> dict[str, Any]:
    """A campaign with two places for each unit, none for liaison officers."""
    now = datetime.now(UTC)
    post = {
        "key": "post",
        "kind": "choice",
        "label": {"zh": "身份", "en": "Post"},
        "options": [STAFF, LIAISON, DIRECTOR],
    }
    reason = {"key": "reason", "kind": "text", "label": {"zh": "理由", "en": "Reason"}, "required": False}
    return {
        "id": f"people-{uuid4().hex[:12]}",
        "title": {"zh": "先进个人", "en": "People"},
        "organiser": {"zh": "联盟", "en": "Alliance"},
        "calendar": {
            "opens": (now - timedelta(days=1)).isoformat(),
            "online_deadline": (now + timedelta(days=1)).isoformat(),
        },
        "units": [{"code": "unit-a", "name": "甲市图书馆（总馆）"}, {"code": "unit-b", "name": "乙市图书馆"}],
        "categories": [
            {
                "key": "person",
                "title": {"zh": "先进个人", "en": "Person"},
                "title_field": "name",
                "quota_per_unit": 2,
                "subject_field": "library",
                "never_itself": True,
                "post_field": "post",
                "quota_exempt_posts": [LIAISON],
                "warn_posts": [DIRECTOR],
                "justification_field": "reason",
                "fields": [
                    {"key": "name", "label": {"zh": "姓名", "en": "Name"}},
                    {"key": "library", "label": {"zh": "单位", "en": "Library"}},
                    post,
                    reason,
                ],
                **changes,
            }
        ],
    }


def opened(intake: Intake) -> str:
    raw = people()
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    return str(raw["id"])


def begin(unit: Caller, campaign: str, post: str | None = None) -> Answer:
    return unit.post(f"/campaigns/{campaign}/entries", category="person", **({"post": post} if post else {}))


def complete(unit: Caller, entry: dict[str, Any], **fields: str) -> dict[str, Any]:
    return unit.save(entry, **{"name": "某某", "library": "丙县图书馆", "post": STAFF, **fields})


def at_once(work: Callable[[int], Answer], number: int = 50) -> list[Answer]:
    gate = threading.Barrier(number)

    def start(index: int) -> Answer:
        gate.wait()
        return work(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(start, range(number)))


def held(intake: Intake, campaign: str) -> list[int]:
    rows = intake.sql(
        "SELECT slot FROM entries WHERE campaign_id = :id AND slot IS NOT NULL AND state <> 'withdrawn'", id=campaign
    )
    return sorted(row.slot for row in rows)


def test_exempt_posts_need_no_place(intake: Intake) -> None:
    unit, campaign = intake.unit(), opened(intake)
    for _ in range(2):
        begin(unit, campaign).ok(201)

    refused = begin(unit, campaign).refused(409, "quota-used")
    assert "联络员不占名额" in refused["detail"]
    assert [begin(unit, campaign, LIAISON).ok(201)["fields"] for _ in range(3)] == [{"post": LIAISON}] * 3
    begin(unit, campaign, STAFF).refused(409, "quota-used")
    begin(unit, campaign, "司机").refused(422, "unknown-field")
    assert held(intake, campaign) == [1, 2]


def test_a_draft_that_becomes_exempt_gives_its_place_back(intake: Intake) -> None:
    unit, campaign = intake.unit(), opened(intake)
    first, second = begin(unit, campaign).ok(201), begin(unit, campaign).ok(201)

    first = unit.save(first, post=LIAISON)
    assert held(intake, campaign) == [2]
    third = begin(unit, campaign).ok(201)
    assert held(intake, campaign) == [1, 2]

    first = unit.save(first, post=STAFF)
    assert [(p["slug"], p["place"]) for p in first["problems"] if p["slug"] == "quota-used"] == [("quota-used", "post")]
    assert first["fields"]["post"] == STAFF, "what was typed is kept"
    unit.post(f"/entries/{second['entry_id']}/withdrawal").ok()
    read = unit.get(f"/entries/{first['entry_id']}").ok()
    assert "quota-used" not in {p["slug"] for p in read["problems"]}, "a place is free now"
    unit.submit(complete(unit, first)).ok(201)
    assert held(intake, campaign) == [1, 2]
    unit.submit(complete(unit, third)).ok(201)


def test_an_exempt_entry_is_submitted_although_the_quota_is_used(intake: Intake) -> None:
    unit, campaign = intake.unit(), opened(intake)
    for _ in range(2):
        unit.submit(complete(unit, begin(unit, campaign).ok(201))).ok(201)
    liaison = complete(unit, begin(unit, campaign, LIAISON).ok(201), post=LIAISON)
    unit.submit(liaison).ok(201)

    other = complete(unit, begin(unit, campaign, LIAISON).ok(201))
    found = unit.submit(other).refused(422, "not-ready")["findings"]
    assert [(f["slug"], f["place"], f["figures"]) for f in found] == [("quota-used", "post", {"allowed": 2})]
    assert "最多推荐 2 项" in found[0]["zh"]


def test_fifty_drafts_that_stop_being_exempt_at_once_get_exactly_the_places(intake: Intake) -> None:
    unit, campaign = intake.unit(), opened(intake)
    drafts = [begin(unit, campaign, LIAISON).ok(201) for _ in range(50)]

    def save(index: int) -> Answer:
        draft = drafts[index]
        return unit.put(f"/entries/{draft['entry_id']}/fields", version=draft["version"], fields={"post": STAFF})

    answers = at_once(save)

    assert {answer.status for answer in answers} == {200}, "nobody loses what he chose"
    assert held(intake, campaign) == [1, 2]
    crowded = Counter(any(p["slug"] == "quota-used" for p in answer.json["problems"]) for answer in answers)
    assert crowded[True] >= 48


def test_fifty_submissions_at_once_get_exactly_the_places(intake: Intake) -> None:
    unit, campaign = intake.unit(), opened(intake)
    drafts = [complete(unit, begin(unit, campaign, LIAISON).ok(201), post=LIAISON) for _ in range(50)]
    # As after a crash between two versions of the program: they count, and none has a place.
    intake.sql(
        "UPDATE entries SET fields = fields || jsonb_build_object('post', CAST(:post AS text)) WHERE campaign_id = :id",
        post=STAFF,
        id=campaign,
    )

    answers = at_once(lambda index: unit.submit(drafts[index]))

    assert Counter(answer.status for answer in answers) == {201: 2, 422: 48}
    assert held(intake, campaign) == [1, 2]
    for answer in answers:
        if answer.status != 201:
            assert [f["slug"] for f in answer.refused(422, "not-ready")["findings"]] == ["quota-used"]


def test_places_are_each_units_own(intake: Intake) -> None:
    campaign = opened(intake)
    for code in ("unit-a", "unit-b"):
        unit = intake.unit(code)
        assert [begin(unit, campaign).status for _ in range(3)] == [201, 201, 409]


@pytest.mark.parametrize("written", ["甲市图书馆", "甲市图书馆 (总馆)", "unit-a"])
def test_a_unit_cannot_submit_itself(intake: Intake, written: str) -> None:
    unit = intake.unit()
    entry = complete(unit, begin(unit, opened(intake)).ok(201), library=written)
    (finding,) = unit.submit(entry).refused(422, "not-ready")["findings"]
    assert (finding["slug"], finding["place"]) == ("recommends-itself", "library")


def test_a_director_is_submitted_only_with_a_reason(intake: Intake) -> None:
    unit = intake.unit()
    entry = complete(unit, begin(unit, opened(intake)).ok(201), post=DIRECTOR)
    (finding,) = unit.submit(entry).refused(422, "not-ready")["findings"]
    assert (finding["slug"], finding["place"]) == ("post-needs-justification", "reason")
    assert "馆长" in finding["zh"]
    unit.submit(unit.save(entry, reason="主持联盟工作多年")).ok(201)


def test_a_restored_post_takes_its_place_back_too(intake: Intake) -> None:
    unit, campaign = intake.unit(), opened(intake)
    entry = complete(unit, begin(unit, campaign).ok(201))
    unit.submit(entry).ok(201)
    intake.sql("UPDATE entries SET state = 'returned' WHERE entry_id = :id", id=entry["entry_id"])
    entry = unit.save(unit.get(f"/entries/{entry['entry_id']}").ok(), post=LIAISON)
    assert held(intake, campaign) == []

    unit.post(f"/entries/{entry['entry_id']}/restorations", version=entry["version"], revision=1).ok()

    assert held(intake, campaign) == [1]
