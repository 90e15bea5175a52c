"""Guessing at many logins from one address, at a second factor from many; what outlives a password; floods."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pyotp
import pytest
from argon2 import PasswordHasher

from services.intake.domain import attempts as limits
from services.intake.domain.accounts import FAILURE_WINDOW, Account
from services.intake.passwords import Argon2Passwords
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.tabs import hidden, tab
from tests.support.answers import Answer

PASSWORD = "书山 有路 勤为径"
WRONG = "wrong wrong wrong"
HERE, ELSEWHERE = "203.0.113.20", "203.0.113.21"


@pytest.fixture(autouse=True)
def _forget(intake: Intake) -> Iterator[None]:
    yield
    intake.sql("DELETE FROM sign_in_attempts")


@pytest.fixture(scope="module")
def hashed() -> str:
    return Argon2Passwords().hash(PASSWORD)


def make(intake: Intake, hashed: str, *roles: str) -> str:
    """The login of an account that has PASSWORD and was never signed in."""
    login = f"g-{uuid4().hex[:16]}"
    account = Account(uuid4(), login, "某某", frozenset(roles or {"unit"}), "unit-a", datetime.now(UTC), activated=True)
    with intake.store.begin() as tx:
        assert tx.add_account(account)
        tx.set_password(account.account_id, hashed)
        tx.contact_registered(account.account_id, datetime.now(UTC))
    return login


def sign_in(intake: Intake, login: str, password: str = PASSWORD, address: str = HERE, totp: str = "") -> Answer:
    body = {"login": login, "password": password, **({"totp": totp} if totp else {})}
    return intake.anybody().call("POST", "/sessions", json=body, headers={"X-Forwarded-For": address})


def nobody() -> str:
    return f"nobody-{uuid4().hex[:12]}"


def test_one_password_tried_on_many_logins_stops_the_address_and_locks_nobody_out_who_was_there(
    intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_OF_ALL", 5)
    resident, stranger = make(intake, hashed), make(intake, hashed)
    for _ in range(8):
        sign_in(intake, resident).ok(201)  # what succeeds counts for nothing
    for _ in range(5):
        sign_in(intake, nobody(), WRONG).refused(401, "sign-in-refused")

    tries = [(nobody(), WRONG), (stranger, WRONG), (stranger, PASSWORD), (resident, WRONG)]
    answers = [sign_in(intake, login, password).refused(429, "too-many-attempts") for login, password in tries]

    assert answers[0]["detail"].startswith("从您所在的网络登录失败的次数过多，请 15 分钟后再试")
    assert "try again in 15 minutes" in answers[0]["detail_en"]
    assert 0 < answers[0]["retry_after"] <= 15 * 60
    alike = [{**answer, "retry_after": 0} for answer in answers]
    assert alike[0] == alike[1] == alike[2] == alike[3]
    sign_in(intake, resident).ok(201)
    sign_in(intake, stranger, address=ELSEWHERE).ok(201)
    intake.sql("UPDATE sign_in_attempts SET window_began = clock_timestamp() - interval '16 minutes'")
    sign_in(intake, stranger).ok(201)


def test_a_stopped_address_costs_the_same_work_whoever_is_tried(
    intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: else it would show which logins there are, and whose password was right."""
    monkeypatch.setattr(limits, "MAX_OF_ALL", 0)
    login, counted = make(intake, hashed), []
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, hash_: str | bytes, password: str | bytes) -> bool:
        counted.append(str(hash_).rsplit("$", 2)[0])
        return verify(self, hash_, password)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    for name, password in ((nobody(), WRONG), (login, WRONG), (login, PASSWORD)):
        sign_in(intake, name, password).refused(429, "too-many-attempts")

    assert len(counted) == 3
    assert len(set(counted)) == 1


