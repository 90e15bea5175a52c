"""The secretariat's office in a browser: campaigns opened, amended and closed; units watched; nothing overhangs."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from contracts.campaign_loader import CAMPAIGNS
from contracts.campaign_writer import to_yaml
from services.intake.domain.campaigns import parse_definition
from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake, definition

OpenPage = Callable[..., Page]


def written() -> tuple[str, str]:
    """A definition of its own, as YAML."""
    raw = definition()
    return str(raw["id"]), to_yaml(parse_definition(raw))


@pytest.fixture
def busy(intake: Intake) -> str:
    """Unit a has a draft, unit b has submitted, unit c has not begun."""
    campaign = intake.open()
    intake.unit("unit-a").written(campaign)
    other = intake.unit("unit-b")
    other.submit(other.written(campaign)).ok(201)
    return campaign


def test_a_definition_is_mended_where_it_is_wrong_and_opened(open_page: OpenPage, width: str) -> None:
    campaign, text = written()
    page = open_page("secretariat", width=width)
    page.goto("/office")
    axe(page)
    page.get_by_role("button", name=re.compile("开启活动")).click()
    page.get_by_label(re.compile("粘贴")).fill(text.replace("title_field: title", "title_field: nome", 1))
    page.get_by_role("button", name=re.compile("检查并开启")).click()
    alert = page.get_by_role("alert")
    assert re.search(r"第 \d+ 行第 \d+ 列", alert.inner_text())
    assert "nome" in page.get_by_label(re.compile("粘贴")).input_value(), "what was pasted stays"
    axe(page)
    page.get_by_label(re.compile("粘贴")).fill(text)
    page.get_by_role("button", name=re.compile("检查并开启")).click()
    page.wait_for_url(f"**/office/campaigns/{campaign}")
    axe(page)
    page.goto("/office/campaigns")
    assert page.locator(f'a[href="/office/campaigns/{campaign}"]').count() == 1
    axe(page)


def test_a_file_is_opened_too(open_page: OpenPage, tmp_path: Path) -> None:
    campaign = f"photos-{uuid4().hex[:8]}"
    file = tmp_path / "photos.yaml"
    file.write_text((CAMPAIGNS / "reading-photos.yaml").read_text().replace("id: reading-photos", f"id: {campaign}"))
    page = open_page("operator")
    page.goto("/office/new-campaign")
    page.get_by_label(re.compile("定义文件")).set_input_files(file)
    page.get_by_role("button", name=re.compile("检查并开启")).click()
    page.wait_for_url(f"**/office/campaigns/{campaign}")
    assert "匿名" in page.locator("main").inner_text()


def test_progress_is_read_filtered_and_exported(open_page: OpenPage, busy: str, width: str) -> None:
    page = open_page("supervisor", width=width)
    page.goto(f"/office/campaigns/{busy}/progress")
    axe(page)
    page.get_by_role("link", name=re.compile("未开始")).click()
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("#list tbody")).to_contain_text("unit-c")
    page.goto(f"/office/campaigns/{busy}/progress?standing=submitted")
    with page.expect_download() as caught:
        page.get_by_role("link", name=".csv").click()
    told = Path(caught.value.path()).read_text(encoding="utf-8-sig")
    assert "unit-b" in told
    assert "unit-a" not in told


def test_sums_by_committee_library_are_read_at_both_widths(open_page: OpenPage, intake: Intake, width: str) -> None:
    raw = definition()
    raw["units"][1]["parent"] = raw["units"][2]["parent"] = "unit-a"
    raw["units"][0]["name"] = "某市图书馆（委员馆）"
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    for unit in (intake.unit("unit-a"), intake.unit("unit-b")):
        for category in ("note", "pair"):
            entry = unit.entry(str(raw["id"]), category)
            unit.submit(unit.save(entry, title="标题")).ok(201)
    page = open_page("secretariat", width=width)
    page.goto(f"/office/campaigns/{raw['id']}/progress")
    axe(page)
    city, whole = page.locator("table.sums tbody tr").all()
    assert re.findall(r"\d", city.locator("td.count").all_inner_texts()[2]) == ["4"]
    assert "短文 2，先进个人 2" in whole.inner_text()
    city.get_by_role("link").click()
    page.wait_for_url("**under=unit-a")
    expect(page.locator("#list tbody tr")).to_have_count(2)


def test_a_deadline_is_amended_after_a_preview(open_page: OpenPage, intake: Intake, busy: str, width: str) -> None:
    page = open_page("secretariat", width=width)
    page.goto(f"/office/campaigns/{busy}/amend")
    axe(page)
    soon = (datetime.now(UTC) + timedelta(hours=8, days=3)).strftime("%Y-%m-%dT%H:%M")
    page.get_by_label(re.compile("公布的截止时间")).fill(soon)
    page.get_by_role("button", name=re.compile("预览影响")).click()
    assert "请写明原因" in page.get_by_role("alert").inner_text()
    assert page.get_by_label(re.compile("公布的截止时间")).input_value() == soon
    page.get_by_label(re.compile("原因")).fill("顺延三日")
    page.get_by_role("button", name=re.compile("预览影响")).click()
    assert "将影响 3 个单位" in page.locator("main").inner_text()
    axe(page)
    assert version(intake, busy) == 1, "a preview changes nothing"
    page.get_by_role("button", name=re.compile("确认修改")).click()
    page.wait_for_url(f"**/office/campaigns/{busy}**")
    assert "顺延三日" in page.locator("main").inner_text()
    assert version(intake, busy) == 2


def test_one_unit_is_extended_and_the_campaign_closed(
    open_page: OpenPage, intake: Intake, busy: str, width: str
) -> None:
    page = open_page("secretariat", width=width)
    page.goto(f"/office/campaigns/{busy}/amend?unit=unit-a")
    until = (datetime.now(UTC) + timedelta(hours=8, days=5)).strftime("%Y-%m-%dT%H:%M")
    page.get_by_label(re.compile("延期至")).fill(until)
    page.get_by_label(re.compile("原因")).fill("馆舍搬迁")
    page.get_by_role("button", name=re.compile("预览影响")).click()
    assert "将影响 1 个单位" in page.locator("main").inner_text()
    page.get_by_role("button", name=re.compile("确认修改")).click()
    page.wait_for_url(f"**/office/campaigns/{busy}**")
    assert "馆舍搬迁" in page.locator("main").inner_text()

    page.goto(f"/office/campaigns/{busy}/close")
    axe(page)
    assert "单位 unit-a" in page.locator("main").inner_text(), "who would be shut out"
    page.get_by_label(re.compile("原因")).fill("提前结束")
    page.get_by_role("button", name=re.compile("关闭活动")).click()
    page.wait_for_url(f"**/office/campaigns/{busy}**")
    assert "提前关闭" in page.locator("main").inner_text()
    assert version(intake, busy) == 3
    assert page.goto(f"/office/campaigns/{busy}/close") is not None
    assert "无需关闭" in page.locator("main").inner_text()


def test_an_entry_is_read_and_a_supervisor_sees_no_contact_data(
    open_page: OpenPage, intake: Intake, width: str
) -> None:
    unit = intake.unit()
    entry: dict[str, Any] = unit.written(intake.open(), "story")
    for role, sees in (("secretariat", True), ("supervisor", False)):
        page = open_page(role, width=width)
        page.goto(f"/office/entries/{entry['entry_id']}")
        assert ("13800000000" in page.locator("main").inner_text()) is sees
        axe(page)


def test_a_supervisor_finds_nothing_to_change(open_page: OpenPage, busy: str) -> None:
    page = open_page("supervisor")
    page.goto(f"/office/campaigns/{busy}")
    assert page.get_by_role("link", name=re.compile("修改|关闭")).count() == 0
    answer = page.goto(f"/office/campaigns/{busy}/amend")
    assert answer is not None
    assert answer.status == 403


def version(intake: Intake, campaign: str) -> int:
    return int(intake.caller("secretariat").get(f"/campaigns/{campaign}").ok()["version"])
