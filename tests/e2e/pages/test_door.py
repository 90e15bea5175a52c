"""The door in a real browser: activation, signing in and out, the second factor, one's own account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs
from uuid import UUID, uuid4

import jwt
import pyotp
import pytest
from playwright.sync_api import Page, Route, expect

from contracts.codes import code_digest, new_code
from contracts.events import ResetIssuedV1
from services.intake.usecases.resets import code_issued, settle_requests
from tests.e2e.pages.conftest import axe
from tests.integration.intake.desk import Intake
from tests.integration.intake.tabs import signed_in

PASSWORD = "书山 有路 勤为径"


def invited(intake: Intake, *roles: str, unit: str | None = None, contact: bool = True) -> tuple[str, str]:
    """A new account's login and activation code; with `contact` it is not asked how it is reached."""
    login = f"p-{uuid4().hex[:12]}"
    body = {"login": login, "name": "某某图书馆", "roles": list(roles)} | ({"unit_code": unit} if unit else {})
    made = intake.caller("secretariat").post("/accounts", **body).ok(201)
    if contact:
        intake.sql("UPDATE accounts SET contact_at = now() WHERE login = :login", login=login)
    return login, made["activation_code"]


def activate(page: Page, code: str) -> None:
    page.goto(f"/activate#code={code}")
    if not page.get_by_label("激活码").input_value():
        page.get_by_label("激活码").fill(code)  # as without scripts
    page.get_by_label("新密码").fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    page.get_by_role("button", name="设置密码并登录").click()


@pytest.mark.parametrize("path", ["/", "/login", "/activate", "/password", "/password/new", "/nothing-here"])
def test_public_pages_are_accessible(open_page: Callable[..., Page], width: str, path: str) -> None:
    page = open_page(width=width)
    page.goto(path)
    axe(page)
    page.emulate_media(color_scheme="dark")
    axe(page)


def mailed_code(intake: Intake, login: str) -> str:
    """A code as notify would have mailed it, and told intake of."""
    settle_requests(intake.ports)
    rows = intake.sql("SELECT account_id, login FROM accounts WHERE login = :login", login=login)
    asked = [one["data"] for one in intake.events(rows[0].account_id) if one["type"] == "reset.requested.v1"]
    code, now = new_code(), datetime.now(UTC)
    with intake.store.begin() as tx:
        event = ResetIssuedV1(
            account_id=rows[0].account_id,
            request_id=asked[-1]["request_id"],
            digest=code_digest(code).hex(),
            issued_at=now,
            expires_at=now + timedelta(minutes=30),
        )
        assert code_issued(tx, event)
    return code


@pytest.mark.parametrize("scripts", [True, False])
def test_a_forgotten_password_is_replaced_with_the_code_of_a_mail(
    intake: Intake,
    open_page: Callable[..., Page],
    width: str,
    scripts: bool,  # noqa: FBT001 - a table of cases
) -> None:
    intake.sql("DELETE FROM sign_in_attempts")
    login, code = invited(intake, "unit", unit="unit-a")
    page = open_page(width=width, java_script_enabled=scripts)
    activate(page, code)
    page.goto("/account")
    page.get_by_role("button", name="退出").click()
    page.goto("/login")
    page.get_by_role("link", name="忘记密码").click()
    page.get_by_label("登录名").fill(login)
    page.get_by_role("button", name="发送邮件").click()
    expect(page.get_by_role("heading", name="请查收邮件")).to_be_visible()
    if scripts:
        axe(page)
    code = mailed_code(intake, login)

    page.goto(f"/password/new#code={code}")
    if scripts:
        expect(page.get_by_label("验证码")).to_have_value(code)
        assert page.url.endswith("/password/new")
    else:
        page.get_by_label("验证码").fill(code)
    for label in ("新密码", "再输入一次"):
        page.get_by_label(label, exact=False).last.fill(PASSWORD + "二")
    page.get_by_role("button", name="设置新密码").click()

    expect(page.get_by_role("link", name="申报")).to_be_visible()


def test_a_password_is_changed_on_the_accounts_page(intake: Intake, open_page: Callable[..., Page], width: str) -> None:
    _, code = invited(intake, "unit", unit="unit-a")
    page = open_page(width=width)
    activate(page, code)
    page.goto("/account")
    page.get_by_role("link", name="修改密码").click()
    page.get_by_label("原密码").fill("wrong")
    for label in ("新密码", "再输入一次"):
        page.get_by_label(label).fill(PASSWORD + "二")
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_role("link", name="原密码不正确")).to_be_visible()
    axe(page)
    page.get_by_label("原密码").fill(PASSWORD)
    for label in ("新密码", "再输入一次"):
        page.get_by_label(label).fill(PASSWORD + "二")
    page.get_by_role("button", name="修改密码").click()
    expect(page.get_by_text("密码已修改")).to_be_visible()
    axe(page)


