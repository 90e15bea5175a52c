"""Passes to other services' pages: who gets one, when, and what becomes of a form that comes without."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import jwt

from infra.web.passes import COOKIE, LIFETIME
from tests.integration.intake.desk import Intake
from tests.integration.intake.tabs import Tab, signed_in, tab


def claims_of(browser: Tab) -> dict[str, object]:
    """What the pass of a browser says, whoever signed it."""
    held = browser.http.cookies.get(COOKIE)
    assert held, "no pass was given"
    claims: dict[str, object] = jwt.decode(held, options={"verify_signature": False})
    return claims


def test_a_browser_comes_for_a_pass_and_goes_back_with_it(intake: Intake) -> None:
    with signed_in(intake, "secretariat") as browser:
        answer = browser.get("/pass?to=/review/campaigns/c/cases%3Fheld%3Dfree")
        assert (answer.status_code, answer.headers["location"]) == (303, "/review/campaigns/c/cases?held=free")
        claims = claims_of(browser)
        assert claims["sub"] == str(browser.account_id)
        assert claims["sid"] == str(browser.session_id)
        assert claims["roles"] == ["secretariat"]
        assert claims["form"] == browser.token, "one token for the forms of every service"
        assert datetime.fromtimestamp(float(str(claims["exp"])), UTC) - datetime.now(UTC) <= LIFETIME
        assert "HttpOnly" in answer.headers["set-cookie"]

        form = browser.post("/pass?to=/review/cases/1/ruling", {"reason.0": "理由"})
        assert (form.status_code, form.headers["location"]) == (307, "/review/cases/1/ruling"), "sent again as it came"
        saved = browser.script("PUT", "/pass?to=/review/assessments/1/scores", json={"scores": {}})
        assert (saved.status_code, saved.headers["location"]) == (307, "/review/assessments/1/scores")


def test_nobody_is_sent_away_from_this_site(intake: Intake) -> None:
    with signed_in(intake, "secretariat") as browser:
        for away in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""):
            assert browser.http.get("/pass", params={"to": away}).headers["location"] == "/"


def test_without_a_session_there_is_no_pass_and_what_was_sent_is_kept(intake: Intake) -> None:
    with tab(intake) as browser:
        assert browser.get("/pass?to=/review").headers["location"] == "/login?next=/review"
        answer = browser.post("/pass?to=/review/cases/1/ruling", {"reason.0": "写了很久的理由"})
        assert answer.status_code == 401
        assert "写了很久的理由" in answer.text
        assert "/review/cases/1/ruling" in answer.text
        foreign = browser.post("/pass?to=/review/cases/1/ruling", {}, **{"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        assert browser.http.cookies.get(COOKIE) is None


def test_scripts_are_told_plainly_that_nobody_is_signed_in(intake: Intake) -> None:
    with tab(intake) as browser:
        headers = {"HX-Request": "true", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        assert browser.http.get("/pass?to=/review", headers=headers).status_code == 401
        assert browser.http.post("/pass?to=/review", headers=headers).status_code == 401


def test_who_has_something_to_do_first_gets_none(intake: Intake) -> None:
    with signed_in(intake, "secretariat", factor=False) as browser:
        assert browser.get("/pass?to=/review").headers["location"] == "/totp"
        assert browser.http.get("/session").json()["signed_in"]
        assert browser.http.cookies.get(COOKIE) is None


def test_signing_in_gives_one_and_signing_out_takes_it(intake: Intake) -> None:
    login, password = f"lib-{uuid4().hex[:12]}", "书山 有路 勤为径"
    body = {"login": login, "name": "监督", "roles": ["supervisor"]}
    code = intake.caller("operator").post("/accounts", **body).ok(201)["activation_code"]
    intake.anybody().post("/activations", code=code, password=password).ok()
    with tab(intake) as browser:
        assert browser.fill("/login", "/login", login=login, password=password).status_code == 303
        assert claims_of(browser)["roles"] == ["supervisor"]
        browser.fill("/account", "/logout")
        assert browser.http.cookies.get(COOKIE) is None


def test_asking_whether_somebody_is_signed_in_renews_it(intake: Intake) -> None:
    with signed_in(intake, "secretariat") as browser:
        browser.http.get("/session")
        assert claims_of(browser)["sub"] == str(browser.account_id)
