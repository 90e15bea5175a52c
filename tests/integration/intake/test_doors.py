"""Sessions of pages and tokens of programs: fixation, flags, lapse, ending, disabling, the second factor, scopes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest

from infra.web.refusals import Refusal
from infra.web.visits import COOKIE, digest_of
from services.intake.domain.accounts import MAX_FAILURES
from services.intake.domain.permissions import PERMISSIONS
from services.intake.domain.tokens import SCOPES
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.tabs import Tab, hidden, signed_in, tab
from tests.integration.intake.test_permissions import routes, some

PASSWORD = "书山 有路 勤为径"


@pytest.fixture
def login(intake: Intake) -> str:
    """A unit that has PASSWORD."""
    name = f"lib-{uuid4().hex[:12]}"
    body = {"login": name, "name": "某某图书馆", "roles": ["unit"], "unit_code": "unit-a"}
    code = intake.caller("secretariat").post("/accounts", **body).ok(201)["activation_code"]
    intake.anybody().post("/activations", code=code, password=PASSWORD).ok()
    intake.sql("UPDATE accounts SET contact_at = now() WHERE login = :login", login=name)
    return name


@pytest.fixture
def browser(intake: Intake) -> Iterator[Tab]:
    with tab(intake) as one:
        yield one


def enter(browser: Tab, login: str, password: str = PASSWORD, page: str = "/login") -> httpx.Response:
    return browser.fill(page, "/login", login=login, password=password)


def test_a_cookie_planted_before_is_worth_nothing_after(intake: Intake, browser: Tab, login: str) -> None:
    browser.http.cookies.set(COOKIE, "planted", domain="127.0.0.1", path="/")

    entered = enter(browser, login)

    assert entered.status_code == 303
    fresh = entered.headers["set-cookie"]
    assert "planted" not in fresh
    assert "HttpOnly" in fresh
    assert "SameSite=lax" in fresh
    assert "Max-Age" not in fresh
    assert intake.store.visit(digest_of("planted")) is None
    (row,) = intake.sql("SELECT digest FROM sessions WHERE digest = :d", d=digest_of(str(browser.cookie)))
    assert str(browser.cookie).encode() not in bytes(row.digest)


def test_the_cookie_is_bound_to_host_and_tls_elsewhere_than_on_loopback(intake: Intake, login: str) -> None:
    headers = {"X-Forwarded-Proto": "https", "Host": "laurel.example.org", "Accept": "text/html"}
    with httpx.Client(base_url=intake.url) as http:
        page = http.get("/login", headers=headers)
        door = page.headers["set-cookie"]
        assert door.startswith("__Host-laurel-door=")
        assert "Secure" in door
        form = {**hidden(page.text, "/login"), "login": login, "password": PASSWORD}
        cookie = {"Cookie": door.partition(";")[0], "Origin": "https://laurel.example.org"}
        entered = http.post("/login", data=form, headers=headers | cookie)
        assert entered.status_code == 303, entered.text
        assert entered.headers["set-cookie"].startswith("__Host-laurel=")
        assert "Secure" in entered.headers["set-cookie"]


def test_signing_in_again_ends_the_session_before(intake: Intake, browser: Tab, login: str) -> None:
    enter(browser, login)
    first = str(browser.cookie)
    fields = {"csrf": browser.token, "login": login, "password": PASSWORD}

    browser.post("/login", fields)

    assert browser.cookie != first
    assert intake.store.visit(digest_of(first)) is None


def test_known_and_unknown_logins_get_the_same_page(browser: Tab, login: str) -> None:
    answers = [enter(browser, name, "wrong wrong wrong") for name in (login, f"nobody-{uuid4().hex[:8]}")]

    assert [answer.status_code for answer in answers] == [401, 401]
    first, second = (answer.text.split("<main", 1)[1].split("<form", 1)[0] for answer in answers)
    assert first == second


def test_the_page_counts_failures_as_the_interface_does(intake: Intake, browser: Tab, login: str) -> None:
    statuses = [enter(browser, login, "wrong wrong wrong").status_code for _ in range(MAX_FAILURES + 1)]

    assert statuses == [*[401] * MAX_FAILURES, 429]
    elsewhere = {"X-Forwarded-For": "203.0.113.77"}
    form = hidden(browser.get("/login").text, "/login") | {"login": login, "password": PASSWORD}
    assert browser.post("/login", form, **elsewhere).status_code == 303  # nobody is locked out from elsewhere
    intake.sql("DELETE FROM sign_in_attempts")


def test_a_link_never_leads_away_from_the_site(browser: Tab, login: str) -> None:
    for bad in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        form = hidden(browser.get("/login").text, "/login") | {"login": login, "password": PASSWORD, "next": bad}
        assert browser.post("/login", form).headers["location"] == "/desk"
        browser.http.cookies.clear()
        assert browser.http.get("/language", params={"back": bad}).headers["location"] == "/"


def test_an_idle_and_an_old_session_are_over(intake: Intake) -> None:
    for change in ("seen_at = now() - interval '2 hours'", "expires_at = now()"):
        with signed_in(intake, "unit", unit="unit-a") as one:
            intake.sql(f"UPDATE sessions SET {change} WHERE session_id = :id", id=one.session_id)
            assert one.get("/account").headers["location"] == "/login?next=/account"
            assert one.script("GET", "/account").status_code == 401


def test_ending_a_session_ends_its_page_and_its_tokens(intake: Intake, login: str) -> None:
    token = intake.anybody().post("/sessions", login=login, password=PASSWORD).ok(201)["access_token"]
    program = Caller(intake, uuid4(), token)
    (session,) = program.get("/own/sessions").ok()["items"]
    assert session["current"]

    assert program.delete(f"/own/sessions/{session['session_id']}").status == 204

    program.get("/own/sessions").refused(401, "unauthenticated")
    with signed_in(intake, "unit", unit="unit-a") as one, signed_in(intake, "unit", unit="unit-b") as other:
        stranger = other.script("POST", f"/account/sessions/{one.session_id}/end")
        assert stranger.status_code == 404
        assert one.fill("/account", "/logout").headers["location"] == "/login?out=1"
        assert intake.store.is_refused(one.account_id, one.session_id) is Refusal.ENDED
        (event,) = intake.events(one.account_id)
        assert event["type"] == "session.ended.v1"
        assert event["data"]["session_ids"] == [str(one.session_id)]
        assert event["data"]["reason"] == "signed-out"


def test_disabling_ends_pages_and_programs_within_seconds(intake: Intake) -> None:
    with signed_in(intake, "unit", unit="unit-a") as one:
        made = one.script("POST", "/account/tokens", data={"name": "x", "scopes": "entries:read", "days": "30"})
        token = made.text.split('id="new-token">')[1].split("<")[0]
        program = Caller(intake, one.account_id, token)
        campaign = intake.open()
        program.get(f"/campaigns/{campaign}/entries").ok()
        intake.caller("secretariat").post(f"/accounts/{one.account_id}/disabling", reason="x").ok()
        until = time.monotonic() + 10
        while (
            one.script("GET", "/account").status_code != 401
            or program.get(f"/campaigns/{campaign}/entries").status != 401
        ):
            assert time.monotonic() < until
            time.sleep(0.1)


def test_a_new_password_ends_every_session(intake: Intake, browser: Tab, login: str) -> None:
    enter(browser, login)
    (row,) = intake.sql("SELECT account_id FROM accounts WHERE login = :login", login=login)
    code = intake.caller("secretariat").post(f"/accounts/{row.account_id}/activation").ok(201)["activation_code"]

    intake.anybody().post("/activations", code=code, password=PASSWORD + "二").ok()

    assert intake.store.visit(digest_of(str(browser.cookie))) is None


def test_a_secretary_reaches_only_the_enrolment_before_it_is_done(intake: Intake) -> None:
    with signed_in(intake, "secretariat", factor=False) as one:
        for path in ("/account", "/office/accounts"):
            assert one.get(path).headers["location"] == "/totp"
        assert one.script("POST", "/account/pass").status_code == 403
        assert one.get("/totp").status_code == 200


def test_signing_in_takes_the_second_factor_once_it_is_there(intake: Intake, login: str) -> None:
    first = {"login": login, "password": PASSWORD}
    token = intake.anybody().post("/sessions", **first).ok(201)["access_token"]
    unit = Caller(intake, uuid4(), token)
    totp = pyotp.TOTP(unit.post("/own/second-factor").ok(201)["secret"])
    now = totp.now()
    unit.post("/own/second-factor/confirmation", code="123").refused(401, "second-factor-refused")
    codes = unit.post("/own/second-factor/confirmation", code=now).ok()["recovery_codes"]
    unit.post("/own/second-factor").refused(409, "second-factor-exists")

    everyone = intake.anybody()
    everyone.post("/sessions", **first).refused(401, "second-factor-needed")
    everyone.post("/sessions", **first, totp=now).refused(401, "second-factor-refused")  # it was used
    everyone.post("/sessions", **first, totp=codes[0]).ok(201)
    everyone.post("/sessions", **first, totp=codes[0]).refused(401, "second-factor-refused")
    everyone.post("/sessions", **first, totp=totp.at(time.time() + 30)).ok(201)
    (row,) = intake.sql("SELECT account_id FROM accounts WHERE login = :login", login=login)
    kept = intake.sql("SELECT secret FROM second_factors WHERE account_id = :id", id=row.account_id)[0].secret
    assert totp.secret not in kept
    assert intake.caller("secretariat").delete(f"/accounts/{row.account_id}/second-factor").status == 204
    everyone.post("/sessions", **first).ok(201)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_programs_token_opens_exactly_what_its_scope_says(intake: Intake, scope: str) -> None:
    role = "unit" if any("unit" in PERMISSIONS[action] for action in SCOPES[scope]) else "secretariat"
    person = intake.caller(role, unit="unit-a")
    made = person.post("/own/tokens", name="程序", scopes=[scope]).ok(201)
    program = Caller(intake, person.account_id, made["token"])
    walked = 0
    for method, path, action in routes(intake):
        if action is None or role not in PERMISSIONS[action]:
            continue
        target = some(path).removeprefix("/api/intake/v1")
        answer = program.call(method, target, json={} if method in {"POST", "PUT"} else None)
        outside = answer.status == 403 and answer.json["slug"] == "out-of-scope"
        assert outside == (action not in SCOPES[scope]), (method, path, answer.response.text)
        walked += 1
    assert walked > 5


def test_a_token_is_kept_as_a_digest_and_revoked_at_once(intake: Intake) -> None:
    person = intake.unit()
    person.post("/own/tokens", name="x", scopes=["campaigns"]).refused(422, "bad-token")
    made = person.post("/own/tokens", name="程序", scopes=["entries:read"]).ok(201)
    kept = intake.sql("SELECT * FROM program_tokens WHERE token_id = :id", id=made["token_id"])[0]
    assert made["token"] not in str(tuple(kept))
    assert "token" not in person.get("/own/tokens").ok()["items"][0]
    stranger = intake.unit("unit-b")
    stranger.delete(f"/own/tokens/{made['token_id']}").refused(404, "not-found")

    assert person.delete(f"/own/tokens/{made['token_id']}").status == 204

    Caller(intake, UUID(int=0), made["token"]).get("/own/tokens").refused(401, "unauthenticated")
    Caller(intake, UUID(int=0), "laurel_guess").get("/own/tokens").refused(401, "unauthenticated")


def test_the_lapsed_form_with_a_password_is_neither_kept_nor_shown(browser: Tab, login: str) -> None:
    secrets = {"old": "原来的那个密码", "password": "后来的那个密码", "again": "后来的那个密码"}
    lapsed = browser.post("/account/password", secrets)
    assert (lapsed.status_code, lapsed.headers["location"]) == (303, "/login?next=/account/password")

    enter(browser, login)
    stale = browser.post("/account/password", secrets)  # without the token of this session

    assert stale.status_code == 403
    assert "的那个密码" not in lapsed.text + stale.text


def test_the_lapsed_form_of_another_site_is_not_kept(browser: Tab) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    refused = browser.post("/account/tokens", {"name": "planted"}, **foreign)
    kept = browser.post("/account/tokens", {"name": "很长的文字"})

    assert refused.status_code == 403
    assert "planted" not in refused.text
    assert kept.status_code == 401
    assert "很长的文字" in kept.text
