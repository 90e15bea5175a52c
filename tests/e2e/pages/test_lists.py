"""Lists of the office, swapped in place: filtered, paged, refreshed by themselves, and honest when nothing comes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright._impl._api_structures import SetCookieParam  # its public module leaves it out
from playwright.sync_api import Page, expect

from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake, definition
from tests.integration.intake.test_imports import send, table

OpenPage = Callable[..., Page]
MARK = "document.body.dataset.here = 'yes'"
"""Gone after a whole new page."""
ROWS = 50


@pytest.fixture
def many(intake: Intake) -> str:
    """A campaign of 60 units, of which the last has a draft."""
    raw = definition()
    raw["units"] = [{"code": f"many-{n:02}", "name": f"第{n:02}馆", "region": "陕西省"} for n in range(60)]
    intake.caller("secretariat").post("/campaigns", definition=raw).ok(201)
    intake.unit("many-59").written(str(raw["id"]))
    return str(raw["id"])


def opened(page: Page, address: str) -> Page:
    page.clock.install()
    page.goto(address)
    page.evaluate(MARK)
    return page


def stays(page: Page) -> bool:
    return bool(page.evaluate("document.body.dataset.here === 'yes'"))


def rows(page: Page) -> Any:
    return page.locator("#list tbody tr")


def later(page: Page) -> None:
    """When the list asks again by itself."""
    page.clock.fast_forward(31_000)


def test_filters_and_pages_swap_the_table_alone_and_keep_the_focus(open_page: OpenPage, many: str, width: str) -> None:
    path = f"/office/campaigns/{many}/progress"
    page = opened(open_page("secretariat", width=width), path)
    expect(rows(page)).to_have_count(ROWS)

    page.get_by_role("link", name=re.compile("^有草稿")).focus()
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(page.locator("#filter-drafts")).to_be_focused()
    assert stays(page)
    assert page.url.endswith("?standing=drafts")
    expect(page.locator("#filters [aria-current]")).to_contain_text("有草稿")
    expect(page.locator("#list-said")).to_contain_text("符合条件的单位 1 个")
    assert "standing%3Ddrafts" in str(page.get_by_role("link", name="English").get_attribute("href"))
    axe(page)

    page.go_back()
    expect(rows(page)).to_have_count(ROWS)
    page.evaluate(MARK)
    page.get_by_label(re.compile("单位名称或代码")).fill("第5")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(10)
    expect(page.locator("#at-q")).to_be_focused()
    assert stays(page)
    page.get_by_label(re.compile("单位名称或代码")).fill("")
    page.get_by_role("button", name=re.compile("查找")).click()
    expect(rows(page)).to_have_count(ROWS)

    page.get_by_role("link", name=re.compile("下一页")).click()
    expect(rows(page)).to_have_count(10)
    expect(page.locator("#list-told")).to_be_focused()
    assert stays(page)
    expect(page.locator("#list-told")).to_be_in_viewport()
    axe(page)
    page.reload()
    expect(rows(page)).to_have_count(10)


def test_progress_refreshes_itself_and_takes_no_focus(
    intake: Intake, open_page: OpenPage, many: str, width: str
) -> None:
    page = opened(open_page("secretariat", width=width), f"/office/campaigns/{many}/progress")
    page.evaluate("document.getElementById('unit-many-01').focus(); document.querySelector('#list tbody').old = 'yes'")
    asked: list[dict[str, str]] = []
    page.on("request", lambda sent: asked.append(sent.headers))
    with page.expect_response(re.compile("/progress$")):
        later(page)
    assert page.evaluate("document.querySelector('#list tbody').old") == "yes", (
        "nothing has changed, nothing is swapped"
    )
    assert [headers["x-by-itself"] for headers in asked] == ["true"]

    intake.unit("many-03").written(many)
    page.evaluate("scrollTo(0, 200)")
    place = page.evaluate("scrollY")
    with page.expect_response(re.compile("/progress$")):
        later(page)
    expect(page.locator("#filters")).to_contain_text(re.compile("有草稿 2"))
    expect(page.locator("#unit-many-01")).to_be_focused()
    assert (page.evaluate("scrollY"), stays(page)) == (place, True)
    assert page.locator("#list-said").inner_text() == "", "nobody is interrupted"
    assert page.evaluate("history.length") <= 2


def test_a_hidden_page_asks_nothing(open_page: OpenPage, many: str) -> None:
    page = opened(open_page("secretariat"), f"/office/campaigns/{many}/progress")
    asked: list[str] = []
    # The page's icon may come late.
    page.on("request", lambda sent: None if "/static/" in sent.url else asked.append(sent.url))
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    later(page)
    later(page)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    with page.expect_response(re.compile("/progress$")):
        later(page)


@pytest.mark.parametrize("how", ["itself", "somebody"])
def test_a_lapsed_session_and_what_does_not_come_are_told_and_the_table_stays(
    open_page: OpenPage, many: str, how: str
) -> None:
    page = opened(open_page("secretariat"), f"/office/campaigns/{many}/progress")

    def ask() -> None:
        if how == "itself":
            later(page)
        else:
            page.locator("#filter-drafts").click()

    trouble, lapsed = page.locator("#list-trouble"), page.locator("#lapsed")
    answers: list[Callable[[Any], None]] = [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=500, body="{}", content_type="application/problem+json"),
        lambda route: route.fulfill(status=200, body="<p>Some proxy</p>", content_type="text/html"),
    ]
    expect(trouble).to_be_hidden()
    for answer in answers:
        page.evaluate("document.getElementById('list-trouble').hidden = true")
        page.route("**/progress*", answer)
        ask()
        expect(trouble).to_be_visible()
        expect(rows(page)).to_have_count(ROWS)
        page.unroute_all()
    axe(page)
    here = page.evaluate("location.origin")
    cookies = [SetCookieParam(name=one["name"], value=one["value"], url=here) for one in page.context.cookies()]
    page.context.clear_cookies()
    ask()
    expect(lapsed).to_be_visible()
    expect(rows(page)).to_have_count(ROWS)
    assert stays(page)
    page.context.add_cookies(cookies)
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(lapsed).to_be_hidden()
    ask()
    expect(trouble).to_be_hidden()


def test_accounts_are_searched_and_paged_in_place(intake: Intake, open_page: OpenPage, width: str) -> None:
    mark = uuid4().hex[:8]
    people = [
        {
            "login": f"{mark}-{n:02}",
            "name": f"示例{n:02}",
            "roles": "推荐单位",
            "unit_code": f"{mark}{n}",
            "unit_name": f"示例{n:02}馆",
        }
        for n in range(ROWS + 3)
    ]
    assert send(intake, table(*people)).ok()["invited"]
    page = opened(open_page("secretariat", width=width), "/office/accounts")
    page.get_by_label(re.compile("按登录名")).fill(mark)
    page.keyboard.press("Enter")
    expect(page.locator("#list-told")).to_contain_text(mark)
    expect(rows(page)).to_have_count(ROWS)
    expect(page.locator("#q")).to_be_focused()
    assert stays(page)
    axe(page)
    page.get_by_role("link", name=re.compile("下一页")).click()
    expect(rows(page)).to_have_count(3)
    expect(page.locator("#list-told")).to_be_focused()
    assert stays(page)
    page.get_by_role("link", name=re.compile("显示全部")).click()
    expect(page.get_by_label(re.compile("按登录名"))).to_have_value("")
    assert stays(page)
    page.get_by_label(re.compile("按登录名")).fill("nobody-is-called-so")
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_contain_text("没有找到")
    axe(page)


def test_lists_do_without_scripts(open_page: OpenPage, many: str) -> None:
    page = open_page("secretariat", java_script_enabled=False)
    page.goto(f"/office/campaigns/{many}/progress")
    page.get_by_role("link", name=re.compile("下一页")).click()
    expect(rows(page)).to_have_count(10)
    page.get_by_role("link", name=re.compile("^有草稿")).click()
    expect(rows(page)).to_have_count(1)
