"""A forgotten password by mail, intake's half; and a password that its owner changes."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pyotp
import pytest

from contracts.codes import code_digest, new_code
from contracts.events import ResetIssuedV1
from infra.web.visits import digest_of
from services.intake.domain.resets import MAILS_A_DAY, MAILS_AN_HOUR, MAX_ASKED, MAX_ASKED_OF_ALL
from services.intake.usecases.resets import ask_for_code, code_issued, settle_requests
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.tabs import Tab, signed_in, tab
from tests.support.answers import Answer

PASSWORD = "书山 有路 勤为径"
ANOTHER = "学海 无涯 苦作舟"


@pytest.fixture
def login(intake: Intake) -> str:
    """A unit that has PASSWORD."""
    name = f"lib-{uuid4().hex[:12]}"
    body = {"login": name, "name": "某某图书馆", "roles": ["unit"], "unit_code": "unit-a"}
    code = intake.caller("secretariat").post("/accounts", **body).ok(201)["activation_code"]
    intake.anybody().post("/activations", code=code, password=PASSWORD).ok()
    intake.sql("UPDATE accounts SET contact_at = now() WHERE login = :login", login=name)
    return name


@pytest.fixture(autouse=True)
def nothing_left_over(intake: Intake) -> None:
    """All tests come from one address, whose requests are counted together."""
    intake.sql("DELETE FROM sign_in_attempts")
    settle_requests(intake.ports)


def account_of(intake: Intake, login: str) -> UUID:
    (row,) = intake.sql("SELECT account_id FROM accounts WHERE login = :login", login=login)
    return UUID(str(row.account_id))


def requests(intake: Intake, login: str) -> list[UUID]:
    """The requests that intake has passed on to notify, oldest first."""
    told = [one for one in intake.events(account_of(intake, login)) if one["type"] == "reset.requested.v1"]
    return [UUID(one["data"]["request_id"]) for one in told]


def ask(intake: Intake, login: str, address: str = "203.0.113.7") -> UUID | None:
    """Ask as from another address, and settle; the request that was passed on, if one was."""
    before = requests(intake, login)
    ask_for_code(intake.ports, login, address)
    settle_requests(intake.ports)
    return next(iter(requests(intake, login)[len(before) :]), None)


def issue(intake: Intake, login: str, request: UUID, code: str, **changes: Any) -> bool:
    """Notify's answer arrives."""
    now = datetime.now(UTC)
    told = {
        "account_id": account_of(intake, login),
        "request_id": request,
        "digest": code_digest(code).hex(),
        "issued_at": now,
        "expires_at": now + timedelta(minutes=30),
    }
    with intake.store.begin() as tx:
        return code_issued(tx, ResetIssuedV1.model_validate(told | changes))


def mailed(intake: Intake, login: str) -> str:
    """A code that the mailbox has and intake knows."""
    request, code = ask(intake, login), new_code()
    assert request is not None
    assert issue(intake, login, request, code)
    return code


def use(intake: Intake, code: str, password: str = ANOTHER) -> Answer:
    return intake.anybody().post("/activations", code=code, password=password)


def test_the_answer_is_the_same_for_everybody_and_so_is_the_work(intake: Intake, login: str) -> None:
    gone = f"gone-{uuid4().hex[:12]}"
    body = {"login": gone, "name": "x", "roles": ["expert"]}
    invited = intake.caller("secretariat").post("/accounts", **body).ok(201)["account_id"]
    statements: list[str] = []

    from sqlalchemy import event

    @event.listens_for(intake.database.engine, "before_cursor_execute")
    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    answers, work = [], []
    with tab(intake) as browser:
        for name in (login, "nobody-of-this-name", gone):
            statements.clear()
            answers.append(intake.anybody().post("/password-requests", login=name).ok(202))
            work.append(list(statements))
            shown = browser.fill("/password", login=name)
            answers[-1]["page"] = (shown.status_code, shown.text.replace(name, "…"))
    event.remove(intake.database.engine, "before_cursor_execute", note)

    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["page"][0] == 200
    assert re.sub(r"\s+", " ", "".join(work[0])) == re.sub(r"\s+", " ", "".join(work[1]))
    assert work[0] == work[2]
    assert not any("FROM accounts" in statement for statement in work[0])
    settle_requests(intake.ports)
    assert len(requests(intake, login)) == 2
    assert [one["type"] for one in intake.events(invited)] == []


