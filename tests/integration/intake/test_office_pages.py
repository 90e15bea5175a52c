"""The office's forms over HTTP: what is wrong stands at its field, too, and what was typed stays."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
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