def test_going_slowly_does_not_help(intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_A_DAY", 3)
    for _ in range(3):
        sign_in(intake, nobody(), WRONG).refused(401, "sign-in-refused")
        intake.sql("UPDATE sign_in_attempts SET window_began = window_began - interval '20 minutes'")
        with intake.store.begin() as tx:
            tx.forget_old_attempts(FAILURE_WINDOW, limits.LONGER)

    stopped = sign_in(intake, make(intake, hashed)).refused(429, "too-many-attempts")

    assert "请 23 小时后再试" in stopped["detail"] or "请 24 小时后再试" in stopped["detail"]
    assert "hours" in stopped["detail_en"]
    intake.sql("UPDATE sign_in_attempts SET window_began = window_began - interval '1 day'")
    with intake.store.begin() as tx:
        tx.forget_old_attempts(FAILURE_WINDOW, limits.LONGER)
    assert intake.sql("SELECT 1 FROM sign_in_attempts WHERE address = :here", here=HERE) == []


def test_sixty_units_of_one_building_sign_in_at_once_though_each_errs_first(
    intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is looked at is how they are counted and wait: hashing for real only takes longer."""
    logins = [make(intake, hashed) for _ in range(60)]

    def quick(_self: Argon2Passwords, hash_: str | None, password: str) -> bool:
        time.sleep(0.005)
        return hash_ == hashed and password == PASSWORD

    monkeypatch.setattr(Argon2Passwords, "verify", quick)

    def enter(login: str) -> list[int]:
        return [sign_in(intake, login, password).status for password in (WRONG, WRONG, PASSWORD)]

    with ThreadPoolExecutor(60) as pool:
        assert list(pool.map(enter, logins)) == [[401, 401, 201]] * 60


def test_a_flood_from_one_address_waits_for_itself(
    intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    login, flood = make(intake, hashed), "flood flood flood"
    held, begun = threading.Semaphore(0), threading.Semaphore(0)
    verify = Argon2Passwords.verify

    def slow(self: Argon2Passwords, hash_: str | None, password: str) -> bool:
        if password == flood:
            begun.release()
            assert held.acquire(timeout=30)
            return False
        return verify(self, hash_, password)

    monkeypatch.setattr(Argon2Passwords, "verify", slow)
    with ThreadPoolExecutor(41) as pool:
        waiting = [pool.submit(sign_in, intake, nobody(), flood) for _ in range(40)]
        try:
            for _ in range(4):
                assert begun.acquire(timeout=10)
            time.sleep(0.5)  # until the others stand in line: coming later would only make it easier
            honest = pool.submit(sign_in, intake, login, PASSWORD, ELSEWHERE)
            time.sleep(0.5)
            held.release()  # one place gets free: whose turn is it?
            if not (first := begun.acquire(timeout=1)):
                assert honest.result(10).status == 201
            else:
                held.release()  # the flood's, once: it had been waiting for longer
                assert honest.result(10).status == 201
            assert sum(done.done() for done in waiting) <= 1 + first
        finally:
            for _ in range(40):
                held.release()
        assert {done.result(30).status for done in waiting} <= {401, 503}


def with_factor(intake: Intake, login: str) -> tuple[pyotp.TOTP, list[str]]:
    owner = Caller(intake, uuid4(), sign_in(intake, login).ok(201)["access_token"])
    totp = pyotp.TOTP(owner.post("/own/second-factor").ok(201)["secret"])
    code = totp.at(time.time() - 30)
    return totp, owner.post("/own/second-factor/confirmation", code=code).ok()["recovery_codes"]


def test_a_new_password_voids_a_sign_in_that_waits_for_its_second_factor(intake: Intake, hashed: str) -> None:
    login = make(intake, hashed)
    totp, _ = with_factor(intake, login)
    (row,) = intake.sql("SELECT account_id FROM accounts WHERE login = :login", login=login)
    with tab(intake) as browser, tab(intake) as other:
        asked = browser.fill("/login", login=login, password=PASSWORD, next="/desk/messages")
        unchanged = other.fill("/login", login=login, password=PASSWORD)
        assert 'name="code"' in asked.text
        kept = {**hidden(asked.text, "/login/code"), "kept:reason": "写了很久的文字", "kept-target": "/desk"}
        intake.sql("UPDATE sessions SET ended_at = now() WHERE account_id = :id", id=row.account_id)
        assert other.send(unchanged.text, "/login/code", code=totp.now()).status_code == 303
        intake.sql("UPDATE second_factors SET last_step = 0 WHERE account_id = :id", id=row.account_id)
        code = intake.caller("secretariat").post(f"/accounts/{row.account_id}/activation").ok(201)["activation_code"]
        intake.anybody().post("/activations", code=code, password=PASSWORD + "二").ok()

        late = browser.post("/login/code", {**kept, "code": totp.now()})

        assert late.status_code == 401
        assert "登录已中断" in late.text
        assert "Sign in from the beginning." in late.text
        assert "写了很久的文字" in late.text
        assert browser.cookie is None
        for ticket in ("", "x", f"{'W1tb' * 1500}.e30.eA"):
            assert browser.post("/login/code", {**kept, "ticket": ticket, "code": "123456"}).status_code == 401


def test_one_time_passwords_are_counted_by_account_and_a_recovery_code_still_opens(
    intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.intake.usecases.sessions.MAX_CODES", 3)
    login = make(intake, hashed)
    totp, recovery = with_factor(intake, login)
    wrong = str((int(totp.now()) + 500_000) % 1_000_000).zfill(6)
    for n in range(3):
        sign_in(intake, login, address=f"198.51.100.{n}", totp=wrong).refused(401, "second-factor-refused")

    stopped = sign_in(intake, login, address="198.51.100.9", totp=totp.now()).refused(429, "too-many-attempts")

    assert "动态口令连续填错的次数过多，请 15 分钟后再试，或现在用一个恢复码登录" in stopped["detail"]
    assert "recovery code" in stopped["detail_en"]
    sign_in(intake, login, WRONG, "198.51.100.9").refused(401, "sign-in-refused")  # the first step is not stopped
    sign_in(intake, login, address="198.51.100.9", totp=recovery[0]).ok(201)
    sign_in(intake, login, address="198.51.100.9", totp=totp.now()).ok(201)


def test_a_new_password_takes_one_time_passwords_again(
    intake: Intake, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who used the tries up knew the password: now he does not."""
    monkeypatch.setattr("services.intake.usecases.sessions.MAX_CODES", 1)
    login = make(intake, hashed)
    totp, _ = with_factor(intake, login)
    for n in range(2):
        sign_in(intake, login, address=f"198.51.100.{n}", totp="000000")
    sign_in(intake, login, address="198.51.100.9", totp=totp.now()).refused(429, "too-many-attempts")
    (row,) = intake.sql("SELECT account_id FROM accounts WHERE login = :login", login=login)
    code = intake.caller("secretariat").post(f"/accounts/{row.account_id}/activation").ok(201)["activation_code"]
    intake.anybody().post("/activations", code=code, password=PASSWORD + "二").ok()

    sign_in(intake, login, PASSWORD + "二", "198.51.100.9", totp=totp.now()).ok(201)