def test_a_unit_activates_signs_out_and_in_again_without_scripts(
    intake: Intake, open_page: Callable[..., Page], width: str
) -> None:
    login, code = invited(intake, "unit", unit="unit-a")
    page = open_page(width=width, java_script_enabled=False)

    activate(page, code)
    page.goto("/account")
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_text("您已退出。")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_text("请先登录")).to_be_visible()
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码", exact=False).last.fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="我的账号")).to_be_visible()


def test_the_code_of_a_letter_is_filled_in_and_no_request_or_address_holds_it(
    intake: Intake, open_page: Callable[..., Page]
) -> None:
    _, code = invited(intake, "unit", unit="unit-a")
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers.get('referer', '')}"))

    page.goto("/activate")
    page.goto(f"/activate#code={code}")  # the link of a second letter, opened where the page stands already

    expect(page.get_by_label("激活码")).to_have_value(code)
    expect(page.get_by_label("新密码")).to_be_focused()
    assert page.evaluate("location.href") == f"{intake.url}/activate"
    page.get_by_role("link", name="登录").first.click()
    assert len(asked) > 1
    assert [one for one in asked if code in one] == []


def test_a_wrong_code_says_so_beside_its_field(open_page: Callable[..., Page], width: str) -> None:
    page = open_page(width=width)
    activate(page, "AAAAA-BBBBB")
    expect(page.get_by_role("alert")).to_contain_text("无效、已使用、已过期")
    page.get_by_role("alert").get_by_role("link").click()
    expect(page.get_by_label("激活码")).to_be_focused()
    axe(page)


def test_an_expert_sets_up_his_second_factor_before_anything_else(
    intake: Intake, open_page: Callable[..., Page], width: str
) -> None:
    login, code = invited(intake, "expert")
    page = open_page(width=width)

    activate(page, code)
    page.goto("/account")
    expect(page.get_by_role("heading", name="启用动态口令")).to_be_visible()
    axe(page)
    page.get_by_text("无法扫码").click()
    totp = pyotp.TOTP(page.locator(".code").inner_text().replace(" ", ""))
    page.get_by_label("动态口令").fill("000000" if totp.now() != "000000" else "111111")
    page.get_by_role("button", name="确认启用").click()
    expect(page.get_by_role("alert")).to_contain_text("动态口令不正确")
    page.get_by_label("动态口令").fill(totp.now())
    page.get_by_role("button", name="确认启用").click()
    recovery = page.locator(".codes .code").all_inner_texts()
    assert len(set(recovery)) == 8
    axe(page)
    page.get_by_role("button", name="已保存").click()
    page.get_by_role("button", name="退出").click()

    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码", exact=False).last.fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    axe(page)
    page.get_by_label("6 位动态口令").fill(recovery[0].lower())
    page.get_by_role("button", name="继续").click()
    page.goto("/account")
    expect(page.get_by_text("未用的恢复码：7 个")).to_be_visible()


def test_the_account_page_makes_a_token_once_and_ends_sessions(open_page: Callable[..., Page], width: str) -> None:
    page = open_page("unit", unit="unit-a", width=width)
    page.goto("/account")
    axe(page)
    page.get_by_text("申请新令牌").click()
    page.get_by_label("用途").fill("本馆业务系统")
    page.get_by_label("查看申报材料 Read entries entries:read").check()
    page.get_by_role("button", name="生成令牌").click()
    token = page.locator("#new-token").inner_text()
    assert token.startswith("laurel_")
    axe(page)
    page.goto("/account")
    expect(page.get_by_text(token)).to_have_count(0)
    page.get_by_role("button", name="本馆业务系统").click()
    expect(page.get_by_text("还没有令牌")).to_be_visible()


