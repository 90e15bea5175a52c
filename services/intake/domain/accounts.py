"""Accounts: logins, one-time activation codes, passwords, and how failed sign-ins are counted."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from uuid import UUID

from contracts.codes import code_digest, new_code
from contracts.events import Finding
from services.intake.domain.errors import BadAccountError, ForbiddenError, WeakPasswordError
from services.intake.domain.permissions import RECOMMENDERS, may_govern

ACTIVATION_LIFETIME = timedelta(hours=72)
TOKEN_LIFETIME = timedelta(hours=8)
MAX_FAILURES = 10
FAILURE_WINDOW = timedelta(minutes=15)
"""Failed sign-ins of one login from one address: at most so many in so long."""
MAX_CODES_AT_ONCE = 500
"""So many codes are issued, and letters printed, in one go."""
MIN_PASSWORD = 8
MAX_PASSWORD = 128

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_UNIT_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. `unit_code` says for which unit a recommender acts."""

    account_id: UUID
    login: str
    name: str
    roles: frozenset[str]
    unit_code: str | None
    created_at: datetime
    activated: bool = False
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """A one-time code as it is handed out; only its digest is kept."""

    code: str
    digest: bytes


def normal_login(login: str) -> str:
    """The login as it is kept and compared: composed, small letters, no outer space."""
    return unicodedata.normalize("NFKC", login).strip().lower()


def check_new_account(login: str, roles: AbstractSet[str], unit_code: str | None, creator: frozenset[str]) -> None:
    """Raises BadAccountError or ForbiddenError."""
    if not _LOGIN.fullmatch(login):
        raise BadAccountError(
            "登录名应为 2 至 64 个字符，只能使用小写字母、数字和 . _ @ -，并以字母或数字开头。",
            "A login has 2 to 64 characters: small letters, digits and . _ @ -, starting with a letter or digit.",
        )
    if roles & RECOMMENDERS and unit_code is None:
        raise BadAccountError(
            "推荐单位类账号必须注明单位代码（unit_code）。",
            "An account that recommends needs the unit_code of its unit.",
        )
    if unit_code is not None and not _UNIT_CODE.fullmatch(unit_code):
        raise BadAccountError(
            "单位代码只能使用小写字母、数字和 -，最多 40 个字符。",
            "A unit code has at most 40 characters: small letters, digits and -.",
        )
    if not may_govern(creator, frozenset(roles)):
        raise ForbiddenError(
            "当前账号不能授予所选角色，请联系运维人员。", "This account may not grant these roles; ask an operator."
        )


def why_no_code(account_id: UUID, account: Account | None, issuer: frozenset[str]) -> Finding | None:
    """Why this account cannot have a code of this issuer's; None if it can."""
    if account is None:
        slug, zh, en = "no-such-account", f"没有账号 {account_id}。", f"There is no account {account_id}."
    elif not may_govern(issuer, account.roles):
        slug, zh = "not-governed", f"当前账号不能管理 {account.login}，请联系运维人员。"
        en = f"This account may not manage {account.login}; ask an operator."
    elif account.disabled_at is not None:
        slug, zh, en = "disabled", f"账号 {account.login} 已停用。", f"The account {account.login} has been disabled."
    else:
        return None
    return Finding(slug=slug, zh=zh, en=en, place="account_ids")


def new_activation() -> Activation:
    """A fresh code of 125 random bits, in groups that can be read over a telephone."""
    code = new_code()
    return Activation(code, code_digest(code))


def login_digest(login: str) -> bytes:
    """How a login stands in the count of failed sign-ins: logins that do not exist are not kept in clear."""
    return hashlib.sha256(normal_login(login).encode()).digest()


def password_mark(password_hash: str) -> str:
    """Tells an account's password from the next one, and nothing else: the hash has a salt that nobody knows."""
    return hashlib.sha256(f"mark of a password\0{password_hash}".encode()).hexdigest()[:32]


def change_digest(account_id: UUID) -> bytes:
    """How wrong guesses at the old password stand in the same count, apart from sign-ins."""
    return hashlib.sha256(f"change of password\0{account_id}".encode()).digest()


def check_password(password: str, *, login: str, name: str) -> str:
    """The password as it is hashed (NFC). Raises WeakPasswordError. No rules of composition: length counts."""
    password = unicodedata.normalize("NFC", password)
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise WeakPasswordError(
            f"密码现有 {len(password)} 个字符，应为 {MIN_PASSWORD} 至 {MAX_PASSWORD} 个字符。",
            f"The password has {len(password)} characters; it needs {MIN_PASSWORD} to {MAX_PASSWORD}.",
        )
    plain = password.casefold()
    about_itself = {login.casefold(), name.casefold(), login.casefold()[::-1]}
    stem = plain.rstrip("0123456789!@#$%.")
    if plain in about_itself or stem in about_itself or _is_common(plain, stem):
        raise WeakPasswordError(
            "这个密码太常见或与账号信息相同，容易被猜到。请换一个，例如由几个不相关的词组成的短句。",
            "This password is too common or is about the account itself. Choose another: a few unrelated words.",
        )
    return password


_COMMON = frozenset(files(__package__).joinpath("common-passwords.txt").read_text(encoding="utf-8").split())
_RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")


def _is_common(plain: str, stem: str) -> bool:
    short_period = any(plain == (plain[:n] * len(plain))[: len(plain)] for n in (1, 2, 3, 4))
    in_a_row = any(plain in run or plain in run[::-1] for run in _RUNS)
    return plain in _COMMON or (len(stem) > 3 and stem in _COMMON) or short_period or in_a_row  # noqa: PLR2004 - a shorter stem says nothing
