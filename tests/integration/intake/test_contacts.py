"""The first visit: pages ask how somebody is reached before they show anything else; programs are not asked."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from contracts.events import ContactRegisteredV1
from services.intake.domain.accounts import MAX_FAILURES
from services.intake.domain.permissions import EVERYBODY
from services.intake.domain.sessions import CONTACT_REQUIRED
from services.intake.usecases.consumers import contact_registered
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.tabs import Tab, hidden, signed_in

FORM = "/api/notify/v1/contact/form"
ASK = "/account/contact"


def back(browser: Tab) -> str:
    """Where notify sends the browser when it has the contact."""
    return hidden(browser.get(ASK).text, FORM)["back"]


def registered(intake: Intake, browser: Tab) -> bool:
    """Notify's event arrives."""
    with intake.store.begin() as tx:
        event = ContactRegisteredV1(account_id=browser.account_id, registered_at=datetime.now(UTC))
        return contact_registered(tx, event)


def forget(intake: Intake) -> None:
    """As after the two seconds for which an answer is kept."""
    intake.app.state.visits._known.clear()


def asked(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.headers.get("location")) == (303, ASK)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_it_binds_whoever_has_to_be_reached(intake: Intake, role: str) -> None:
    with signed_in(intake, role, unit="unit-a", contact=False) as browser:
        assert asked(browser.get("/account")) == (role in CONTACT_REQUIRED)
        assert browser.get(ASK).status_code == 200


def test_no_other_page_form_or_script_gets_past_it(intake: Intake) -> None:
    with signed_in(intake, "unit", unit="unit-a", contact=False) as browser:
        for path in ("/desk", "/account", "/desk/messages", "/account/password"):
            assert asked(browser.get(path)), path
        assert asked(browser.post("/account/sessions/end-others", {"csrf": browser.token}))
        refused = browser.script("POST", "/account/tokens", data={"name": "x"})
        assert (refused.status_code, refused.json()["page"]) == (403, ASK)
        assert "联系方式" in refused.json()["detail"]
        assert browser.get("/").status_code == 200
        assert browser.fill("/", "/logout").status_code == 303


def test_the_second_factor_comes_first_and_gives_no_pass_meanwhile(intake: Intake) -> None:
    with signed_in(intake, "expert", factor=False, contact=False) as browser:
        for path in ("/account", ASK):
            assert browser.get(path).headers["location"] == "/totp"
        assert browser.script("POST", "/account/pass").status_code == 403
    with signed_in(intake, "expert", contact=False) as browser:
        assert asked(browser.get("/account"))


def test_notifys_event_opens_the_account_for_good(intake: Intake) -> None:
    with signed_in(intake, "committee", unit="unit-a", contact=False) as browser:
        assert asked(browser.get("/desk"))
        assert registered(intake, browser)
        assert not registered(intake, browser)  # told twice
        forget(intake)
        assert browser.get("/desk").status_code == 200


def test_coming_back_from_notify_opens_this_session_at_once_and_no_other(intake: Intake) -> None:
    with signed_in(intake, "unit", unit="unit-a", contact=False) as browser:
        place = back(browser)
        saved = browser.get(place)
        assert "联系方式已保存" in saved.text
        assert browser.get("/desk").status_code == 200
        assert "首次使用" not in browser.get(ASK).text
        with signed_in(intake, "unit", unit="unit-b", contact=False) as other:
            assert asked(other.get(place))
            assert asked(other.get(f"{ASK}/saved"))
            assert asked(other.get(f"{ASK}/saved?ticket={'x' * 50}"))
            assert asked(other.get("/desk"))


def test_the_forms_pass_is_of_minutes_and_ends_with_the_session(intake: Intake) -> None:
    with signed_in(intake, "unit", unit="unit-a", contact=False) as browser:
        page = browser.get(ASK)
        assert page.headers["cache-control"] == "no-store"
        token = hidden(page.text, FORM)["pass"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert timedelta(seconds=claims["exp"] - claims["iat"]) <= timedelta(minutes=20)
        assert claims["sid"] == str(browser.session_id)
        assert claims["unit"] == "unit-a"
        Caller(intake, uuid4(), token).get("/own/sessions").ok()
        browser.fill("/", "/logout")
        intake.app.state.callers.forget_session(browser.session_id)
        Caller(intake, uuid4(), token).get("/own/sessions").refused(401, "unauthenticated")


def claims_of(page: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(hidden(page, FORM)["pass"], options={"verify_signature": False})
    return found


def test_who_has_a_contact_gives_his_password_before_the_form_and_its_pass_says_so(intake: Intake) -> None:
    password = "书山 有路 勤为径"
    with signed_in(intake, "unit", unit="unit-a", contact=False) as browser:
        first = browser.get(ASK).text
        assert "auth_time" not in claims_of(first)
        hashed = intake.ports.passwords.hash(password)
        with intake.store.begin() as tx:
            tx.set_password(browser.account_id, hashed)
        assert registered(intake, browser)
        forget(intake)

        asked_first = browser.get(ASK)
        wrong = browser.fill(ASK, password="不是这一个密码")
        right = browser.fill(ASK, password=password)

        for page in (asked_first, wrong):
            assert FORM not in page.text
            assert 'name="password"' in page.text
        assert wrong.status_code == 422
        assert "密码不正确" in wrong.text
        assert right.status_code == 200
        assert "data-proven" in right.text
        assert time.time() - claims_of(right.text)["auth_time"] < 60
        assert "auth_time" not in jwt.decode(
            browser.script("POST", "/account/pass").json()["access_token"], options={"verify_signature": False}
        )
        for _ in range(MAX_FAILURES + 1):
            stopped = browser.fill(ASK, password="不是这一个密码")
        assert stopped.status_code == 429
        assert browser.fill(ASK, password=password).status_code == 429
    intake.sql("DELETE FROM sign_in_attempts")


def test_a_programs_sign_in_says_when_the_password_was_given(intake: Intake) -> None:
    login, password = f"c-{uuid4().hex[:12]}", "书山 有路 勤为径"
    made = intake.caller("secretariat").post("/accounts", login=login, name="某馆", roles=["unit"], unit_code="unit-a")
    intake.anybody().post("/activations", code=made.ok(201)["activation_code"], password=password).ok()

    token = intake.anybody().post("/sessions", login=login, password=password).ok(201)["access_token"]

    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["auth_time"] == claims["iat"]


def test_programs_are_not_asked(intake: Intake) -> None:
    unit = intake.unit()
    unit.entry(intake.open())
    assert (
        intake.sql("SELECT contact_at FROM accounts WHERE account_id = :id", id=unit.account_id)[0].contact_at is None
    )
