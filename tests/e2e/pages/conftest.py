"""Pages in a real browser: Chromium, at the width of an office's monitor and of a telephone.

Intake alone is served, over HTTP on PostgreSQL and object storage, as in tests/integration/intake. `CHROMIUM` names the
browser, if it is not where Debian puts it; `make setup-dev` installs Debian's package where there is none.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright._impl._api_structures import SetCookieParam  # its public module leaves it out
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.integration.intake.desk import Intake, serving
from tests.integration.intake.tabs import signed_in
from tests.support.servers import S3

AXE = Path(__file__).with_name("axe.min.js").read_text(encoding="utf-8")
WIDTHS: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 900}, "narrow": {"width": 390, "height": 844}}
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_GRAVE = {"serious", "critical"}


# What scripts put onto a page, in whatever test: Chinese stands where who reads English alone does not see it, and the
# other way round. Left out: what people wrote, and lists, which the server writes.
SPOKEN = """
document.addEventListener("readystatechange", () => {
  if (document.readyState !== "interactive") return;
  const theirs =
    "title, textarea, option, .text, [data-title], [data-part=name], .titled, #list, #numbers, #filters, #languages";
  const look = (text) => {
    const [said, place] = [text.data.trim(), text.parentElement];
    if (!said || !place?.isConnected || place.closest(theirs)) return;
    const han = /[\\u4e00-\\u9fff]/.test(said.replaceAll("字", ""));
    if (han && !place.closest(".zh, [lang=en]")) window.spoken("Chinese", said);
    if (/[A-Za-z]{2,} [a-z]{2,}/.test(said) && !place.closest("[lang=en]")) window.spoken("English", said);
  };
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const one of change.type === "characterData" ? [change.target] : change.addedNodes) {
        if (one.nodeType === Node.TEXT_NODE) look(one);
        const walk = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) look(walk.currentNode);
      }
  }).observe(document, { childList: true, characterData: true, subtree: true });
});
"""


def chromium() -> str:
    """The browser's program. Fails where there is none: these tests are not skipped."""
    for name in (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name) if name else None
        if found:
            return found
    pytest.fail("no Chromium: run `make setup-dev`, or install one and name it in CHROMIUM")


@pytest.fixture(scope="session")
def intake(make_lasting_database: Callable[[str], str], s3: S3) -> Iterator[Intake]:
    """Intake over HTTP, shared by the session: open a campaign of your own."""
    with serving(make_lasting_database("intake"), s3) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. It runs unconfined: tests run as root in containers, where its sandbox cannot.

    Ended with its module: while Playwright is up, an event loop runs in this thread, and tests that start one of their
    own could not.
    """
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(params=sorted(WIDTHS))
def width(request: pytest.FixtureRequest) -> str:
    """A test that asks for this runs at both widths."""
    return str(request.param)


@pytest.fixture
def open_page(browser: Browser, intake: Intake) -> Iterator[Callable[..., Page]]:
    """A function that opens a fresh browser window: nobody is signed in, or an account of its own with these roles.

    `open_page("unit", unit="unit-a", width="narrow")`; further options are Playwright's, such as `java_script_enabled`.
    A page's script error or broken policy fails the test, and so does what a script says to everybody in one language.
    """
    contexts, faults = [], []

    def complain(text: str) -> None:
        faults.append(text)

    def make(*roles: str, unit: str | None = None, width: str = "wide", factor: bool = True, **options: Any) -> Page:
        options = {"locale": "zh-CN", "reduced_motion": "reduce", **options}  # no colour is half way when axe looks
        context = browser.new_context(base_url=intake.url, viewport=WIDTHS[width], **options)
        contexts.append(context)
        context.expose_function("spoken", lambda language, said: complain(f"{language} alone: {said}"))
        context.add_init_script(SPOKEN)
        if roles:
            with signed_in(intake, *roles, unit=unit, factor=factor) as tab:
                assert tab.cookie
                cookie = SetCookieParam(name="laurel", value=tab.cookie, url=intake.url, httpOnly=True, sameSite="Lax")
                context.add_cookies([cookie])
        page = context.new_page()
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda said: complain(said.text) if "Content Security Policy" in said.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []


def axe(page: Page) -> None:
    """Fail on what axe-core finds serious or critical by WCAG 2.2 AA, and on a page wider than its window."""
    page.evaluate(AXE)  # outside of the page's policy, which lets no foreign script in
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})", _RULES
    )
    grave = [
        f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}"
        for one in found["violations"]
        if one["impact"] in _GRAVE
    ]
    assert grave == []
    overhang = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overhang <= 0, f"the page is {overhang} pixels wider than its window"
