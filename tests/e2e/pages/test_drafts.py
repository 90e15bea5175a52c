"""Writing in a real browser: nothing that was typed is lost, whatever happens to the tab, the network, the session."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from contracts.counting import count_zi
from tests.e2e.pages.conftest import axe, chromium
from tests.integration.intake.desk import Intake
from tests.integration.intake.tabs import signed_in

OpenPage = Callable[..., Page]
SAVED = re.compile(r"\d\d:\d\d 已保存")


def begin(page: Page, intake: Intake, category: str = "感人事迹") -> str:
    """Begin an entry by the pages; its address."""
    campaign = intake.open()
    page.goto(f"/desk/campaigns/{campaign}")
    page.get_by_role("button", name=f"开始一项“{category}”").click()
    page.wait_for_url("**/desk/entries/*")
    page.wait_for_load_state("load")
    return page.url


def article(page: Page) -> Locator:
    return page.locator("#at-article")


def saved(page: Page) -> None:
    expect(page.locator("#saved")).to_contain_text(SAVED)


def stored(intake: Intake, url: str) -> dict[str, str]:
    """What the server holds."""
    (row,) = intake.sql("SELECT fields FROM entries WHERE entry_id = :id", id=url.rsplit("/", 1)[-1])
    fields: dict[str, str] = row.fields
    return fields


def eventually(intake: Intake, url: str, text: str, field: str = "article") -> None:
    until = time.monotonic() + 15
    while stored(intake, url).get(field) != text:
        assert time.monotonic() < until, (stored(intake, url), text)
        time.sleep(0.1)


def earlier(intake: Intake, url: str) -> set[str]:
    rows = intake.sql("SELECT text FROM earlier_texts WHERE entry_id = :id", id=url.rsplit("/", 1)[-1])
    return {row.text for row in rows}


def test_what_is_typed_is_saved_within_two_seconds_of_a_pause_and_counted(
    intake: Intake, open_page: OpenPage, width: str
) -> None:
    page = open_page("unit", unit="unit-a", width=width)
    url = begin(page, intake)

    article(page).press_sequentially("2017年，Library 服务👍🏽。")
    began = time.monotonic()
    saved(page)

    assert time.monotonic() - began < 4  # a pause of one second, the rest is this machine's
    assert stored(intake, url)["article"] == "2017年，Library 服务👍🏽。"
    counted = count_zi("2017年，Library 服务👍🏽。")
    expect(page.locator("#count-article")).to_have_text(f"{counted} / 30 字")
    article(page).fill("字" * 31)
    expect(page.locator("#count-article")).to_have_text("31 / 30 字，超出 1 字", use_inner_text=True)
    expect(page.locator("#wrong-article")).to_contain_text("最多 30 字，请删减 1 字")
    expect(page.locator("[data-state-of=texts]").first).to_contain_text("需修改")
    axe(page)


def test_the_first_save_goes_out_within_two_seconds_of_the_last_key_by_the_browsers_own_clock(
    intake: Intake, open_page: OpenPage
) -> None:
    page = open_page("unit", unit="unit-a")
    begin(page, intake)
    page.evaluate("() => document.addEventListener('input', () => (window.lastKey = performance.now()))")
    done = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/fields'))"

    article(page).press_sequentially("写到这里停下")
    page.wait_for_function(f"() => {done}.length > 0")

    first = page.evaluate(f"() => {done}[0].responseEnd - window.lastKey")
    assert 0 < first < 2000


def test_whoever_never_pauses_is_saved_all_the_same(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    until = time.monotonic() + 12

    while time.monotonic() < until and "article" not in stored(intake, url):
        article(page).press_sequentially("不停", delay=100)

    assert stored(intake, url)["article"].startswith("不停")


def test_an_hour_offline_loses_nothing(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    page.clock.install()
    url = begin(page, intake)
    page.context.set_offline(True)
    article(page).fill("断网之初写的")
    page.clock.run_for("00:05")
    expect(page.locator("#saved")).to_contain_text("网络不通，内容已保存在本机")

    page.clock.run_for("59:00")  # with every attempt in between
    article(page).fill("断网一小时里写的")
    page.clock.run_for("01:00")
    assert "article" not in stored(intake, url)
    page.context.set_offline(False)
    page.clock.run_for("01:10")  # no later than the longest wait between two attempts

    eventually(intake, url, "断网一小时里写的")
    page.clock.run_for("00:02")
    saved(page)


def test_two_tabs_on_different_fields_never_conflict(intake: Intake, open_page: OpenPage) -> None:
    first = open_page("unit", unit="unit-a")
    url = begin(first, intake)
    second = first.context.new_page()
    second.goto(url)

    article(first).fill("第一个窗口")
    second.locator("#at-title").fill("第二个窗口")
    saved(first)
    saved(second)

    eventually(intake, url, "第一个窗口")
    eventually(intake, url, "第二个窗口", "title")
    expect(first.locator(".conflict")).to_have_count(0)
    expect(second.locator(".conflict")).to_have_count(0)


@pytest.mark.parametrize(
    ("choice", "left"), [("用我的", "后写的文字"), ("用已保存的", "先写的文字"), ("用合并后的", "两份都要")]
)
def test_two_tabs_on_one_field_show_both_texts_and_the_writer_chooses(
    intake: Intake, open_page: OpenPage, width: str, choice: str, left: str
) -> None:
    first = open_page("unit", unit="unit-a", width=width)
    url = begin(first, intake)
    second = first.context.new_page()
    second.goto(url)
    article(first).fill("先写的文字")
    saved(first)

    article(second).fill("后写的文字")
    panel = second.locator("#conflict-article")
    expect(panel).to_contain_text("先写的文字")
    expect(panel).to_contain_text("后写的文字")
    expect(panel).to_contain_text("测试账号")
    axe(second)
    assert {"先写的文字", "后写的文字"} <= earlier(intake, url)
    panel.get_by_label("合并").fill("两份都要")
    panel.get_by_role("button", name=choice).click()

    eventually(intake, url, left)
    expect(article(second)).to_have_value(left)
    expect(panel).to_have_count(0)


def test_an_unanswered_conflict_survives_a_reload(intake: Intake, open_page: OpenPage) -> None:
    first = open_page("unit", unit="unit-a")
    url = begin(first, intake)
    second = first.context.new_page()
    second.goto(url)
    article(first).fill("先写的文字")
    saved(first)
    article(second).fill("后写的文字")
    expect(second.locator("#conflict-article")).to_be_visible()

    second.reload()

    expect(second.locator("#conflict-article")).to_contain_text("后写的文字")


def test_offline_texts_stay_in_the_browser_and_go_out_when_it_is_back(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)

    page.context.set_offline(True)
    article(page).fill("断网时写的")
    expect(page.locator("#saved")).to_contain_text("网络不通，内容已保存在本机")
    assert "article" not in stored(intake, url)
    page.context.set_offline(False)

    saved(page)
    eventually(intake, url, "断网时写的")


def test_a_tab_closed_offline_gives_its_texts_to_the_next_one(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    page.context.set_offline(True)
    article(page).fill("关窗之前写的")
    expect(page.locator("#saved")).to_contain_text("网络不通")
    page.close()
    page.context.set_offline(False)

    again = page.context.new_page()
    again.goto(url)

    expect(article(again)).to_have_value("关窗之前写的")
    eventually(intake, url, "关窗之前写的")


def test_leaving_the_page_at_once_loses_nothing(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)

    article(page).press_sequentially("没等保存就走")
    page.goto("/desk")

    eventually(intake, url, "没等保存就走")
    page.goto(url)
    expect(article(page)).to_have_value("没等保存就走")
    expect(page.locator(".conflict")).to_have_count(0)


def test_the_check_shows_what_was_typed_a_moment_ago(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    begin(page, intake)

    page.locator("#at-title").fill("刚写的标题")
    page.get_by_role("link", name="检查并提交").last.click()

    page.wait_for_url("**/submit")
    expect(page.locator(".about")).to_contain_text("刚写的标题")


def persistent(browser: Browser, folder: Path, url: str) -> BrowserContext:
    return browser.browser_type.launch_persistent_context(
        folder, executable_path=chromium(), args=["--no-sandbox"], base_url=url, locale="zh-CN"
    )


def kill(folder: Path) -> None:
    """End every process of the browser that keeps its profile in this folder, as a power cut does."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        except (OSError, ProcessLookupError):
            continue


