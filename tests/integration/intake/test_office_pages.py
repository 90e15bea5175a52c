"""The office's forms over HTTP: what is wrong stands at its field, too, and what was typed stays."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import uuid4

import httpx
import openpyxl
import pytest

from tests.integration.intake.desk import Intake, definition
from tests.integration.intake.tabs import signed_in
from tests.integration.intake.test_imports import send, table


def soon(**by: float) -> str:
    """As a field for date and time sends it, in Beijing."""
    return (datetime.now(UTC) + timedelta(hours=8) + timedelta(**by)).strftime("%Y-%m-%dT%H:%M")


def wrong(answer: httpx.Response) -> dict[str, str]:
    """The sentences that stand at fields, by field."""
    found = re.findall(r'<p class="wrong" id="wrong-(\w+)">.*?<span class="zh">(.*?)</span>', answer.text)
    return dict(found)


@pytest.mark.parametrize(
    ("typed", "place", "says"),
    [
        ({"unit": "nobody", "until": soon(days=5)}, "unit", "没有代码“nobody”"),
        ({"unit": "unit-b", "until": soon(hours=1)}, "until", "延期应晚于全体截止时间"),
        ({"unit": "unit-b", "until": ""}, "until", "须同时填写单位和时间"),
        ({"unit": "", "until": soon(days=5)}, "unit", "须同时填写单位和时间"),
        ({"unit": "", "until": "明天"}, "until", "“明天”不是日期时间"),
        ({"cutoff": soon(hours=-1)}, "cutoff", "截止"),
    ],
)
def test_what_is_wrong_with_an_extension_stands_at_its_field_and_the_input_stays(
    intake: Intake, typed: dict[str, Any], place: str, says: str
) -> None:
    campaign = intake.open()
    with signed_in(intake, "secretariat") as office:
        answer = office.fill(f"/office/campaigns/{campaign}/amend", **{**calendar(office, campaign), **typed})

    assert answer.status_code == 422
    assert says in wrong(answer)[place]
    assert f'href="#at-{place}"' in answer.text
    for name, text in typed.items():
        kept = f'<option value="{text}" selected' if name == "unit" else f'name="{name}"[^>]* value="{text}"'
        assert re.search(kept, answer.text), (name, text)


def calendar(office: Any, campaign: str) -> dict[str, str]:
    """The form as it is shown, with a reason."""
    page = office.get(f"/office/campaigns/{campaign}/amend").text
    shown = re.findall(r'<input type="datetime-local" id="at-(\w+)"[^>]* value="([^"]*)"', page)
    return {**dict(shown), "reason": "馆舍搬迁"}


def test_progress_follows_the_hierarchy_and_a_committee_sees_its_members_numbers_alone(intake: Intake) -> None:
    above = f"c-{uuid4().hex[:8]}"
    raw = definition()
    raw["units"] = [{"code": f"{above}-{n}", "name": f"成员馆{n}", "region": "陕西省"} for n in range(3)]
    raw["units"].append({"code": f"{above}-x", "name": "别市的馆", "region": "陕西省"})
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    campaign = raw["id"]
    rows = [{"unit_code": above, "unit_name": "某市委员馆", "kind": "committee"}]
    rows += [{"unit_code": f"{above}-{n}", "unit_name": f"成员馆{n}", "parent": above} for n in range(3)]
    send(intake, table(*rows)).ok()
    member = intake.unit(f"{above}-1")
    member.submit(member.written(campaign)).ok(201)

    with signed_in(intake, "secretariat") as office:
        page = office.get(f"/office/campaigns/{campaign}/progress?under={above}&sort=above").text
        sheet = office.get(f"/office/campaigns/{campaign}/progress/file?under={above}&format=csv").text
    assert ("成员馆2" in page, "别市的馆" in page) == (True, False)
    assert f'<option value="{above}" selected>某市委员馆</option>' in page
    assert sheet.count("某市委员馆") == 3

    with signed_in(intake, "committee", unit=above) as committee:
        page = committee.get(f"/desk/campaigns/{campaign}/members").text
    assert re.findall(r"<strong>(成员馆\d|别市的馆)</strong>", page) == ["成员馆0", "成员馆1", "成员馆2"]
    assert "/entries/" not in page
    shown = intake.caller("committee", unit=above).get(f"/campaigns/{campaign}/members").ok()["items"]
    assert [(unit["unit_code"], unit["sent"], unit["above"]) for unit in shown] == [
        (f"{above}-0", 0, [above]),
        (f"{above}-1", 1, [above]),
        (f"{above}-2", 0, [above]),
    ]
    assert intake.caller("committee", unit="elsewhere").get(f"/campaigns/{campaign}/members").ok()["items"] == []
    intake.caller("unit", unit=above).get(f"/campaigns/{campaign}/members").refused(403, "forbidden")


@pytest.fixture
def city(intake: Intake) -> tuple[str, str]:
    """A campaign whose definition itself says who stands below whom; its id, and the committee library's code."""
    code = f"c-{uuid4().hex[:8]}"
    raw = definition()
    raw["unit_kinds"] = [{"key": key, "title": {"zh": key, "en": key}} for key in ("unit", "committee")]
    raw["units"] = [{"code": code, "name": "某市委员馆", "kind": "committee"}]
    raw["units"] += [{"code": f"{code}-{n}", "name": f"成员馆{n}", "parent": code} for n in range(2)]
    raw["units"].append({"code": f"{code}-x", "name": "=别市的馆"})
    for category in raw["categories"]:
        category["recommenders"] = ["unit", "committee"]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    for unit, times in ((code, 2), (f"{code}-0", 1), (f"{code}-x", 1)):
        who = intake.caller("committee" if unit == code else "unit", unit=unit)
        for _ in range(times):
            who.submit(who.written(str(raw["id"]))).ok(201)
    return str(raw["id"]), code


