"""Every page there is, found by its route: sound to axe-core at both widths, in one language where one is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from services.intake.pages.shell import PAGES
from tests.e2e.pages.answers import every_answer, recorded
from tests.e2e.pages.conftest import WIDTHS, axe
from tests.integration.intake.desk import Intake
from tests.integration.intake.test_permissions import page_routes
from tests.integration.intake.verdicts import accept, reject

NEVER_ENDS = "/desk/entries/{entry_id}/materials/live"


def world(intake: Intake) -> list[dict[str, str]]:
    """What the addresses of pages name: first of a draft with files and a history, then of what was submitted."""
    unit, colleague, campaign = intake.unit("unit-a"), intake.unit("unit-a"), intake.open()
    draft = unit.written(campaign, "story")
    files = [unit.upload(draft, name=f"{n}.jpg") for n in range(2)]
    accept(intake, files[0])
    reject(intake, files[1])
    colleague.save(unit.get(f"/entries/{draft['entry_id']}").ok(), article="另一段正文，写得长一些。")
    sent = unit.written(campaign)
    receipt = unit.submit(sent).ok(201)
    account = str(intake.caller("expert").account_id)
    there = {"campaign_id": campaign, "unit_code": "unit-a", "material_id": files[0], "account_id": account}
    there |= {"number": receipt["receipt_number"], "revision": str(receipt["revision"]), "digest": receipt["digest"]}
    return [there | {"entry_id": draft["entry_id"]}, there | {"entry_id": sent["entry_id"]}]


def addresses(intake: Intake) -> list[str]:
    found: dict[str, None] = {}
    for there in world(intake):
        for method, path, _ in page_routes(intake):
            if method != "GET" or path == NEVER_ENDS:
                continue
            query = "?old=r1" if path.endswith("/difference") else ""
            found[path.format_map(there) + query] = None
    return list(found)


def test_every_page_is_sound_at_both_widths(intake: Intake, open_page: Callable[..., Page]) -> None:
    page = open_page("unit", "committee", "secretariat", unit="unit-a")
    seen, faults = set(), []

    for address in addresses(intake):
        answer = page.request.get(address, max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html") or answer.status != 200:
            assert answer.status < 500, (address, answer.status)
            continue
        page.goto(address)
        seen.add(address)
        for width in WIDTHS.values():
            page.set_viewport_size(width)
            try:
                axe(page)
            except AssertionError as error:
                faults.append(f"{address} at {width['width']}: {error}")

    assert faults == []
    assert len(seen) > 30


# What people see of a page, text by text; of cards also the labels that style sheets put in front.
SEEN = """() => {
  for (const one of document.querySelectorAll("details")) one.open = true;
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode, place = text.parentElement;
    const visible = place.closest("option") ? place.closest("select").checkVisibility() : place.checkVisibility();
    if (!text.data.trim() || !visible || place.closest(".languages, noscript, script, template, textarea")) continue;
    found.push([text.data.trim(), Boolean(place.closest("[lang=en]"))]);
  }
  for (const one of document.querySelectorAll("td[data-label]"))
    if (one.checkVisibility()) found.push([getComputedStyle(one, "::before").content, false]);
  return found;
}"""
# Buttons and links that can be seen and show neither a word nor a picture.
MUTE = """() => [...document.querySelectorAll("button, a[href]")]
  .filter((one) => one.checkVisibility() && !one.innerText.trim() && !one.querySelector("img, svg"))
  .map((one) => one.outerHTML.slice(0, 200))"""
NAMES = re.compile(
    "单位 unit-[abc]|测试账号|测试|陕西省|一本书的旅行|正文。|另一段正文，写得长一些。|早先的表单|国王|桂冠|字"
)
"""What units wrote and what people, places and things are called; 字 is what texts are counted in, in English, too."""
OWN = PAGES.static.parent / "templates"
EVERY_TEMPLATE = {
    path.relative_to(OWN).as_posix()
    for path in OWN.rglob("*.html")
    if path.read_text(encoding="utf-8").startswith('{% extends "base.html" %}')
} | {"continue.html", "refused.html"}
HAN = re.compile("[\\u4e00-\\u9fff]+")


def data_of_others(intake: Intake) -> str:
    """What tests have written into this database: pages of the office list it, in whatever language."""
    tables = ("accounts", "entries", "materials", "happenings", "revisions", "units")
    rows = [intake.sql(f"SELECT row_to_json(t)::text AS held FROM {name} AS t") for name in tables]
    return "\n".join(row.held for found in rows for row in found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_who_has_chosen_one_language_sees_no_other(
    intake: Intake, open_page: Callable[..., Page], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.sql("DELETE FROM sign_in_attempts")
    page, stranger = open_page("unit", "committee", "secretariat", unit="unit-a", width="narrow"), open_page()
    for one in (page, stranger):
        one.goto(f"/language?show={language}&back=/account")
    seen: set[str] = set()
    templates: set[str] = set()
    monkeypatch.setattr(PAGES, "show", recorded(PAGES.show, templates))
    faults: dict[str, str] = {}

    def look(page: Page, where: str) -> None:
        seen.add(where)
        for mute in page.evaluate(MUTE):
            faults.setdefault(f"nothing to read on {mute}", where)
        for said, english in page.evaluate(SEEN):
            if english if language == "zh" else HAN.search(NAMES.sub("", said)):
                faults.setdefault(said, where)

    for address in ["/login", "/activate", "/password", "/no-such-page", *addresses(intake)]:
        if address == "/language":
            continue
        answer = page.request.get(address, max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html") or 300 <= answer.status < 400:
            continue
        page.goto(address)
        look(page, address)
    for there, where in every_answer(intake, page, stranger):
        look(there, where)

    written = data_of_others(intake)
    names = {said for said in faults if language == "en" and all(word in written for word in HAN.findall(said))}
    assert {said: where for said, where in faults.items() if said not in names or "nothing to read" in said} == {}
    assert templates == EVERY_TEMPLATE, "each page there is was looked at"
