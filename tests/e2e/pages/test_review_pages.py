"""Review's desks in a real browser: sound at both widths, in one language; what experts write is kept meanwhile."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright._impl._api_structures import SetCookieParam  # its public module leaves it out
from playwright.sync_api import Browser, Page, expect

from infra.web.passes import COOKIE
from infra.web.visits import Visitor
from tests.e2e.pages.conftest import WIDTHS, axe
from tests.e2e.pages.test_every_page import HAN, SEEN
from tests.integration.review.desk import Desk, Season, open_season, serving
from tests.integration.review.pages import pass_of, visitor

NAMES = re.compile(
    r"雪域书香(（修订）)?|（修订）|简介|专家\S|秘书甲|所在单位|陕西某单位|陕西省文化厅|甘肃省文化厅|陕西|四川|另报他项|测试|桂冠|字"
)
"""What units wrote, and what people and places are called."""
SHOTS = os.environ.get("LAUREL_SHOTS", "")
"""A folder for pictures of the pages, for who wants to look at them."""


@pytest.fixture(scope="module")
def desk(make_lasting_database: Callable[[str], str]) -> Iterator[Desk]:
    with serving(make_lasting_database("review_pages")) as running:
        yield running


@pytest.fixture(scope="module")
def season(desk: Desk) -> Season:
    """A campaign with a case in each state, an expert with work, a draft."""
    season = open_season(desk)
    season.expert("专家甲")
    season.expert("专家乙")
    season.expert("专家丙")
    season.eligible(1)
    season.assign().ok()
    season.rule(season.entry(), "ineligible").ok()
    again = season.entry(title="雪域书香")
    season.rule(again, "return").ok()
    season.entry(entry_id=again, revision=2, title="雪域书香（修订）")
    season.withdraw(season.entry())
    drafted = season.entry()
    body = {"revision": 1, "verdict": "return", "findings": [{"zh": "测试", "en": "test", "place": "entry"}]}
    season.secretary.send("PUT", f"/cases/{drafted}/draft", json=body).ok()
    return season


@pytest.fixture
def open_as(browser: Browser, desk: Desk) -> Iterator[Callable[..., Page]]:
    """A window in which somebody is signed in. A script's error or a broken policy fails the test."""
    contexts, faults = [], []

    def make(who: Visitor, width: str = "wide") -> Page:
        context = browser.new_context(
            base_url=desk.url, viewport=WIDTHS[width], locale="zh-CN", reduced_motion="reduce"
        )
        contexts.append(context)
        held = SetCookieParam(name=COOKIE, value=pass_of(desk, who), url=desk.url, httpOnly=True, sameSite="Lax")
        context.add_cookies([held])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def office_pages(season: Season) -> list[str]:
    campaign = f"/review/campaigns/{season.campaign_id}"
    cases = season.secretary.get(season.path("cases")).ok()["items"]
    return [
        "/review",
        f"{campaign}/cases",
        f"{campaign}/drafts",
        f"{campaign}/papers",
        f"{campaign}/panel?account={UUID(int=5)}&name=测试",
        f"{campaign}/ranking",
        f"/review/enrol?account={UUID(int=5)}&name=测试",
        *(f"/review/cases/{case['entry_id']}" for case in cases),
    ]


def expert_of(season: Season) -> Visitor:
    """One who has work to do."""
    (row,) = season.desk.sql(
        "SELECT expert_id FROM assessments WHERE campaign_id = :c AND state = 'assigned' ORDER BY 1 LIMIT 1",
        c=season.campaign_id,
    )
    return visitor("expert", name="专家甲", account_id=row.expert_id)


def expert_pages(page: Page) -> list[str]:
    page.goto("/review/assessments")
    href = page.locator("main a[href^='/review/assessments/']").first.get_attribute("href")
    return ["/review/assessments", str(href), f"{href}/recusal", f"{href}/abstention"]


def faults_of(page: Page, addresses: list[str], look: Callable[[str], None]) -> list[str]:
    faults = []
    for address in addresses:
        page.goto(address)
        for name, width in WIDTHS.items():
            page.set_viewport_size(width)
            if SHOTS:
                shown = re.sub(r"\W+", "-", address)[:60]
                page.screenshot(path=str(Path(SHOTS) / f"{shown}-{name}.png"), full_page=True)
            try:
                look(address)
            except AssertionError as error:
                faults.append(f"{address} {name}: {error}")
    return faults


def test_every_page_is_sound_at_both_widths(season: Season, open_as: Callable[..., Page]) -> None:
    office = open_as(visitor("secretariat", name="秘书甲"))
    assert faults_of(office, office_pages(season), lambda _at: axe(office)) == []
    expert = open_as(expert_of(season))
    assert faults_of(expert, ["/review", *expert_pages(expert)], lambda _at: axe(expert)) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_has_chosen_one_language_sees_no_other(season: Season, open_as: Callable[..., Page], language: str) -> None:
    office, expert = open_as(visitor("secretariat", name="秘书甲")), open_as(expert_of(season))
    faults: dict[str, str] = {}
    for page, addresses in ((office, office_pages(season)), (expert, expert_pages(expert))):
        page.goto(f"/language?show={language}&back=/review")
        for address in addresses:
            page.goto(address)
            for said, english in page.evaluate(SEEN):
                chinese = HAN.findall(NAMES.sub("", said))
                if english if language == "zh" else chinese:
                    faults.setdefault(said, address)
    assert faults == {}


def test_what_an_expert_writes_is_kept_as_he_writes(season: Season, open_as: Callable[..., Page]) -> None:
    who = expert_of(season)
    page = open_as(who, width="narrow")
    _, path, *_ = expert_pages(page)
    page.goto(path)
    page.get_by_label("label").first.fill("８８")
    page.locator("#at-comment").fill("评语写到这里")
    expect(page.locator("#saved")).to_contain_text("已保存")
    page.context.set_offline(True)
    page.locator("#at-comment").fill("评语写到这里，网断了")
    expect(page.locator("#saved")).to_contain_text("没有保存")
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("已保存", timeout=15_000)
    page.reload()
    expect(page.locator("#at-comment")).to_have_value("评语写到这里，网断了")
    expect(page.get_by_label("label").first).to_have_value("88")
