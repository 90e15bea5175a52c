"""The secretariat's pages about accounts, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake
from tests.integration.intake.test_imports import family, send, table


def test_a_secretary_imports_prints_and_finds_accounts(open_page: Callable[..., Page], width: str) -> None:
    rows = family()
    page = open_page("secretariat", width=width)
    page.goto("/office/accounts")
    axe(page)
    page.get_by_role("button", name="从表格导入").click()
    axe(page)
    wrong = table({"login": f"w-{uuid4().hex[:8]}", "name": "甲", "roles": "国王"})
    page.get_by_label("表格文件").set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": wrong})
    page.get_by_role("button", name="检查表格").click()
    expect(page.get_by_role("alert")).to_contain_text("第 2 行：不认识身份“国王”")
    axe(page)
    page.get_by_label("表格文件").set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": table(*rows)})
    page.get_by_role("button", name="检查表格").click()
    expect(page.get_by_role("heading", name="请核对后导入")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="导入", exact=False).click()
    expect(page.get_by_text("激活码只显示这一次")).to_be_visible()
    axe(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="下载激活函").click()
    assert download.value.suggested_filename == "激活函.pdf"
    page.goto(f"/office/accounts?q={rows[0]['login']}")
    expect(page.get_by_text("待激活", exact=True)).to_be_visible()
    page.get_by_role("link", name="示例县图书馆").click()
    axe(page)
    page.get_by_role("link", name="停用此账号").click()
    axe(page)
    page.get_by_role("button", name="停用账号").click()
    page.get_by_label("原因").fill("单位撤销")
    page.get_by_role("button", name="停用账号").click()
    expect(page.get_by_text("已停用")).to_be_visible()


def test_a_secretary_gives_several_accounts_new_codes_at_once(
    intake: Intake, open_page: Callable[..., Page], width: str
) -> None:
    rows = family()
    assert send(intake, table(*rows)).ok()["invited"]
    page = open_page("secretariat", width=width)
    page.goto(f"/office/accounts?q={rows[0]['login'].rpartition('-')[2]}")
    for box in page.get_by_role("checkbox").all():
        box.check()
    axe(page)
    page.get_by_role("button", name="为所选账号重新发放激活码").click()
    expect(page.get_by_text("旧激活码随即作废")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="发放新激活码").click()
    expect(page.get_by_text("激活码只显示这一次")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载激活函").click()
    assert download.value.suggested_filename == "激活函.pdf"