def test_languages_hide_the_other(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/login")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("It is printed on your activation letter.")).to_be_visible()
    expect(page.get_by_text("激活信上印着您的登录名。")).to_be_hidden()
    page.get_by_role("link", name="中文", exact=True).click()
    expect(page.get_by_text("It is printed on your activation letter.")).to_be_hidden()


def test_the_keyboard_reaches_the_text_first(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("登录名")).to_be_focused()


def test_what_was_sent_after_the_session_ended_is_sent_after_signing_in(
    intake: Intake, open_page: Callable[..., Page]
) -> None:
    login, code = invited(intake, "unit", unit="unit-a")
    page = open_page(java_script_enabled=False)
    activate(page, code)
    page.goto("/account")
    page.get_by_text("申请新令牌").click()
    page.get_by_label("用途").fill("写了很久的用途")
    page.get_by_label("查看申报材料 Read entries entries:read").check()
    intake.sql("UPDATE sessions SET ended_at = now() WHERE ended_at IS NULL")
    intake.app.state.visits._known.clear()

    page.get_by_role("button", name="生成令牌").click()
    expect(page.get_by_text("您刚才提交的内容没有丢失")).to_be_visible()
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码", exact=False).last.fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_text("写了很久的用途")).to_be_visible()
    page.get_by_role("button", name="继续提交").click()
    expect(page.locator("#new-token")).to_contain_text("laurel_")


def test_an_ended_session_is_told_at_once(intake: Intake, open_page: Callable[..., Page]) -> None:
    page = open_page("unit", unit="unit-a")
    page.goto("/account")
    with signed_in(intake, "unit", unit="unit-b"):
        pass
    intake.sql("UPDATE sessions SET ended_at = now() WHERE ended_at IS NULL")
    intake.app.state.visits._known.clear()
    page.reload()
    expect(page.get_by_text("请先登录")).to_be_visible()


def first_visit(intake: Intake, open_page: Callable[..., Page], width: str, *, scripts: bool) -> Page:
    """Somebody who has just activated his account."""
    _, code = invited(intake, "unit", unit="unit-a", contact=False)
    page = open_page(width=width, java_script_enabled=scripts)
    activate(page, code)
    expect(page.get_by_role("heading", name="填写联系方式")).to_be_visible()
    page.goto("/desk")
    expect(page.get_by_text("首次使用，请先填写联系方式")).to_be_visible()
    return page


def fill_contact(page: Page, email: str) -> None:
    page.get_by_label("联系人姓名").fill("赵联络员")
    page.get_by_label("手机").fill("19900000001")
    page.get_by_label("电子邮箱").fill(email)
    page.get_by_role("button", name="保存").click()


def test_the_first_visit_asks_for_a_contact_that_goes_to_notify_alone(
    intake: Intake, open_page: Callable[..., Page], width: str
) -> None:
    asked = []

    def notify(route: Route) -> None:
        asked.append(route.request)
        if route.request.method == "GET":
            route.fulfill(status=404, json={"slug": "no-contact"})
        elif "@" in (route.request.post_data or "").split('"email"')[1]:
            route.fulfill(json=route.request.post_data_json)
        else:
            wrong = {"place": "email", "zh": "电子邮箱格式有误。", "en": "The mailbox is malformed.", "slug": "x"}
            route.fulfill(status=422, json={"detail": "请核对。", "detail_en": "Check it.", "findings": [wrong]})

    page = first_visit(intake, open_page, width, scripts=True)
    page.route("**/api/notify/v1/contact", notify)
    page.reload()
    axe(page)
    page.locator("form#contact").evaluate("form => { form.noValidate = true }")
    fill_contact(page, "nobody")
    expect(page.get_by_text("▲ 电子邮箱格式有误。")).to_be_visible()
    axe(page)
    fill_contact(page, "nobody@example.org")
    expect(page.get_by_role("heading", name="联系方式已保存")).to_be_visible()
    axe(page)
    token = asked[-1].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] <= 300
    assert intake.store.is_refused(UUID(claims["sub"]), UUID(claims["sid"])) is None
    page.get_by_role("button", name="继续").click()
    expect(page).to_have_url(f"{intake.url}/desk")


def test_the_contact_is_given_without_scripts_too(intake: Intake, open_page: Callable[..., Page], width: str) -> None:
    sent: list[dict[str, list[str]]] = []

    def notify(route: Route) -> None:
        sent.append(parse_qs(route.request.post_data or ""))
        route.fulfill(status=303, headers={"location": sent[-1]["back"][0]})

    page = first_visit(intake, open_page, width, scripts=False)
    page.route("**/api/notify/v1/contact/form", notify)
    fill_contact(page, "nobody@example.org")

    expect(page.get_by_role("heading", name="联系方式已保存")).to_be_visible()
    assert sent[0]["email"] == ["nobody@example.org"]
    assert jwt.decode(sent[0]["pass"][0], options={"verify_signature": False})["unit"] == "unit-a"
    page.goto("/desk")
    expect(page.get_by_role("heading", name="填写联系方式")).to_have_count(0)


def test_a_registered_contact_is_changed_after_the_password_with_a_pass_that_says_so(
    intake: Intake, open_page: Callable[..., Page], width: str
) -> None:
    asked: list[dict[str, int]] = []

    def notify(route: Route) -> None:
        token = route.request.headers["authorization"].removeprefix("Bearer ")
        asked.append(jwt.decode(token, options={"verify_signature": False}))
        known = {"name": "赵联络员", "mobile": "19900000001", "email": "old@example.org"}
        route.fulfill(json=known if route.request.method == "GET" else route.request.post_data_json)

    _, code = invited(intake, "unit", unit="unit-a")
    page = open_page(width=width)
    activate(page, code)
    page.route("**/api/notify/v1/contact", notify)
    page.goto("/account/contact")
    axe(page)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_label("电子邮箱")).to_have_value("old@example.org")
    page.get_by_label("电子邮箱").fill("new@example.org")
    page.get_by_role("button", name="保存").click()

    expect(page.get_by_role("heading", name="联系方式已保存")).to_be_visible()
    assert len(asked) == 2
    assert all("auth_time" in claims for claims in asked)
