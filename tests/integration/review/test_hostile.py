"""The worst input one can think of, on every field: a clear answer, nothing broken, nothing changed."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.review.desk import Caller, Season

NASTY: list[Any] = [
    None,
    True,
    -1,
    0,
    3.5,
    10**400,
    "",
    "x" * 100_000,
    "\x00",
    "a\x00b",
    "\ud800",
    "' OR 1=1 --",
    "<script>",
    "٣",
    [],
    [[]],
    {},
    {"$ne": 1},
]
RAW = ["NaN", "Infinity", "-Infinity", "1e308", "1e999", '"\\ud800"', "9" * 5000, "[" * 5000]
WORST: list[str] = [*(json.dumps(value) for value in NASTY), *RAW]

ELIGIBILITY = {"revision": 1, "verdict": "return", "findings": [{"zh": "不清楚", "en": "x", "place": "entry"}]}
EXPERT = {"account_id": str(uuid4()), "name": "甲", "organisation": "馆", "region": "四川", "categories": ["story"]}
CONFLICT = {"account_id": str(uuid4()), "unit_code": "gs", "reason": "曾任职"}
SCORES = {"scores": {"merit": 1, "reach": 1}, "comment": ""}
NOTICE = {"closes_at": "2027-01-01T00:00:00+08:00", "per_category": {"story": 1}, "chosen": []}
DECISION = {"number": "1", "issuer": "学会", "per_category": {"story": 1}, "chosen": []}


def _bodies(good: dict[str, Any]) -> list[str]:
    """`good` with each field, in turn, replaced by each nasty value; and with a field that nobody knows."""
    whole = []
    for key in good:
        rest = json.dumps({k: v for k, v in good.items() if k != key})[1:-1]
        whole += [f'{{"{key}": {worst}{", " if rest else ""}{rest}}}' for worst in WORST]
    return [*whole, json.dumps({**good, "unknown": 1}), *WORST, "", "{", "\x00", "[]", '{"a":1']


def _send_all(caller: Caller, path: str, good: dict[str, Any]) -> None:
    for body in _bodies(good):
        answer = caller.send(
            "POST", path, content=body.encode("utf-8", "surrogatepass"), headers={"Content-Type": "application/json"}
        )
        assert answer.status < 500, (body[:80], answer.response.text)
        if answer.status < 400:  # odd, but what people may write
            continue
        problem = answer.json
        assert problem["detail"]
        assert problem["detail_en"]
        assert answer.response.headers["content-type"] == "application/problem+json"


def test_eligibility_bears_the_worst(season: Season) -> None:
    entry_id = season.entry()
    _send_all(season.secretary, f"/cases/{entry_id}/eligibility", {**ELIGIBILITY, "verdict": "eligible"})
    assert season.secretary.get(f"/cases/{entry_id}").ok()["state"] == "open"


def test_findings_bear_the_worst(season: Season) -> None:
    entry_id = season.entry()
    for key in ("slug", "zh", "en", "place"):
        for worst in WORST:
            given = json.dumps({**ELIGIBILITY, "mend_by": "2020-01-01T00:00:00Z"})
            broken = given.replace('"findings": [{', f'"findings": [{{"{key}": {worst}, ').replace(
                f', "{key}": "', f', "_{key}": "'
            )
            answer = season.secretary.send(
                "POST",
                f"/cases/{entry_id}/eligibility",
                content=broken.encode("utf-8", "surrogatepass"),
                headers={"Content-Type": "application/json"},
            )
            assert 400 <= answer.status < 500, broken[:200]
    assert season.secretary.get(f"/cases/{entry_id}").ok()["state"] == "open"


def test_panel_bears_the_worst(season: Season) -> None:
    _send_all(season.secretary, season.path("experts"), EXPERT)
    _send_all(season.secretary, season.path("conflicts"), CONFLICT)
    assert len(season.secretary.get(season.path("experts")).ok()["items"]) <= 1


def test_scores_bear_the_worst(season: Season) -> None:
    (entry_id,) = season.eligible(1)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    assessment_id = season.tasks(experts[0])[entry_id]
    path = f"/assessments/{assessment_id}/scores"
    _send_all(experts[0], path, {**SCORES, "scores": {"merit": 1, "reach": 51}})
    for worst in WORST:
        if worst == "0":
            continue
        body = f'{{"scores": {{"merit": {worst}, "reach": 1}}}}'
        answer = experts[0].send("POST", path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status == 422 or worst in RAW, (worst[:40], answer.response.text)
        assert 400 <= answer.status < 500
    assert experts[0].get(f"/assessments/{assessment_id}").ok()["scores"] is None
    _send_all(experts[0], f"/assessments/{assessment_id}/recusal", {"reason": ""})


def test_scores_name_each_criterion(season: Season) -> None:
    (entry_id,) = season.eligible(1)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    path = f"/assessments/{season.tasks(experts[0])[entry_id]}/scores"
    refused = (
        experts[0].post(path, {"scores": {"merit": "90", "reach": 51, "beauty": 1}}).refused(422, "scores-invalid")
    )
    assert {(f["slug"], f["place"]) for f in refused["findings"]} == {
        ("score-not-whole", "scores.merit"),
        ("score-out-of-range", "scores.reach"),
        ("criterion-unknown", "scores.beauty"),
    }
    unlikely = {"scores": {"merit": 1, "reach": 1, "\u202e\u0007": 1}}
    experts[0].post(path, unlikely).refused(422, "scores-invalid")


def test_lists_bear_the_worst(season: Season) -> None:
    _send_all(season.secretary, season.path("notice"), NOTICE)
    _send_all(season.secretary, season.path("decision"), DECISION)
    season.desk.anybody().get(season.path("decision")).refused(404, "not-published")


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-09-01", 0, 1e18])
def test_times_at_the_ends_of_the_calendar_are_refused(season: Season, when: Any) -> None:
    entry_id = season.entry()
    season.rule(entry_id, "return", mend_by=when).refused(422, "invalid-request")


@pytest.mark.parametrize("campaign", ["%00", "%ED%A0%80", "A", "..", "x" * 5000, "a'b", "%0a"])
def test_campaign_in_the_path_bears_the_worst(season: Season, campaign: str) -> None:
    for rest in ("cases", "experts", "conflicts", "ranking", "decision", "notice"):
        answer = season.secretary.get(f"/campaigns/{campaign}/{rest}")
        assert answer.status in {404, 422}, answer.response.text


@pytest.mark.parametrize(
    "identity", ["x", "%00", "0", "4347f958-3fe2-4880-980d-3e65e83cee15", "00000000-0000-0000-0000-00000000000g"]
)
def test_ids_in_the_path_bear_the_worst(season: Season, identity: str) -> None:
    expert = season.expert()
    assert season.secretary.get(f"/cases/{identity}").status in {404, 422}
    assert season.secretary.post(f"/cases/{identity}/eligibility", ELIGIBILITY).status in {404, 422}
    assert expert.get(f"/assessments/{identity}").status in {404, 422}
    assert expert.post(f"/assessments/{identity}/scores", SCORES).status in {404, 422}
    assert expert.post(f"/assessments/{identity}/recusal", {"reason": "x"}).status in {404, 422}


@pytest.mark.parametrize(
    "query",
    [
        {"after": "x"},
        {"after": "\x00"},
        {"after": "AAAA" * 2000},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "1e3"},
        {"limit": "9" * 30},
        {"state": "gone"},
        {"state": "\x00"},
        {"category": "\x00"},
        {"category": "Ä"},
    ],
)
def test_queries_bear_the_worst(season: Season, query: dict[str, str]) -> None:
    assert season.secretary.get(season.path("cases"), **query).status == 422


def test_cursor_of_another_list_is_refused(season: Season) -> None:
    for _ in range(3):
        season.entry()
    cursor = season.secretary.get(season.path("cases"), limit=1).ok()["next"]
    season.secretary.get(season.path("cases"), limit=1, after=cursor).ok()
    season.secretary.get(season.path("cases"), limit=1, after=cursor, state="open").refused(422, "bad-cursor")
    season.secretary.get(season.path("experts"), after=cursor).refused(422, "bad-cursor")


def test_event_with_what_the_database_cannot_hold_still_opens_a_case(season: Season) -> None:
    entry_id = season.entry(title="雪\x00域", fields={"title": "雪\x00域", "summary\x00": "\x00"})
    case = season.secretary.get(f"/cases/{entry_id}").ok()
    assert case["title"] == "雪\ufffd域"
    assert case["fields"]["title"] == "雪\ufffd域"


def test_event_about_an_unknown_campaign_and_category_opens_a_case(season: Season) -> None:
    entry_id = season.entry(category="poem")
    case = season.secretary.get(f"/cases/{entry_id}").ok()
    assert [c["key"] for c in case["checks"]] == ["category"]
    season.rule(entry_id, conditions=[]).refused(422, "unknown-category")
    season.rule(entry_id, "ineligible").ok()


def test_long_findings_are_refused_rather_than_lost(season: Season) -> None:
    entry_id = season.entry()
    long = [{"zh": "\U0002a6a5" * 500, "en": "\U0002a6a5" * 500, "place": "entry"}] * 20
    season.rule(entry_id, "return", findings=long).refused(422, "too-much-text")
    assert season.secretary.get(f"/cases/{entry_id}").ok()["state"] == "open"


def test_body_over_the_limit_is_refused(season: Season) -> None:
    answer = season.secretary.send("POST", season.path("decision"), content=b" " * (1024 * 1024 + 1))
    assert answer.status == 413
