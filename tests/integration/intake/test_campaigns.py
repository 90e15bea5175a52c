"""Campaigns: amended with a preview, closed, exported; what is submitted is judged by the version of then."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest

from contracts.campaign_loader import load_definition
from tests.integration.intake.desk import Caller, Intake, definition


def later(**by: float) -> str:
    return (datetime.now(UTC) + timedelta(**by)).isoformat()


def office(intake: Intake) -> Caller:
    return intake.caller("secretariat", name="秘书甲")


def test_a_closed_campaign_takes_nothing_more_and_keeps_what_it_has(intake: Intake) -> None:
    unit, secretary, campaign = intake.unit(), office(intake), intake.open()
    sent, draft = unit.written(campaign), unit.written(campaign)
    receipt = unit.submit(sent).ok(201)
    extension = {"unit_code": "unit-a", "cutoff": later(days=9)}
    secretary.post(f"/campaigns/{campaign}/amendments", extension=extension, reason="受灾").ok(201)

    closed = secretary.post(f"/campaigns/{campaign}/closing", reason="名额已满，提前结束").ok(201)

    assert closed["extensions"] == []
    assert datetime.fromisoformat(closed["definition"]["calendar"]["online_deadline"]) <= datetime.now(UTC)
    unit.submit(draft).refused(409, "deadline-passed")
    unit.post(f"/campaigns/{campaign}/entries", category="note").refused(409, "deadline-passed")
    kept = unit.get(f"/entries/{sent['entry_id']}").ok()
    assert kept["state"] == "submitted"
    assert kept["receipt"] == receipt
    event = intake.events(campaign)[-1]
    assert (event["type"], event["data"]["reason"]) == ("campaign.amended.v1", "名额已满，提前结束")
    again = secretary.post(f"/campaigns/{campaign}/closing", reason="再次").refused(409, "wrong-state")
    assert "无需关闭" in again["detail"]


def test_an_entry_returned_before_the_closing_is_still_mended(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign)
    unit.submit(entry).ok(201)
    intake.sql(
        "UPDATE entries SET state = 'returned', mend_by = now() + interval '1 day' WHERE entry_id = :id",
        id=entry["entry_id"],
    )
    office(intake).post(f"/campaigns/{campaign}/closing", reason="提前结束").ok(201)
    unit.submit(unit.save(unit.get(f"/entries/{entry['entry_id']}").ok(), title="改过的标题")).ok(201)


def test_a_campaign_that_has_not_begun_cannot_be_closed(intake: Intake) -> None:
    campaign = intake.open(opens=datetime.now(UTC) + timedelta(hours=1))
    office(intake).post(f"/campaigns/{campaign}/closing", reason="x").refused(409, "wrong-state")


def test_a_revision_is_judged_by_the_version_it_was_submitted_under(intake: Intake) -> None:
    unit, secretary, campaign = intake.unit(), office(intake), intake.open()
    entry = unit.written(campaign)
    assert unit.submit(entry).ok(201)["campaign_version"] == 1
    secretary.post(f"/campaigns/{campaign}/amendments", online_deadline=later(days=3), reason="顺延").ok(201)

    again = unit.submit(entry).ok(200)
    assert again["campaign_version"] == 1
    assert unit.get(f"/entries/{entry['entry_id']}").ok()["receipt"]["campaign_version"] == 1
    assert unit.submit(unit.written(campaign)).ok(201)["campaign_version"] == 2
    (event,) = intake.events(entry["entry_id"])
    assert event["data"]["campaign_version"] == 1


def test_the_record_says_who_did_what_when_and_why(intake: Intake) -> None:
    secretary, campaign = office(intake), intake.open()
    extension = {"unit_code": "unit-a", "cutoff": later(days=5)}
    secretary.post(f"/campaigns/{campaign}/amendments", extension=extension, reason="馆舍搬迁").ok(201)
    secretary.post(f"/campaigns/{campaign}/amendments", paper_deadline=later(days=8), reason="邮路中断").ok(201)

    record = intake.caller("supervisor").get(f"/campaigns/{campaign}/record").ok()

    assert [(v["version"], v["act"], v["reason"]) for v in record["versions"]] == [
        (3, "amended", "邮路中断"),
        (2, "extended", "馆舍搬迁"),
        (1, "opened", ""),
    ]
    assert record["versions"][0]["by"] == "秘书甲"
    assert [extension["unit_code"] for extension in record["extensions"]] == ["unit-a"]


def test_an_export_is_read_back_as_the_same_campaign(intake: Intake) -> None:
    secretary, campaign = office(intake), intake.open()
    extension = {"unit_code": "unit-b", "cutoff": later(days=5)}
    secretary.post(f"/campaigns/{campaign}/amendments", extension=extension, reason="馆舍 # 搬迁").ok(201)

    answer = secretary.get(f"/campaigns/{campaign}/export")

    assert answer.status == 200
    assert answer.response.headers["content-type"] == "application/yaml"
    text = answer.response.text
    assert text.startswith("# version 2\n# extension unit-b until ")
    assert "馆舍 # 搬迁" in text.splitlines()[1]
    shown = secretary.get(f"/campaigns/{campaign}").ok()["definition"]
    assert load_definition(text).model_dump(mode="json") == shown
    first = secretary.get(f"/campaigns/{campaign}/export", version=1).response.text
    assert first.startswith("# version 1\n")
    assert "extension" not in first.splitlines()[1]
    secretary.get(f"/campaigns/{campaign}/export", version=3).refused(404, "not-found")


def test_a_preview_says_whom_an_amendment_touches_and_changes_nothing(intake: Intake) -> None:
    unit, secretary, campaign = intake.unit(), office(intake), intake.open()
    unit.written(campaign)
    other = intake.unit("unit-b")
    other.submit(other.written(campaign)).ok(201)
    path = f"/campaigns/{campaign}/amendments"
    extension = {"unit_code": "unit-c", "cutoff": later(days=30)}
    secretary.post(path, extension=extension, reason="受灾").ok(201)

    moved = secretary.post(f"{path}/preview", online_deadline=later(seconds=-60), reason="x").ok()

    assert [(t["unit_code"], t["shut_out"]) for t in moved["touched"]] == [("unit-a", True), ("unit-b", False)]
    assert (moved["submitted"], moved["version"]) == (1, 3)
    assert secretary.get(f"/campaigns/{campaign}").ok()["version"] == 2
    single = {"unit_code": "unit-b", "cutoff": later(days=2)}
    extended = secretary.post(f"{path}/preview", extension=single, reason="x").ok()
    assert [t["unit_code"] for t in extended["touched"]] == ["unit-b"]
    secretary.post(f"{path}/preview", reason="x").refused(422, "bad-definition")


@pytest.fixture
def busy(intake: Intake) -> str:
    """Unit a has a draft, unit b has submitted and withdrawn, unit c has not begun; another came by itself."""
    raw: dict[str, Any] = definition()
    raw["unit_kinds"] = [{"key": key, "title": {"zh": key, "en": key}} for key in ("unit", "open")]
    raw["categories"][0]["recommenders"] = ["unit", "open"]
    office(intake).post("/campaigns", definition=raw).ok(201)
    campaign = str(raw["id"])
    intake.unit("unit-a").written(campaign)
    other = intake.unit("unit-b")
    other.submit(other.written(campaign)).ok(201)
    gone = other.entry(campaign)
    other.post(f"/entries/{gone['entry_id']}/withdrawal").ok()
    came = intake.caller("unit", unit="walk-in", name='=HYPERLINK("http://x")')
    came.submit(came.written(campaign)).ok(201)
    return campaign


def codes(page: dict[str, Any]) -> list[str]:
    return [unit["unit_code"] for unit in page["items"]]


def test_progress_says_where_each_unit_stands(intake: Intake, busy: str) -> None:
    page = office(intake).get(f"/campaigns/{busy}/progress").ok()

    assert [(u["unit_code"], u["standings"]) for u in page["items"]] == [
        ("unit-a", ["drafts"]),
        ("unit-b", ["submitted"]),
        ("unit-c", ["not-begun"]),
        ("walk-in", ["submitted"]),
    ]
    assert page["standings"] == {"not-begun": 1, "drafts": 1, "submitted": 2, "returned": 0}
    notes = page["categories"][0]
    assert notes == {"category": "note", "drafts": 1, "sent": 2, "returned": 0, "withdrawn": 1}
    assert page["units"] == 4


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"standing": "not-begun"}, ["unit-c"]),
        ({"standing": "submitted"}, ["unit-b", "walk-in"]),
        ({"q": "单位 unit-b"}, ["unit-b"]),
        ({"q": "UNIT-"}, ["unit-a", "unit-b", "unit-c"]),
        ({"q": "没有"}, []),
        ({"region": "陕西省", "standing": "drafts"}, ["unit-a"]),
        ({"sort": "sent"}, ["unit-b", "walk-in", "unit-a", "unit-c"]),
        ({"sort": "region"}, ["walk-in", "unit-a", "unit-b", "unit-c"]),
        ({"sort": "changed"}, ["walk-in", "unit-b", "unit-a", "unit-c"]),
    ],
)
def test_progress_is_filtered_searched_and_sorted(
    intake: Intake, busy: str, query: dict[str, str], expected: list[str]
) -> None:
    assert codes(office(intake).get(f"/campaigns/{busy}/progress", **query).ok()) == expected


@pytest.mark.parametrize("sort", ["listed", "region", "changed", "sent"])
def test_progress_comes_in_pages_that_miss_and_repeat_nobody(intake: Intake, busy: str, sort: str) -> None:
    secretary = office(intake)
    whole = codes(secretary.get(f"/campaigns/{busy}/progress", sort=sort).ok())
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = secretary.get(f"/campaigns/{busy}/progress", sort=sort, limit=1, **after).ok()
        found += codes(page)
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == whole
    secretary.get(f"/campaigns/{busy}/progress", sort="listed", after="AAAA").refused(422, "bad-cursor")


def test_progress_leaves_as_spreadsheets_without_formulas(intake: Intake, busy: str) -> None:
    secretary = office(intake)
    as_csv = secretary.get(f"/campaigns/{busy}/progress/export", format="csv", sort="sent").response
    assert as_csv.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [row["单位代码"] for row in table] == ["unit-b", "walk-in", "unit-a", "unit-c"]
    assert table[1]["单位名称"] == '\'=HYPERLINK("http://x")'
    assert "attachment" in as_csv.headers["content-disposition"]

    as_xlsx = secretary.get(f"/campaigns/{busy}/progress/export", standing="submitted").response
    sheet = openpyxl.load_workbook(BytesIO(as_xlsx.content)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["单位代码", "unit-b", "walk-in"]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert rows[1][5] == 1