def test_progress_is_summed_by_committee_library_on_the_page_in_files_and_for_programs(
    intake: Intake, city: tuple[str, str]
) -> None:
    campaign, code = city
    expected = [("某市委员馆", 3, 1, 3), ("其他单位（未列上下级）", 1, 0, 1), ("合计", 4, 1, 4)]

    with signed_in(intake, "secretariat") as office:
        path = f"/office/campaigns/{campaign}/progress"
        page = office.get(path).text
        sheet = csv.DictReader(StringIO(office.get(f"{path}/file?format=csv&of=sums").content.decode("utf-8-sig")))
        book = openpyxl.load_workbook(BytesIO(office.get(f"{path}/file").content))
    table = page[page.index("按上级单位汇总") :].partition("</table>")[0]
    rows = [
        (
            re.findall(r"<strong>(?:\s*<span class=.zh.>)?(.*?)<", row)[0],
            *map(int, re.findall(r'count"[^>]*>(\d+)<', row)),
        )
        for row in table.split("<tr")[2:]
    ]
    assert [row[:4] for row in rows] == expected
    assert f'href="{path}?under={code}"' in table
    told = [(r["汇总范围"], int(r["单位数"]), int(r["未开始"]), int(r["已提交"])) for r in sheet]
    assert told == expected
    assert book.sheetnames == ["申报进度", "申报进度汇总"]
    last = list(book["申报进度汇总"].iter_rows(values_only=True))[-1]
    assert (last[1], last[3], last[6]) == ("合计", 4, 4)

    sums = intake.caller("supervisor").get(f"/campaigns/{campaign}/progress").ok()["sums"]
    assert [(one["of"], one["unit_code"], one["units"], one["sent"]) for one in sums] == [
        ("under", code, 3, 3),
        ("others", None, 1, 1),
        ("all", None, 4, 4),
    ]
    assert sums[0]["categories"][0] == {"category": "note", "drafts": 0, "sent": 3, "returned": 0, "withdrawn": 0}


