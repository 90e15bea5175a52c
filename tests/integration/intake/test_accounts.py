"""Accounts over HTTP: activation, signing in, being disabled."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from argon2 import PasswordHasher

from services.intake.domain.accounts import MAX_FAILURES
from tests.integration.intake.desk import Caller, Intake
from tests.support.answers import Answer

PASSWORD = "书山 有路 勤为径"


@pytest.fixture
def login(intake: Intake) -> str:
    """The login of an account that is active and has PASSWORD."""
    name = f"lib-{uuid4().hex[:12]}"
    made = intake.caller("secretariat").post(
        "/accounts", login=name, name="某某图书馆", roles=["unit"], unit_code="unit-a"
    )
    intake.anybody().post("/activations", code=made.ok(201)["activation_code"], password=PASSWORD).ok()
    return name


@pytest.fixture(autouse=True)
def _forget(intake: Intake) -> Iterator[None]:
    yield
    intake.sql("DELETE FROM sign_in_attempts")


def sign_in(intake: Intake, login: str, password: str, address: str | None = None) -> Answer:
    headers = {"X-Forwarded-For": address} if address else {}
    return intake.anybody().call("POST", "/sessions", json={"login": login, "password": password}, headers=headers)


def test_an_account_is_activated_once_and_signs_in(intake: Intake, login: str) -> None:
    session = sign_in(intake, f"  {login.upper()} ", PASSWORD).ok(201)

    assert session["account"]["roles"] == ["unit"]
    assert session["account"]["unit_code"] == "unit-a"
    unit = Caller(intake, uuid4(), session["access_token"])
    assert unit.entry(intake.open())["unit_code"] == "unit-a"


def test_an_activation_code_works_once_and_only_its_digest_is_kept(intake: Intake) -> None:
    made = (
        intake.caller("secretariat").post("/accounts", login=f"e-{uuid4().hex}", name="专家", roles=["expert"]).ok(201)
    )
    code, everyone = made["activation_code"], intake.anybody()

    everyone.post("/activations", code=code, password="12345678").refused(422, "weak-password")
    everyone.post("/activations", code=f" {code.lower().replace('-', ' ')} ", password=PASSWORD).ok()

    everyone.post("/activations", code=code, password=PASSWORD).refused(422, "activation-refused")
    everyone.post("/activations", code="AAAAA-" * 5, password=PASSWORD).refused(422, "activation-refused")
    kept = intake.sql("SELECT digest FROM activations WHERE account_id = :id", id=made["account_id"])[0].digest
    assert len(kept) == 32
    assert code.encode() not in bytes(kept)


def test_fifty_at_once_with_one_code_activate_it_once(intake: Intake) -> None:
    made = intake.caller("secretariat").post("/accounts", login=f"e-{uuid4().hex}", name="专家", roles=["expert"])
    code = made.ok(201)["activation_code"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: intake.anybody().post("/activations", code=code, password=f"{PASSWORD}{n}"), range(8))
        )

    assert sorted(answer.status for answer in answers) == [200, *[422] * 7]


def test_a_new_code_voids_the_earlier_and_an_old_one_expires(intake: Intake) -> None:
    secretary = intake.caller("secretariat")
    made = secretary.post("/accounts", login=f"e-{uuid4().hex}", name="专家", roles=["expert"]).ok(201)
    second = secretary.post(f"/accounts/{made['account_id']}/activation").ok(201)

    refused = intake.anybody().post("/activations", code=made["activation_code"], password=PASSWORD)
    refused.refused(422, "activation-refused")
    intake.sql("UPDATE activations SET expires_at = clock_timestamp() WHERE account_id = :id", id=made["account_id"])
    late = intake.anybody().post("/activations", code=second["activation_code"], password=PASSWORD)
    late.refused(422, "activation-refused")


def test_who_holds_no_good_code_comes_first_where_many_are_issued(intake: Intake) -> None:
    """Else a second go for the rest of many accounts would void the letters of the first."""
    secretary, mark = intake.caller("secretariat"), uuid4().hex
    names = [f"{n}-{mark}" for n in range(3)]
    holds, lapsed, void = (
        secretary.post("/accounts", login=name, name="某某", roles=["expert"]).ok(201)["account_id"] for name in names
    )
    intake.sql("UPDATE activations SET expires_at = clock_timestamp() WHERE account_id = :id", id=lapsed)
    intake.sql("UPDATE activations SET void_at = clock_timestamp() WHERE account_id = :id", id=void)

    with intake.store.begin() as tx:
        order = [str(account.account_id) for account in tx.accounts_without_password(100_000)]

    assert sorted([holds, lapsed, void], key=order.index) == [lapsed, void, holds]


def test_unknown_login_wrong_password_and_unactivated_account_get_the_same_answer(intake: Intake, login: str) -> None:
    fresh = f"e-{uuid4().hex}"
    intake.caller("secretariat").post("/accounts", login=fresh, name="专家", roles=["expert"]).ok(201)

    answers = [
        sign_in(intake, login, "wrong wrong wrong").refused(401, "sign-in-refused"),
        sign_in(intake, f"nobody-{uuid4().hex}", PASSWORD).refused(401, "sign-in-refused"),
        sign_in(intake, fresh, PASSWORD).refused(401, "sign-in-refused"),
    ]

    assert answers[0] == answers[1] == answers[2]


def test_unknown_logins_cost_as_much_work_as_wrong_passwords(
    intake: Intake, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: what takes the time is hashing, and it is done once with the same cost for everybody."""
    costs: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hashed: str | bytes, password: str | bytes) -> bool:
        costs.append(str(hashed).rsplit("$", 2)[0])
        return verify(self, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in (login, "nobody-at-all"):
        sign_in(intake, name, "wrong wrong wrong", "10.1.0.1").refused(401, "sign-in-refused")

    assert len(costs) == 2
    assert costs[0] == costs[1]


def test_failures_stop_one_address_and_no_other(intake: Intake, login: str) -> None:
    for _ in range(MAX_FAILURES):
        sign_in(intake, login, "wrong wrong wrong", "203.0.113.7").refused(401, "sign-in-refused")

    stopped = sign_in(intake, login, PASSWORD, "203.0.113.7")
    stopped.refused(429, "too-many-attempts")
    assert 0 < int(stopped.response.headers["retry-after"]) <= 15 * 60
    sign_in(intake, login, PASSWORD, "203.0.113.8").ok(201)
    intake.sql("UPDATE sign_in_attempts SET window_began = clock_timestamp() - interval '16 minutes'")
    sign_in(intake, login, PASSWORD, "203.0.113.7").ok(201)


def test_many_guesses_at_once_get_no_more_tries_than_one_by_one(intake: Intake, login: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: sign_in(intake, login, f"guess {n} guess", "203.0.113.9"), range(30)))

    assert sorted(answer.status for answer in answers) == [*[401] * MAX_FAILURES, *[429] * (30 - MAX_FAILURES)]