def test_what_was_typed_is_kept_nowhere_in_clear(intake: Intake) -> None:
    typed = f"maybe-a-password-{uuid4().hex}"
    intake.anybody().post("/password-requests", login=typed).ok(202)
    settle_requests(intake.ports)

    for table in ("reset_requests", "sign_in_attempts", "outbox"):
        assert not intake.sql(f"SELECT 1 FROM {table} t WHERE t::text LIKE '%' || :typed || '%'", typed=typed)


def test_a_mailed_code_sets_the_password_once_and_ends_every_session(intake: Intake, login: str) -> None:
    with tab(intake) as browser:
        browser.fill("/login", login=login, password=PASSWORD)
        token = intake.anybody().post("/sessions", login=login, password=PASSWORD).ok(201)["access_token"]
        code = mailed(intake, login)

        account = use(intake, code.lower().replace("-", " ")).ok()

        assert account["login"] == login
        assert intake.store.visit(digest_of(str(browser.cookie))) is None
        until = time.monotonic() + 10
        while Caller(intake, uuid4(), token).get("/own/sessions").status != 401:
            assert time.monotonic() < until
            time.sleep(0.1)
    use(intake, code, PASSWORD).refused(422, "activation-refused")
    intake.anybody().post("/sessions", login=login, password=PASSWORD).refused(401, "sign-in-refused")
    intake.anybody().post("/sessions", login=login, password=ANOTHER).ok(201)
    told = {one["type"]: one["data"] for one in intake.events(account["account_id"])}
    assert told["password.changed.v1"]["means"] == "mailed-code"
    assert len(told["session.ended.v1"]["session_ids"]) == 2


def test_a_weak_password_leaves_the_code_good(intake: Intake, login: str) -> None:
    code = mailed(intake, login)
    use(intake, code, "12345678").refused(422, "weak-password")
    use(intake, code).ok()


def test_the_second_factor_is_asked_for_as_before(intake: Intake, login: str) -> None:
    secret = pyotp.random_base32()
    account_id = account_of(intake, login)
    with intake.store.begin() as tx:
        tx.begin_second_factor(account_id, secret)
        tx.confirm_second_factor(account_id, 0, [b"x" * 32])
    code = mailed(intake, login)
    with tab(intake) as browser:
        shown = browser.fill("/password/new", code=code, password=ANOTHER, again=ANOTHER)

        assert "新密码已设置" in shown.text
        assert browser.cookie is None
        intake.anybody().post("/sessions", login=login, password=ANOTHER).refused(401, "second-factor-needed")
        totp = pyotp.TOTP(secret).now()
        intake.anybody().post("/sessions", login=login, password=ANOTHER, totp=totp).ok(201)


def test_of_two_requests_the_latest_wins_in_whatever_order_they_are_answered(intake: Intake, login: str) -> None:
    first, second, third = ask(intake, login), ask(intake, login), ask(intake, login)
    assert first is not None
    assert second is not None
    assert third is not None
    codes = [new_code() for _ in range(3)]

    assert issue(intake, login, first, codes[0])
    assert issue(intake, login, third, codes[2])
    assert not issue(intake, login, second, codes[1])

    for old in codes[:2]:
        use(intake, old).refused(422, "activation-refused")
    use(intake, codes[2]).ok()


def test_an_answer_that_comes_again_or_late_or_about_another_changes_nothing(intake: Intake, login: str) -> None:
    request, code, other = ask(intake, login), new_code(), new_code()
    assert request is not None
    now = datetime.now(UTC)

    assert not issue(intake, login, uuid4(), code)  # of no request of ours
    assert not issue(intake, login, request, code, account_id=intake.caller("expert").account_id)
    assert not issue(intake, login, request, code, expires_at=now - timedelta(seconds=1))
    use(intake, code).refused(422, "activation-refused")
    assert issue(intake, login, request, code)
    assert not issue(intake, login, request, code)
    assert not issue(intake, login, request, other)
    use(intake, other).refused(422, "activation-refused")
    use(intake, code).ok()
    assert not issue(intake, login, request, code)
    use(intake, code).refused(422, "activation-refused")


