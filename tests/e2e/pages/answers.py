"""Pages that no address leads to: what forms are answered with, right and wrong, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

import pyotp
from playwright.sync_api import Page

from tests.e2e.pages.test_door import PASSWORD, invited, mailed_code
from tests.integration.intake.desk import Intake
from tests.integration.intake.test_imports import family, table

_SEND = """([path, fields]) => {
  const form = Object.assign(document.createElement("form"), {method: "post", action: path});
  for (const [name, value] of fields)
    form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
  document.body.append(form);
  form.submit();
}"""


@dataclass(frozen=True, slots=True)
class World:
    """What the forms are about: a draft that is not ready, its campaign, an account that is not activated."""

    draft: str
    campaign: str
    account: str


def send(page: Page, path: str, fields: dict[str, str], *, vouched: bool = True) -> str:
    """Send a form from the page at hand, by whoever is signed in there; says where."""
    token = page.locator("input[name=csrf], meta[name=csrf]").first
    csrf = token.get_attribute("value") or token.get_attribute("content") or ""
    with page.expect_navigation():
        page.evaluate(_SEND, [path, [*fields.items(), ("csrf", csrf if vouched else "of another session")]])
    return f"POST {path}"


def of_the_office(page: Page, there: World) -> Iterator[str]:
    accounts, campaign = "/office/accounts", f"/office/campaigns/{there.campaign}"
    for rows in ([{"login": "w-1", "name": "甲", "roles": "国王"}], family()):
        page.goto(f"{accounts}/import")
        page.locator("#at-file").set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": table(*rows)})
        page.locator("form button[type=submit]").last.click()
        yield f"POST {accounts}/import"
    with page.expect_navigation():
        page.locator("form:has([name=rows]) button").click()
    yield f"POST {accounts}/import, again"
    page.goto(f"{accounts}/{there.account}")
    yield send(page, f"{accounts}/{there.account}/code", {})
    yield send(page, f"{accounts}/codes", {"accounts": there.account})
    yield send(page, f"{accounts}/{there.account}/disable", {"reason": ""})
    yield send(page, "/office/new-campaign", {"text": "id: 1\ntitle: nobody\ncalender: {}\n"})
    yield send(page, "/office/new-campaign", {"text": "a: [1"})
    yield send(page, f"{campaign}/amend", {"reason": "", "unit": "unit-a", "online_deadline": "never"})
    yield send(page, f"{campaign}/amend", {"reason": "延期", "online_deadline": "2001-01-01T00:00"})
    yield send(page, f"{campaign}/amend", {"reason": "延期", "online_deadline": "2097-01-01T00:00"})
    yield send(page, f"{campaign}/close", {"reason": ""})


def of_a_unit(page: Page, there: World) -> Iterator[str]:
    entry = f"/desk/entries/{there.draft}"
    page.goto(f"{entry}/history")
    yield send(page, f"{entry}/submit", {"version": "1"})
    yield send(page, f"{entry}/withdraw", {"reason": "长" * 400})
    yield send(page, entry, {"title": "改过", "was.title": "-", "version.title": "1"})
    yield send(page, f"{entry}/history", {"text": "1", "version": "1"})
    yield send(page, f"/desk/campaigns/{there.campaign}/entries", {"category": "story"})
    yield send(page, f"{entry}/upload", {"kind": "photo"})
    page.goto(entry)
    yield send(page, f"{entry}/withdraw", {"reason": "早先的表单"}, vouched=False)


def of_an_account(page: Page) -> Iterator[str]:
    page.goto("/account")
    yield send(page, "/account/tokens", {"name": ""})
    yield send(page, "/account/tokens", {"name": "a", "scopes": "entries:read", "days": "30"})
    yield send(page, "/account/tokens", {"name": "a", "scopes": "everything", "days": "30"})
    yield send(page, "/account/password", {"old": "1", "password": "2", "again": "3"})
    yield send(page, "/account/password", {"old": "1", "password": PASSWORD, "again": PASSWORD})
    yield send(page, "/account/contact", {"password": "1"})


def of_the_door(page: Page, intake: Intake) -> Iterator[str]:
    """Somebody's first visit: the letter, the second factor, the contact; then a forgotten password."""
    page.goto("/activate")
    yield send(page, "/desk/entries/x/withdraw", {"reason": "登录已失效"})
    page.goto("/login")
    yield send(page, "/login", {"login": "nobody", "password": "1"})
    page.goto("/activate")
    yield send(page, "/activate", {"code": "AAAAA", "password": "1", "again": "2"})
    yield send(page, "/activate", {"code": "AAAAA", "password": PASSWORD, "again": PASSWORD})
    login, code = invited(intake, "expert", contact=False)
    send(page, "/activate", {"code": code, "password": PASSWORD, "again": PASSWORD})
    yield "GET /totp"
    secret = re.sub(r"\s", "", page.locator("details .code").text_content() or "")
    now = pyotp.TOTP(secret)
    yield send(page, "/totp", {"code": "1"})
    yield send(page, "/totp", {"code": now.now()})
    page.goto("/account/contact")
    yield "GET /account/contact"
    page.goto(unescape(page.locator("[name=back]").input_value()))
    yield "GET /account/contact/saved"
    send(page, "/logout", {})
    yield send(page, "/login", {"login": login, "password": PASSWORD})
    ticket = page.locator("[name=ticket]").input_value()
    yield send(page, "/login/code", {"ticket": ticket, "code": "1"})
    page.goto("/password")
    yield send(page, "/password", {"login": ""})
    yield send(page, "/password", {"login": login})
    page.goto("/password/new")
    yield send(page, "/password/new", {"code": "AAAAA", "password": PASSWORD, "again": PASSWORD})
    fresh = {"password": PASSWORD + "二", "again": PASSWORD + "二"}
    yield send(page, "/password/new", {"code": mailed_code(intake, login), **fresh})


def every_answer(intake: Intake, person: Page, stranger: Page) -> Iterator[tuple[Page, str]]:
    """Each page that answers a form, when it is there. `person` is a unit and the secretariat at once."""
    unit, campaign = intake.unit("unit-a"), intake.open()
    draft = unit.entry(campaign, "story")
    account = intake.caller("secretariat").post(
        "/accounts", login=f"e-{draft['entry_id'][:8]}", name="测试", roles=["expert"]
    )
    there = World(draft["entry_id"], campaign, str(account.ok(201)["account_id"]))
    steps: list[tuple[Page, Iterator[str]]] = [
        (person, of_a_unit(person, there)),
        (person, of_an_account(person)),
        (person, of_the_office(person, there)),
        (stranger, of_the_door(stranger, intake)),
    ]
    for page, walk in steps:
        for where in walk:
            yield page, where


def recorded(show: Callable[..., Any], seen: set[str]) -> Callable[..., Any]:
    """What shows pages, writing down of which template each is."""

    def showing(request: Any, template: str, **values: Any) -> Any:
        seen.add(template)
        return show(request, template, **values)

    return showing