def test_addresses_of_one_ipv6_network_count_together(intake: Intake, login: str) -> None:
    for n in range(MAX_FAILURES):
        sign_in(intake, login, "wrong wrong wrong", f"2001:db8:1:2::{n + 1}")

    sign_in(intake, login, PASSWORD, "2001:db8:1:2:ffff::1").refused(429, "too-many-attempts")
    sign_in(intake, login, PASSWORD, "2001:db8:1:3::1").ok(201)


def test_a_disabled_account_is_refused_within_two_seconds_and_others_are_told(intake: Intake, login: str) -> None:
    session = sign_in(intake, login, PASSWORD).ok(201)
    account_id = session["account"]["account_id"]
    unit, campaign = Caller(intake, uuid4(), session["access_token"]), intake.open()
    unit.get(f"/campaigns/{campaign}/entries").ok()
    secretary = intake.caller("secretariat")

    first = secretary.post(f"/accounts/{account_id}/disabling", reason="单位撤销").ok()
    began = time.monotonic()

    until = began + 5
    while unit.get(f"/campaigns/{campaign}/entries").status == 200:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert time.monotonic() - began < 2.5
    unit.get(f"/campaigns/{campaign}/entries").refused(401, "unauthenticated")
    sign_in(intake, login, PASSWORD).refused(403, "account-disabled")
    assert secretary.post(f"/accounts/{account_id}/disabling", reason="again").ok() == first
    ended, event = intake.events(account_id)
    assert (ended["type"], ended["data"]["reason"]) == ("session.ended.v1", "account-disabled")
    assert (event["type"], event["data"]["reason"]) == ("account.disabled.v1", "单位撤销")


def test_logins_are_unique_and_well_formed(intake: Intake, login: str) -> None:
    secretary = intake.caller("secretariat")

    taken = secretary.post("/accounts", login=login.upper(), name="又一个", roles=["expert"])
    taken.refused(409, "login-taken")
    for bad in ("", "a", "有中文", "a b", "-a", "a" * 65, "a\tb"):
        secretary.post("/accounts", login=bad, name="x", roles=["expert"]).refused(422, "bad-account")
    secretary.post("/accounts", login="abc", name="x", roles=["unit"]).refused(422, "bad-account")
    secretary.post("/accounts", login="abc", name="x", roles=[]).refused(422, "invalid-request")
    secretary.post("/accounts", login="abc", name="x", roles=["king"]).refused(422, "invalid-request")
    me = secretary.post(f"/accounts/{secretary.account_id}/disabling", reason="x")
    me.refused(422, "bad-account")


def test_forged_expired_and_foreign_tokens_are_refused(intake: Intake) -> None:
    unit = intake.unit()
    header, claims, signature = str(unit.token).split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
    deep = base64.urlsafe_b64encode(b"[" * 6000).decode()
    bad = ("x", "é", f"{header}.{claims}.", f"{none}.{claims}.", f"{header}.{claims}.{signature[:-4]}AAAA")
    for token in (*bad, f"{deep}.{claims}.{signature}", f"{header}.{deep}.{signature}"):
        answer = intake.anybody().call(
            "GET", f"/entries/{uuid4()}", headers={"Authorization": f"Bearer {token}".encode()}
        )
        answer.refused(401, "unauthenticated")


def test_accounts_are_listed_in_pages(intake: Intake) -> None:
    secretary = intake.caller("secretariat")
    for _ in range(3):
        intake.unit()

    first = secretary.get("/accounts", limit=2).ok()
    second = secretary.get("/accounts", limit=2, after=first["next"]).ok()

    logins = [row["login"] for row in first["items"] + second["items"]]
    assert logins == sorted(logins)
    assert len(set(logins)) == 4
    assert "password" not in str(first)