def test_a_code_is_not_good_for_longer_than_the_request_allows(intake: Intake, login: str) -> None:
    request, code = ask(intake, login), new_code()
    assert request is not None
    assert issue(intake, login, request, code, expires_at=datetime.now(UTC) + timedelta(days=9))

    (row,) = intake.sql("SELECT expires_at FROM activations WHERE request_id = :id", id=request)
    assert row.expires_at < datetime.now(UTC) + timedelta(minutes=91)
    intake.sql("UPDATE activations SET expires_at = clock_timestamp() WHERE request_id = :id", id=request)
    use(intake, code).refused(422, "activation-refused")


def test_a_disabled_account_is_sent_nothing_and_its_code_is_refused(intake: Intake, login: str) -> None:
    code = mailed(intake, login)
    late = ask(intake, login)
    assert late is not None
    intake.caller("secretariat").post(f"/accounts/{account_of(intake, login)}/disabling", reason="x").ok()

    use(intake, code).refused(422, "activation-refused")
    assert not issue(intake, login, late, new_code())
    assert ask(intake, login) is None


def test_asking_does_not_void_the_secretariats_code_and_using_one_voids_the_others(intake: Intake, login: str) -> None:
    account_id, secretary = account_of(intake, login), intake.caller("secretariat")
    letter = secretary.post(f"/accounts/{account_id}/activation").ok(201)["activation_code"]
    code = mailed(intake, login)
    use(intake, letter, "1").refused(422, "weak-password")  # still good

    use(intake, code).ok()

    use(intake, letter, PASSWORD).refused(422, "activation-refused")
    letter = secretary.post(f"/accounts/{account_id}/activation").ok(201)["activation_code"]
    use(intake, letter, PASSWORD).ok()
    means = [one["data"]["means"] for one in intake.events(account_id) if one["type"] == "password.changed.v1"]
    assert means == ["mailed-code", "activation-code"]


def test_requests_are_limited_by_login_and_address_and_nobody_else_feels_it(intake: Intake, login: str) -> None:
    for _ in range(MAX_ASKED):
        intake.anybody().post("/password-requests", login=login).ok(202)
        intake.anybody().post("/password-requests", login="nobody-at-all").ok(202)

    for name in (login.upper(), "nobody-at-all"):
        refused = intake.anybody().post("/password-requests", login=name)
        assert refused.refused(429, "too-many-attempts")["retry_after"] > 0
    with tab(intake) as browser:
        assert browser.fill("/password", login=login).status_code == 429
    intake.anybody().post("/password-requests", login=f"x{login}"[:60]).ok(202)
    ask_for_code(intake.ports, login, "198.51.100.9")
    intake.anybody().post("/sessions", login=login, password=PASSWORD).ok(201)


def test_an_address_cannot_ask_for_everybody(intake: Intake) -> None:
    for number in range(MAX_ASKED_OF_ALL):
        intake.anybody().post("/password-requests", login=f"name-{number}").ok(202)

    intake.anybody().post("/password-requests", login="one-more").refused(429, "too-many-attempts")


def test_a_mailbox_cannot_be_flooded_and_its_owner_not_be_kept_out(intake: Intake, login: str) -> None:
    intake.anybody().post("/sessions", login=login, password=PASSWORD).ok(201)  # from 127.0.0.1, its own place
    strangers = [ask(intake, login, f"203.0.113.{number}") for number in range(12)]
    assert len([one for one in strangers if one]) == MAILS_AN_HOUR
    intake.sql("UPDATE reset_requests SET settled_at = settled_at - interval '2 hours'")
    strangers = [ask(intake, login, f"203.0.113.{number}") for number in range(20, 40)]
    assert len([one for one in strangers if one]) == min(MAILS_AN_HOUR, MAILS_A_DAY - MAILS_AN_HOUR)
    intake.sql("UPDATE reset_requests SET settled_at = settled_at - interval '2 hours'")
    assert ask(intake, login, "203.0.113.50") is None

    assert ask(intake, login, "127.0.0.1") is not None