def test_a_killed_browser_brings_back_what_was_not_sent(intake: Intake, browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    with signed_in(intake, "unit", unit="unit-a") as tab:
        cookie = {"name": "laurel", "value": tab.cookie or "", "url": intake.url, "httpOnly": True}
        context = persistent(browser, folder, intake.url)
        context.add_cookies([cookie])  # type: ignore[list-item]  # Playwright's own type has every option
        page = context.new_page()
        url = begin(page, intake)
        page.route("**/fields", lambda route: route.abort())
        article(page).fill("死机之前写的")
        expect(page.locator("#saved")).to_contain_text("内容已保存在本机")
        page.wait_for_timeout(7000)  # Chromium writes its storage to the disk every few seconds
        kill(folder)

        context = persistent(browser, folder, intake.url)
        context.add_cookies([cookie])  # type: ignore[list-item]  # as above
        page = context.new_page()
        page.goto(url)

        expect(article(page)).to_have_value("死机之前写的")
        eventually(intake, url, "死机之前写的")
        context.close()


def test_a_lapsed_session_keeps_the_text_and_goes_on_after_signing_in_again(
    intake: Intake, open_page: OpenPage
) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    cookies = page.context.cookies()
    page.context.clear_cookies()

    article(page).fill("登录失效后写的")
    expect(page.locator("#lapsed")).to_contain_text("没有丢失")
    expect(page.locator("#lapsed").get_by_role("button", name="重新登录")).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("重新登录后自动保存")
    assert "article" not in stored(intake, url)
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # what it gave it takes
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    saved(page)
    expect(page.locator("#lapsed")).to_be_hidden()
    eventually(intake, url, "登录失效后写的")


def test_a_text_typed_after_somebody_submitted_is_kept_in_the_history(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    intake.sql("UPDATE entries SET state = 'submitted' WHERE entry_id = :id", id=url.rsplit("/", 1)[-1])

    article(page).fill("提交之后写的")

    expect(page.locator("#saved")).to_contain_text("已存入历史")
    assert "提交之后写的" in earlier(intake, url)


def test_a_second_text_of_a_dead_tab_stays_in_the_browser_until_the_server_has_it(
    intake: Intake, open_page: OpenPage
) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    left = {"alive": 0, "texts": {"article~x": {"text": "另一窗口写的", "version": 1, "sent": [], "at": 1}}}
    page.evaluate(
        """left => {
            const { account, entry } = document.getElementById("editor").dataset;
            localStorage.setItem(`laurel:draft:${account}:${entry}:dead`, JSON.stringify(left));
        }""",
        left,
    )
    refused = {"status": 403, "content_type": "application/problem+json", "body": '{"slug": "stale-form"}'}
    page.route("**/fields", lambda route: route.fulfill(**refused))
    with page.expect_response("**/fields"):
        page.reload()
    page.wait_for_timeout(1000)
    assert "另一窗口写的" in page.evaluate("JSON.stringify(localStorage)")

    page.unroute("**/fields")
    page.reload()

    eventually(intake, url, "另一窗口写的")


def test_who_is_signed_in_as_another_is_told_that_the_text_is_kept_here(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    begin(page, intake)
    with signed_in(intake, "unit", unit="unit-b") as other:
        page.context.add_cookies([{"name": "laurel", "value": other.cookie or "", "url": intake.url, "httpOnly": True}])
        article(page).fill("换了账号之后写的")

        expect(page.locator("#saved")).to_contain_text("保存在本机")

    expect(page.locator("#saved")).not_to_contain_text("历史")
    assert "换了账号之后写的" in page.evaluate("JSON.stringify(localStorage)")


def test_what_word_puts_on_the_clipboard_becomes_plain_text(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    clip = """([selector, text]) => {
        const data = new DataTransfer();
        data.setData("text/plain", text);
        data.setData("text/html", "<p class=MsoNormal><b>x</b></p>");
        const field = document.querySelector(selector);
        field.focus();
        field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }"""

    expect(page.locator("#saved")).to_contain_text(
        "自动保存"
    )  # the script is there: this paste is none of the browser's
    page.evaluate(clip, ["#at-article", "\ufeff一、背景\r\n\x0b\uf0b7\xa0读者\x07\u200b"])
    page.evaluate(clip, ["#at-title", "标题\r\n第二行\r\n"])

    expect(article(page)).to_have_value("一、背景\n\n\uf0b7 读者\u200b")
    expect(page.locator("#at-title")).to_have_value("标题 第二行")
    eventually(intake, url, "一、背景\n\n\uf0b7 读者\u200b")
    expect(page.locator("#count-article")).to_contain_text(str(count_zi(stored(intake, url)["article"])))


def test_everything_is_reached_by_keyboard(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    begin(page, intake)

    def tab_to(target: Locator) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if target.evaluate("one => one === document.activeElement"):
                return
        pytest.fail("Tab never gets there")

    tab_to(page.locator("#at-title"))
    page.keyboard.type("键盘写的标题")
    tab_to(article(page))
    page.keyboard.type("键盘写的正文。")
    tab_to(page.get_by_role("link", name="检查并提交").last)
    page.keyboard.press("Enter")

    page.wait_for_url("**/submit")
    expect(page.locator(".about")).to_contain_text("键盘写的标题")


def test_without_scripts_the_form_saves_and_shows_both_texts_of_a_conflict(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a", java_script_enabled=False)
    url = begin(page, intake)
    page.locator("#at-title").fill("不用脚本")
    article(page).fill("第一行\n第二行")
    page.get_by_role("button", name="保存", exact=False).first.click()

    expect(page.get_by_text("已保存。")).to_be_visible()
    assert stored(intake, url) == {"title": "不用脚本", "article": "第一行\n第二行"}
    other = page.context.new_page()
    other.goto(url)
    article(other).fill("别处先改")
    other.get_by_role("button", name="保存", exact=False).first.click()
    page.locator("#at-title").fill("只改了标题")
    page.get_by_role("button", name="保存", exact=False).first.click()
    assert stored(intake, url) == {"title": "只改了标题", "article": "别处先改"}  # what was not touched is not sent
    article(other).fill("别处再改")
    other.get_by_role("button", name="保存", exact=False).first.click()
    article(page).fill("这里也改")
    page.get_by_role("button", name="保存", exact=False).first.click()

    expect(page.get_by_role("alert")).to_contain_text("已在别处修改")
    expect(page.locator(".conflicting")).to_contain_text("别处再改")
    expect(article(page)).to_have_value("这里也改")
    page.get_by_role("button", name="保存", exact=False).first.click()
    assert stored(intake, url)["article"] == "这里也改"
