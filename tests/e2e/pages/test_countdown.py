"""How long there is, in a real browser: it goes on without a reload, by the server's clock alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from contracts.words import remaining
from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake

OpenPage = Callable[..., Page]
STEADY = "const steady = performance.now.bind(performance); performance.now = () => steady() - (window.asleep ?? 0);"
WALL = "const wall = Date.now; Date.now = () => wall() + (window.set ?? 0);"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def ending(intake: Intake, **left: Any) -> tuple[str, str]:
    """A campaign that ends in so long, and the address of a draft in it."""
    campaign = intake.open(online_deadline=datetime.now(UTC) + timedelta(**left))
    return campaign, f"/desk/entries/{intake.unit().written(campaign)['entry_id']}"


def left(page: Page) -> Any:
    return page.locator("[data-left=zh]").first


def test_the_words_are_the_servers_and_the_last_ten_minutes_are_told_by_seconds(
    intake: Intake, open_page: OpenPage
) -> None:
    _, path = ending(intake, days=1)
    page = open_page("unit", unit="unit-a")
    page.goto(path)
    seconds = [600, 659, 660, 3599, 3600, 3660, 7261, 86_399, 86_400, 90_000, 172_800, 1_000_000]

    told = page.evaluate(
        "async all => { const { words } = await import('/static/countdown.js');"
        " return all.map((seconds) => words(seconds * 1000)); }",
        [*seconds, 599, 61, 60, 59.9, 1, 0.4],
    )

    assert told[: len(seconds)] == [list(remaining(timedelta(seconds=s))) for s in seconds]
    assert [zh for zh, _ in told[len(seconds) :]] == [
        "还剩 9 分 59 秒",
        "还剩 1 分 01 秒",
        "还剩 1 分 00 秒",
        "还剩 59 秒",
        "还剩 1 秒",
        "还剩 0 秒",
    ]
    assert told[-2][1] == "1 second left"


@pytest.mark.parametrize("wrong_by", [-5, 5])
def test_it_ticks_and_says_that_the_deadline_has_passed_whatever_this_computers_clock_says(
    intake: Intake, open_page: OpenPage, width: str, wrong_by: int
) -> None:
    page = open_page("unit", unit="unit-a", width=width)
    page.add_init_script(f"window.set = {wrong_by} * 3600e3; {WALL}")
    page.goto("/")
    deadline = datetime.now(UTC) + timedelta(seconds=8)
    campaign = intake.open(online_deadline=deadline)
    entry = intake.unit().written(campaign)
    page.goto(f"/desk/entries/{entry['entry_id']}")
    page.evaluate("window.here = true")
    page.locator("#at-title").fill("没有重新打开本页")

    expect(left(page)).to_have_text(re.compile("还剩 [2-7] 秒"))
    first = left(page).inner_text()
    expect(left(page)).not_to_have_text(first)
    expect(page.locator("[data-passed]")).to_be_hidden()
    expect(left(page)).to_have_text("截止时间已到", timeout=12_000)

    late = datetime.now(UTC) - deadline
    assert timedelta(seconds=-1) < late < timedelta(seconds=3)
    expect(page.locator("[data-passed]")).to_contain_text("还没有提交的，请立即检查并提交")
    expect(page.locator("#main > .unseen[role=status]")).to_contain_text("截止时间已到")
    assert page.evaluate("window.here"), "the page was not loaded anew"
    axe(page)


def test_listeners_hear_of_few_moments_and_of_no_ticking(intake: Intake, open_page: OpenPage) -> None:
    _, path = ending(intake, minutes=5, seconds=6)
    page = open_page("unit", unit="unit-a")
    page.goto(path)
    voice = page.locator("#main > .unseen[role=status]")

    assert voice.inner_text() == ""
    assert (
        page.locator("[data-until]").evaluate("one => one.closest('[aria-live], [role=status], [role=alert]')") is None
    )
    expect(left(page)).to_have_text(re.compile("还剩 4 分 5[0-8] 秒"), timeout=12_000)
    expect(voice).to_contain_text(re.compile("还剩 (5 分 00|4 分 59) 秒"))
    said = voice.inner_text()
    page.wait_for_timeout(2500)
    assert voice.inner_text() == said


def test_a_computer_that_slept_or_was_set_asks_the_server_for_the_time(intake: Intake, open_page: OpenPage) -> None:
    _, path = ending(intake, minutes=30, seconds=30)
    page = open_page("unit", unit="unit-a")
    page.add_init_script(STEADY + WALL)
    page.goto(path)
    expect(left(page)).to_have_text("还剩 30 分钟")

    page.evaluate(f"window.set = 2 * 86400e3; {LOOK}")  # the clock was set two days on
    page.wait_for_timeout(500)
    expect(left(page)).to_have_text(re.compile("还剩 (30|29) 分钟"))
    page.evaluate(f"window.asleep = 20 * 60e3; {LOOK}")  # the steady clock stood still for twenty minutes
    page.wait_for_timeout(500)
    expect(left(page)).to_have_text(re.compile("还剩 (30|29) 分钟"))

    page.context.set_offline(True)
    page.evaluate(f"window.set += 25 * 60e3; {LOOK}")  # and nobody to ask: rather too little than too much
    expect(left(page)).to_have_text(re.compile("还剩 [45] 分"))
    page.context.set_offline(False)


def test_the_home_says_it_of_each_campaign(intake: Intake, open_page: OpenPage, width: str) -> None:
    campaign, _ = ending(intake, minutes=9)
    page = open_page("unit", unit="unit-a", width=width)
    page.goto("/desk")

    board = page.locator(".board", has=page.locator(f'a[href="/desk/campaigns/{campaign}"]'))
    expect(board.locator("[data-left=zh]")).to_have_text(re.compile("还剩 8 分 \\d\\d 秒"))
    axe(page)
    page.goto(f"/desk/campaigns/{campaign}")
    expect(left(page)).to_have_text(re.compile("还剩 8 分 \\d\\d 秒"))


def test_the_public_home_and_the_office_say_it_too(intake: Intake, open_page: OpenPage) -> None:
    campaign, _ = ending(intake, minutes=9)
    title = f'a[href="/office/campaigns/{campaign}"]'
    visitor, office = open_page(), open_page("secretariat")
    for page, path in ((visitor, "/"), (office, "/office"), (office, f"/office/campaigns/{campaign}")):
        page.goto(path)
        article = page.locator("main article", has=page.locator(title)) if path == "/office" else page.locator("main")
        place = article.locator("[data-left=zh]").filter(has_text="还剩 8 分").first
        expect(place).to_have_text(re.compile("还剩 8 分 \\d\\d 秒"))
    assert visitor.context.cookies() == [], "who only looks is given no cookie"
    plain = open_page(java_script_enabled=False)
    plain.goto("/")
    expect(plain.get_by_text("还剩 8 分钟").first).to_be_visible()


def test_between_the_shown_deadline_and_the_cut_off_nothing_counts_down(intake: Intake, open_page: OpenPage) -> None:
    campaign = intake.open(
        online_deadline=datetime.now(UTC) - timedelta(seconds=1), cutoff=datetime.now(UTC) + timedelta(hours=1)
    )
    page = open_page("unit", unit="unit-a")
    page.goto(f"/desk/campaigns/{campaign}")

    assert "系统暂时仍可提交" in page.locator(".remaining").inner_text()
    assert page.locator("[data-until]").count() == 0
