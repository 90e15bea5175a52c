"""A unit's way through its pages: home, campaign, editor, check, receipt, return, history, withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake, send

OpenPage = Callable[..., Page]


def upload(intake: Intake, entry_id: str) -> None:
    """A photo, by the JSON interface."""
    unit = intake.unit("unit-a")
    begun = unit.begin({"entry_id": entry_id}, name="a.jpg", size=10).ok(201)
    assert send(begun["upload"], b"\xff\xd8 a photo"[:10]).is_success
    unit.post(f"/materials/{begun['material_id']}/completion").ok(202)


def returned(intake: Intake, entry_id: str) -> None:
    """As the secretariat's verdict leaves it."""
    findings = (
        '[{"slug": "too-vague", "zh": "正文请写具体。", "en": "Be specific.", "place": "article", "figures": {}}]'
    )
    intake.sql(
        """UPDATE entries SET state = 'returned', mend_by = clock_timestamp() + interval '5 days',
               findings = CAST(:findings AS jsonb), version = version + 1 WHERE entry_id = :id""",
        findings=findings,
        id=entry_id,
    )


def test_a_unit_goes_from_its_home_to_a_receipt_mends_and_takes_back(  # noqa: PLR0915 - one journey, told in its order
    intake: Intake, open_page: OpenPage, width: str
) -> None:
    campaign = intake.open()
    page = open_page("unit", unit="unit-a", width=width)

    page.goto("/desk")
    axe(page)
    board = page.locator(".board", has=page.locator(f'a[href="/desk/campaigns/{campaign}"]'))
    expect(board).to_contain_text("名额 1 项，已用 0 项")
    expect(board).to_contain_text("还剩")
    page.goto(f"/desk/campaigns/{campaign}")
    axe(page)
    page.get_by_role("button", name="开始一项“感人事迹”").click()
    page.wait_for_url("**/desk/entries/*")
    entry_id = page.url.rsplit("/", 1)[-1]
    assert UUID(entry_id)
    expect(page.get_by_text("未开始").first).to_be_visible()
    axe(page)

    page.get_by_role("link", name="检查并提交").last.click()
    page.wait_for_url("**/submit")
    expect(page.get_by_role("heading", name="还有 5 处需要处理")).to_be_visible()
    expect(page.get_by_role("button", name="确认提交")).to_have_count(0)
    axe(page)
    page.get_by_role("link", name="“手机”尚未填写").click()
    expect(page.locator("#at-mobile")).to_be_visible()
    expect(page.locator("#wrong-mobile")).to_contain_text("尚未填写")
    axe(page)
    for key, text in (
        ("title", "一本书的旅行"),
        ("article", "正文。"),
        ("mobile", "13800000000"),
        ("email", "a@b.org"),
    ):
        page.locator(f"#at-{key}").fill(text)
    upload(intake, entry_id)
    page.get_by_role("link", name="检查并提交").last.click()
    page.wait_for_url("**/submit")
    expect(page.get_by_text("内容齐全，可以提交。")).to_be_visible()
    assert "13800000000" not in page.content()
    axe(page)
    page.get_by_role("button", name="确认提交").click()

    page.wait_for_url("**/receipt")
    expect(page.locator(".number")).to_have_text(f"{campaign}.story.0001")
    expect(page.get_by_role("heading", name="接下来")).to_be_visible()
    axe(page)
    page.goto(f"/desk/entries/{entry_id}")
    page.wait_for_url("**/receipt")  # what is submitted cannot be edited
    page.goto("/desk/messages")
    expect(page.locator(".timeline").first).to_contain_text("回执号")
    axe(page)

    returned(intake, entry_id)
    page.goto("/desk")
    expect(page.locator(".next")).to_contain_text("修改退回的材料：一本书的旅行")
    page.locator(".next").get_by_role("button").click()
    page.wait_for_url("**/desk/entries/*")
    expect(page.locator("#returned-article")).to_contain_text("正文请写具体。")
    expect(page.locator("[data-state-of=texts]").first).to_contain_text("需修改")
    axe(page)
    page.locator("#at-article").fill("写得具体的正文。")
    expect(page.locator("[data-state-of=texts]").first).to_contain_text("已完成")
    page.get_by_role("link", name="检查并提交").last.click()
    page.wait_for_url("**/submit")
    page.get_by_role("button", name="确认提交").click()
    page.wait_for_url("**/receipt")
    expect(page.locator("dl")).to_contain_text("2")

    page.get_by_role("link", name="历史").click()
    expect(page.get_by_text("第 2 次提交")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="回执").click()
    page.get_by_role("link", name="撤回").click()
    axe(page)
    page.get_by_label("撤回原因").fill("推荐对象有变")
    page.get_by_role("button", name="确认撤回").click()
    page.wait_for_url(f"**/desk/campaigns/{campaign}")
    expect(page.locator("#category-story")).to_contain_text("已撤回")
    expect(page.get_by_role("button", name="开始一项“感人事迹”")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_earlier_text_is_brought_back_on_the_history_page(
    intake: Intake, open_page: OpenPage, width: str, scheme: str
) -> None:
    first, second = intake.unit("unit-a"), intake.unit("unit-a")
    entry = first.entry(intake.open())
    saved = second.save(first.save(entry, title="旧标题"), title="新标题")
    page = open_page("unit", unit="unit-a", width=width, color_scheme=scheme)

    page.goto(f"/desk/entries/{entry['entry_id']}/history")
    expect(page.locator(".kept-texts").last).to_contain_text("旧标题")
    axe(page)
    page.get_by_role("button", name="恢复这份文字").click()

    expect(page.locator("#at-title")).to_have_value("旧标题")
    assert saved["version"] == 3
    page.goto(f"/desk/entries/{entry['entry_id']}/preview")
    expect(page.locator(".shown")).to_contain_text("旧标题")
    axe(page)
