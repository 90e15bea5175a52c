"""The editor beside its texts: what it says of the entry follows by itself, and its scripts are loaded once."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.e2e.pages.conftest import axe
from tests.e2e.pages.test_drafts import article, begin, saved, stored
from tests.e2e.pages.test_uploads import chosen, photo
from tests.integration.intake.desk import FULL, Intake
from tests.integration.intake.test_history_pages import replaced
from tests.integration.intake.test_late_typing import deadline
from tests.integration.intake.verdicts import accept, reject

OpenPage = Callable[..., Page]


def test_states_what_is_missing_and_the_title_follow_without_a_reload(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a", width="narrow")
    url = begin(page, intake)
    page.goto(f"{url}?check=true")
    state = page.locator(".tasks [data-state-of=materials]")
    missing, to_do = page.locator("#missing li"), page.locator("#to-do")
    expect(missing).to_have_count(5)
    expect(to_do).to_contain_text("还有 5 处需要处理")

    page.locator("#at-title").fill("一本书的旅行$&")
    saved(page)
    expect(missing).to_have_count(4)
    expect(page.locator("#wrong-title")).to_be_hidden()
    expect(page.locator("#wrong-article")).to_be_visible()  # what else is missing is still said
    for place in (page.locator(".about [data-title]"), page.locator(".crumbs [data-title]")):
        expect(place).to_have_text("一本书的旅行$&")
    expect(page).to_have_title("一本书的旅行$& · 桂冠 Laurel")

    page.locator("[data-kind=photo] .choose input[type=file]").set_input_files([chosen("书车.jpg", photo(1))])
    row = page.locator("[data-kind=photo] li.file[data-state=uploaded]")
    expect(row).to_have_count(1)
    expect(state).to_contain_text("已完成")
    expect(missing).to_have_count(3)
    material = row.get_attribute("data-id")
    assert material
    reject(intake, material)
    expect(state).to_contain_text("需修改")
    expect(missing.filter(has_text="PNG")).to_have_count(1)
    axe(page)

    with page.expect_file_chooser() as asked:
        page.locator("li.file").get_by_role("button", name=re.compile("替换")).click()
    asked.value.set_files([chosen("书车.jpg", photo(2))])
    expect(row).to_have_count(1)
    accept(intake, str(row.get_attribute("data-id")))
    expect(page.locator("li.file[data-state=accepted]")).to_have_count(1)
    for key in ("article", "mobile", "email"):
        page.locator(f"#at-{key}").fill(FULL["story"][key])
    expect(to_do).to_contain_text("内容齐全，可以提交")
    expect(page.locator("#missing")).to_be_hidden()
    expect(state).to_contain_text("已完成")


def test_every_script_is_loaded_once_under_the_mark_of_its_content(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("unit", unit="unit-a")
    asked: list[str] = []
    kept: dict[str, str] = {}
    page.on("request", lambda request: asked.append(request.url) if request.resource_type == "script" else None)
    page.on("response", lambda answer: kept.update({answer.url: answer.headers.get("cache-control", "")}))
    begin(page, intake)
    expect(page.locator("#saved")).to_contain_text("修改后自动保存")
    page.wait_for_load_state("networkidle")
    scripts = [url for url in asked if url in kept]

    page.reload()
    page.wait_for_load_state("networkidle")

    names = [urlsplit(url).path for url in scripts]
    assert {"/static/laurel.js", "/static/zi.js", "/static/intake/drafts.js", "/static/intake/row.js"} <= set(names)
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    modules = [urlsplit(url).path for url in loaded if urlsplit(url).path.endswith(".js")]
    assert sorted(modules) == sorted(set(modules))
    assert [url for url in scripts if "?v=" not in url] == []
    assert {kept[url] for url in scripts} == {"public, max-age=31536000, immutable"}


def test_typing_after_the_deadline_stays_in_the_browser_and_leaves_the_upload_its_time(
    intake: Intake, open_page: OpenPage
) -> None:
    page = open_page("unit", unit="unit-a")
    url = begin(page, intake)
    article(page).fill("截止之前写的")
    saved(page)
    entry_id = url.rsplit("/", 1)[-1]
    intake.unit("unit-a").begin({"entry_id": entry_id}).ok(201)
    (row,) = intake.sql("SELECT campaign_id FROM entries WHERE entry_id = :id", id=entry_id)
    deadline(intake, row.campaign_id)

    article(page).fill("截止之后还在写")
    expect(page.locator("#saved")).to_contain_text("您刚写的保存在本机，没有丢失")
    article(page).press_sequentially("，又写")
    page.reload()

    expect(article(page)).to_have_value("截止之后还在写，又写")
    expect(page.locator("#saved")).to_contain_text("材料的文字不再改动")
    assert stored(intake, url)["article"] == "截止之前写的"
    page.get_by_role("link", name="检查并提交").last.click()  # what is kept here does not stand in the way
    page.wait_for_url("**/submit")
    expect(page.locator(".remaining")).to_contain_text("传完并提交")


def test_what_was_changed_between_two_versions_reads_well_on_a_telephone(intake: Intake, open_page: OpenPage) -> None:
    unit = intake.unit("unit-a")
    entry = unit.save(unit.entry(intake.open(), "story"), article="书车开了二十年。读者很多。")
    replaced(intake, entry, "书车开了二十一年。")
    page = open_page("unit", unit="unit-a", width="narrow")

    page.goto(f"/desk/entries/{entry['entry_id']}/history")
    axe(page)
    page.get_by_role("link", name=re.compile("与现在的文字比较")).click()

    expect(page.locator(".difference ins")).to_contain_text("一")
    expect(page.locator(".difference del")).to_contain_text("读者很多。")
    marks = "one => [getComputedStyle(one).textDecorationLine, getComputedStyle(one, '::before').content]"
    assert page.locator(".difference ins").evaluate(marks) == ["underline", '"＋"']
    assert page.locator(".difference del").evaluate(marks) == ["line-through", '"×"']
    axe(page)
    page.get_by_label("到 To").select_option(index=1)
    page.get_by_role("button", name="比较").click()
    expect(page.locator("main")).to_contain_text("两份文字相同")
