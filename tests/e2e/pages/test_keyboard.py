"""Without a mouse: Tab reaches every control of a page, in the order in which it is read, and one sees where one is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake

OpenPage = Callable[..., Page]
# The controls that are shown, numbered in the order of the page. Of radio buttons, which go by arrows, there are none.
CONTROLS = """() => {
  const all = document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
  return [...all].filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0).map((one, n) => {
    one.dataset.control = n;
    return one.outerHTML.slice(0, 120);
  });
}"""
# Where the focus is, and whether one sees it: a ring, within the window.
WHERE = """() => {
  const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none";
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return [one.dataset.control ?? "", ring && inside];
}"""
MOST_STEPS = 20
"""Tabs within one control: a field for date and time has a stop for each of its parts."""


def places(intake: Intake) -> dict[str, list[str]]:
    """The office's and the documents' pages by whose they are."""
    unit, campaign = intake.unit("unit-a"), intake.open()
    sent, draft = unit.written(campaign), unit.written(campaign, "story")
    unit.submit(sent).ok(201)
    office = f"/office/campaigns/{campaign}"
    account = intake.caller("expert").account_id
    return {
        "secretariat": [
            "/office",
            "/office/campaigns",
            "/office/new-campaign",
            office,
            f"{office}/progress",
            f"{office}/amend",
            f"{office}/close",
            f"{office}/units/unit-a",
            f"/office/entries/{sent['entry_id']}",
            "/office/accounts?q=t-",
            "/office/accounts/import",
            f"/office/accounts/{account}",
            f"/office/accounts/{account}/disable",
            f"/desk/campaigns/{campaign}/documents",
        ],
        "unit": [
            f"/desk/entries/{sent['entry_id']}/documents",
            f"/desk/entries/{draft['entry_id']}/documents",
            f"/desk/campaigns/{campaign}/documents",
        ],
    }


@pytest.mark.parametrize("role", ["secretariat", "unit"])
def test_tab_reaches_every_control_in_order_and_the_focus_is_seen(
    intake: Intake, open_page: OpenPage, role: str, width: str
) -> None:
    page = open_page(role, unit="unit-a" if role == "unit" else None, width=width)
    faults: list[Any] = []
    for address in places(intake)[role]:
        page.goto(address)
        controls = page.evaluate(CONTROLS)
        assert len(controls) > 3, address
        for number, control in enumerate(controls):
            for _ in range(MOST_STEPS):
                page.keyboard.press("Tab")
                at, seen = page.evaluate(WHERE)
                if at != str(number - 1):
                    break
            if (at, seen) != (str(number), True):
                faults.append((address, control, at, seen))
                break
    assert faults == []


def test_the_skip_link_leads_past_the_menu_on_each_of_these_pages(intake: Intake, open_page: OpenPage) -> None:
    page = open_page("secretariat")
    for address in places(intake)["secretariat"]:
        page.goto(address)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        expect(page.locator(".skip")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#main")).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('header, .crumbs') === null"), address


def test_closing_a_campaign_and_new_codes_are_done_by_keyboard_alone(
    intake: Intake, open_page: OpenPage, width: str
) -> None:
    campaign = intake.open()
    page = open_page("secretariat", width=width)

    def to(name: str, role: Any = "link") -> None:
        page.get_by_role(role, name=re.compile(name)).first.focus()

    page.goto(f"/office/campaigns/{campaign}")
    to("提前关闭")
    page.keyboard.press("Enter")
    page.wait_for_url("**/close")
    page.get_by_label(re.compile("原因")).focus()
    page.keyboard.type("closed early")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_url("**#record")
    axe(page)

    page.goto("/office/accounts/import")
    page.locator("summary").focus()
    page.keyboard.press("Space")
    expect(page.locator("details")).to_have_attribute("open", "")

    intake.caller("expert")
    page.goto("/office/accounts")
    box = page.get_by_role("checkbox").first
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    to("为所选账号", "button")
    page.keyboard.press("Enter")
    expect(page.get_by_text("旧激活码随即作废")).to_be_visible()
