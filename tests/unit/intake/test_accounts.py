"""Logins, codes, passwords, and the table of permissions."""

from __future__ import annotations

from uuid import uuid4

import pytest

from contracts.codes import code_digest
from infra.web.principal import ROLES
from services.intake.domain.accounts import (
    check_new_account,
    check_password,
    login_digest,
    new_activation,
    normal_login,
)
from services.intake.domain.errors import BadAccountError, ForbiddenError, WeakPasswordError
from services.intake.domain.permissions import GRANTS, PERMISSIONS, Action, Caller, allows, may_govern
from services.intake.passwords import Argon2Passwords

OPERATOR = frozenset({"operator"})


def test_codes_are_random_and_can_be_read_over_a_telephone() -> None:
    codes = {new_activation().code for _ in range(1000)}

    assert len(codes) == 1000
    for code in codes:
        assert len(code) == 29
        assert not set(code) & set("ILOU")


def test_a_code_is_known_however_it_was_typed() -> None:
    made = new_activation()
    typed = made.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert code_digest(typed) == made.digest
    assert (
        code_digest("".join(chr(ord(c) + 0xFEE0) if c != "-" else "－" for c in made.code).replace("－", ""))
        == made.digest
    )
    assert code_digest(made.code[:-1]) != made.digest
    assert made.code.encode() not in made.digest


@pytest.mark.parametrize(
    "password",
    [
        *("", "1234567", "x" * 129),
        *(
            "12345678",
            "password",
            "Password1",
            "PASSWORD123!",
            "qwertyui",
            "1qaz2wsx",
            "88888888",
            "abcdefgh",
            "87654321",
        ),
        *(
            "abababab",
            "woaini1314",
            "tushuguan2024",
            "国图国图国图国图",
            "cqlibrary",
            "cqlibrary2024!",
            "重庆图书馆馆馆馆",
        ),
    ],
)
def test_weak_passwords_are_refused_with_what_to_do(password: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        check_password(password, login="cqlibrary", name="重庆图书馆馆馆馆")

    assert "请换" in refused.value.zh or "应为" in refused.value.zh


@pytest.mark.parametrize("password", ["书山有路勤为径呀", "correct horse battery", "kT9-vm2q", "p" * 3 + "qz" * 10])
def test_other_passwords_need_no_digits_or_signs(password: str) -> None:
    assert check_password(password, login="cqlibrary", name="重庆图书馆") == password


def test_a_password_is_compared_composed() -> None:
    assert check_password("cafe\u0301 cafe\u0301", login="x", name="y") == "caf\u00e9 caf\u00e9"


def test_argon2_knows_right_from_wrong_and_nobody_from_somebody() -> None:
    passwords = Argon2Passwords()
    hashed = passwords.hash("书山有路勤为径")

    assert hashed.startswith("$argon2id$")
    assert passwords.verify(hashed, "书山有路勤为径")
    assert not passwords.verify(hashed, "书山有路勤为径 ")
    assert not passwords.verify(None, "nobody has this password")
    assert not passwords.verify("not a hash", "x")


@pytest.mark.parametrize(
    ("one", "other"), [("caf\u00e9 caf\u00e9", "cafe\u0301 cafe\u0301"), ("\uf900 有路", "\u8c48 有路")]
)
def test_a_password_is_known_however_a_keyboard_writes_it(one: str, other: str) -> None:
    passwords = Argon2Passwords()

    assert passwords.verify(passwords.hash(one), other)
    assert passwords.verify(passwords.hash(other), one)


def test_logins_are_compared_in_one_form() -> None:
    assert normal_login(" ＬＩＢ-1 ") == "lib-1"
    assert login_digest("LIB") == login_digest("lib ")
    assert login_digest("\u0000") != login_digest("")


def test_an_account_that_recommends_needs_its_unit() -> None:
    check_new_account("lib", {"unit"}, "unit-a", OPERATOR)
    check_new_account("lib", {"expert"}, None, OPERATOR)
    for roles, unit in (({"unit"}, None), ({"committee"}, None), ({"unit"}, "UNIT A"), ({"expert"}, "../x")):
        with pytest.raises(BadAccountError):
            check_new_account("lib", roles, unit, OPERATOR)


def test_the_table_names_every_action_and_only_roles_that_exist() -> None:
    assert set(PERMISSIONS) == set(Action)
    for roles in PERMISSIONS.values():
        assert roles
        assert roles <= set(ROLES)
    assert set(GRANTS) | frozenset().union(*GRANTS.values()) <= set(ROLES)


def test_a_supervisor_may_change_nothing_and_an_expert_has_no_business_here_but_his_own() -> None:
    reading = {
        Action.LIST_ACCOUNTS,
        Action.LIST_ENTRIES,
        Action.READ_ENTRY,
        Action.READ_HAPPENINGS,
        Action.DOWNLOAD_CAMPAIGN,
        Action.READ_PROGRESS,
        Action.READ_CAMPAIGN_RECORD,
    }
    own = {Action.MANAGE_OWN_ACCOUNT}

    assert {action for action in Action if allows(action, frozenset({"supervisor"}))} == reading | own
    assert {action for action in Action if allows(action, frozenset({"expert"}))} == own
    assert not any(allows(action, frozenset()) for action in Action)


def test_nobody_hands_out_more_than_he_may() -> None:
    assert may_govern(frozenset({"operator"}), frozenset(ROLES))
    assert may_govern(frozenset({"secretariat"}), frozenset({"unit", "expert"}))
    assert not may_govern(frozenset({"secretariat"}), frozenset({"expert", "operator"}))
    assert not may_govern(frozenset({"unit", "expert", "supervisor"}), frozenset({"unit"}))
    with pytest.raises(ForbiddenError):
        check_new_account("lib", {"operator"}, None, frozenset({"secretariat"}))


def test_whose_entries_a_caller_reads_and_changes() -> None:
    def caller(*roles: str, unit: str | None = None) -> Caller:
        return Caller(uuid4(), "某某", frozenset(roles), unit)

    assert (caller("unit", unit="a").own_unit, caller("unit", unit="a").reads_unit) == ("a", "a")
    assert caller("secretariat").reads_unit is None
    assert caller("unit", "secretariat", unit="a").own_unit == "a"
    for nobody in (caller("unit"), caller("secretariat")):
        with pytest.raises(ForbiddenError):
            _ = nobody.own_unit
    with pytest.raises(ForbiddenError):
        _ = caller("unit").reads_unit