def test_two_workers_pass_each_request_on_once(intake: Intake, login: str) -> None:
    for number in range(MAILS_AN_HOUR):
        ask_for_code(intake.ports, login, f"203.0.113.{number}")
    workers = [Thread(target=settle_requests, args=(intake.ports,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(requests(intake, login)) == len(set(requests(intake, login))) == MAILS_AN_HOUR


def test_the_page_sets_the_password_and_lets_in(intake: Intake, login: str) -> None:
    code = mailed(intake, login)
    with tab(intake) as browser:
        differ = browser.fill("/password/new", code=code, password=ANOTHER, again="x")
        assert differ.status_code == 422
        assert f'value="{code}"' in differ.text
        wrong = browser.fill("/password/new", code=new_code(), password=ANOTHER, again=ANOTHER)
        assert "请等一分钟" in wrong.text
        done = browser.fill("/password/new", code=code, password=ANOTHER, again=ANOTHER)
        assert (done.status_code, done.headers["location"]) == (303, "/desk")
        assert browser.fill("/password", login=" ").status_code == 422


def change(browser: Tab, old: str, new: str, again: str | None = None) -> Any:
    return browser.fill("/account/password", old=old, password=new, again=new if again is None else again)


def test_who_knows_his_password_changes_it_and_stays_while_his_other_sessions_end(intake: Intake, login: str) -> None:
    with tab(intake) as browser, tab(intake) as elsewhere:
        for one in (browser, elsewhere):
            one.fill("/login", login=login, password=PASSWORD)
        assert "原密码不正确" in change(browser, "wrong", ANOTHER).text
        assert "太常见" in change(browser, PASSWORD, "12345678").text
        assert change(browser, PASSWORD, ANOTHER, "x").status_code == 422
        assert intake.store.visit(digest_of(str(elsewhere.cookie)))

        done = change(browser, PASSWORD, ANOTHER)

        assert done.headers["location"] == "/account?changed=password"
        assert "密码已修改" in browser.get(done.headers["location"]).text
        assert elsewhere.get("/account").headers["location"].startswith("/login")
    intake.anybody().post("/sessions", login=login, password=PASSWORD).refused(401, "sign-in-refused")
    token = intake.anybody().post("/sessions", login=login, password=ANOTHER).ok(201)["access_token"]
    program = Caller(intake, uuid4(), token)
    assert program.post("/own/password", old=ANOTHER, new=PASSWORD).status == 204
    program.get("/own/sessions").ok()
    means = [e["data"]["means"] for e in intake.events(account_of(intake, login)) if e["type"] == "password.changed.v1"]
    assert means == ["old-one", "old-one"]


def test_who_changes_his_password_voids_the_codes_that_are_under_way(intake: Intake, login: str) -> None:
    letter = intake.caller("secretariat").post(f"/accounts/{account_of(intake, login)}/activation").ok(201)
    code = mailed(intake, login)
    with tab(intake) as browser:
        browser.fill("/login", login=login, password=PASSWORD)
        assert change(browser, PASSWORD, ANOTHER).status_code == 303

    use(intake, letter["activation_code"], PASSWORD).refused(422, "activation-refused")
    use(intake, code, PASSWORD).refused(422, "activation-refused")


def test_the_old_password_cannot_be_guessed_at_an_open_browser(intake: Intake, login: str) -> None:
    with tab(intake) as browser:
        browser.fill("/login", login=login, password=PASSWORD)
        answers = [change(browser, f"guess {number}", ANOTHER).status_code for number in range(11)]
        assert answers == [422] * 10 + [429]
        assert change(browser, PASSWORD, ANOTHER).status_code == 429
    intake.anybody().post("/sessions", login=login, password=PASSWORD).ok(201)


def test_an_account_without_a_password_changes_none(intake: Intake) -> None:
    with signed_in(intake, "unit", unit="unit-a") as browser:
        assert change(browser, "", ANOTHER).status_code == 422
        assert change(browser, "x", ANOTHER).status_code == 422