def test_a_filter_narrows_the_numbers_and_the_sums_too(intake: Intake, city: tuple[str, str]) -> None:
    campaign, code = city
    path, query = f"/office/campaigns/{campaign}/progress", f"under={code}&standing=submitted"

    with signed_in(intake, "secretariat") as office:
        page = office.get(f"{path}?{query}").text
        told_as_csv = office.get(f"{path}/file?format=csv&of=sums&{query}").content.decode("utf-8-sig")
        whole = office.get(path).text

    assert "以下数字只含符合筛选条件的单位" in page
    assert "以下数字" not in whole
    assert re.findall(r"已提交 (\d+)，", page)[0] == "1"
    filters = re.findall(r'id="filter-([a-z-]+)" href="([^"]*)".*?(\d+)<', page)
    assert ("all", f"{path}?under={code}", "2") in filters
    assert ("not-begun", f"{path}?standing=not-begun&amp;under={code}", "1") in filters
    sheet = list(csv.reader(StringIO(told_as_csv)))
    assert [(row[1], row[3], row[6]) for row in sheet[1:]] == [("某市委员馆", "1", "1"), ("合计", "1", "1")]
    told = intake.caller("supervisor").get(f"/campaigns/{campaign}/progress", under=code, standing="submitted").ok()
    assert (told["units"], told["matching"]["units"], told["matching"]["categories"][0]["sent"]) == (4, 1, 1)
    assert [(one["of"], one["sent"]) for one in told["matching"]["sums"]] == [("under", 1), ("all", 1)]
    assert told["matching"]["standings"] == {**told["standings"], "submitted": 1, "not-begun": 1}


def test_a_committee_sees_the_members_that_the_definition_puts_below_it(intake: Intake, city: tuple[str, str]) -> None:
    campaign, code = city
    shown = intake.caller("committee", unit=code).get(f"/campaigns/{campaign}/members").ok()["items"]
    assert [unit["unit_name"] for unit in shown] == ["成员馆0", "成员馆1"]


@pytest.mark.parametrize(
    ("require", "least", "asks"),
    [("any", 1, "3 项中任一项"), ("all", 1, "须全部符合（3 项）"), ("at-least", 2, "3 项中至少 2 项")],
)
def test_the_office_reads_which_conditions_a_unit_claims(intake: Intake, require: str, least: int, asks: str) -> None:
    raw = definition()
    conditions = [{"key": key, "label": {"zh": f"条件{key}", "en": key}} for key in ("new", "proven", "known")]
    rule = {"require": require, "least": least, "claimed": True, "conditions": conditions}
    raw["categories"][0]["conditions"] = [rule]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    unit = intake.unit()
    entry = unit.save(unit.written(raw["id"]), claims="known")

    with signed_in(intake, "supervisor") as office:
        page = office.get(f"/office/entries/{entry['entry_id']}").text

    assert asks in page
    assert ("勾选 1 项，已达要求" in page) == (require == "any")
    claims = re.findall(r"条件(\w+)</span>.*?（\s*<span class=.zh.>(.*?)<", page)
    assert claims == [("new", "未勾选"), ("proven", "未勾选"), ("known", "已勾选")]


def test_a_list_that_asks_by_itself_keeps_no_idle_session_alive_and_is_told_when_it_has_lapsed(intake: Intake) -> None:
    path = f"/office/campaigns/{intake.open()}/progress"
    with signed_in(intake, "secretariat") as office:
        session = {"id": office.session_id}
        intake.sql(
            "UPDATE sessions SET seen_at = clock_timestamp() - interval '90 minutes' WHERE session_id = :id", **session
        )

        def idle() -> float:
            age = "SELECT extract(epoch FROM clock_timestamp() - seen_at) AS age FROM sessions WHERE session_id = :id"
            return float(intake.sql(age, **session)[0].age)

        swap = {"HX-Request": "true", "Accept": "*/*"}
        assert 'id="list"' in office.get(path, **swap, **{"X-By-Itself": "true"}).text
        assert idle() > 5000
        assert office.get(path, **swap).status_code == 200
        assert idle() < 60
        intake.sql("UPDATE sessions SET ended_at = clock_timestamp() WHERE session_id = :id", **session)
        intake.app.state.visits.forget(office.session_id)
        assert office.get(path, **swap).status_code == 401
        assert office.get(path).headers["location"].startswith("/login?next=")
