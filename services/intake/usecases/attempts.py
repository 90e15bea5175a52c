"""Counting attempts to get in before they are looked at, so that many at once get no more tries than one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.intake.domain import accounts as rules
from services.intake.domain import attempts as limits
from services.intake.domain.errors import TooManyAttemptsError
from services.intake.ports import Transaction


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was counted: how long until this login, or this address, may try again; None if it may now."""

    login: timedelta | None
    address: timedelta | None


def begin_sign_in(tx: Transaction, digest: bytes, address: str) -> Begun:
    """Count a sign-in of this login from this address, and among all of this address unless the login is stopped."""
    own = tx.count_attempt(digest, address, rules.FAILURE_WINDOW)
    if own.failures > rules.MAX_FAILURES:
        return Begun(own.again_in, None)
    all_ = tx.count_attempt(limits.OF_ALL, address, rules.FAILURE_WINDOW)
    today = tx.count_attempt(limits.OF_ALL_TODAY, address, limits.DAY)
    if today.failures > limits.MAX_A_DAY:
        return Begun(None, today.again_in)
    return Begun(None, all_.again_in if all_.failures > limits.MAX_OF_ALL else None)


def sign_in_succeeded(tx: Transaction, digest: bytes, address: str) -> None:
    """Failures alone count: those of this login are forgotten, and this one was none of the address's."""
    tx.forget_attempts(digest, address)
    tx.take_back_attempt(limits.OF_ALL, address)
    tx.take_back_attempt(limits.OF_ALL_TODAY, address)


def login_stopped(wait: timedelta) -> TooManyAttemptsError:
    zh, en = limits.in_words(wait)
    return _refusal(
        wait,
        f"此登录名从这里登录失败的次数过多，请 {zh}后再试。也可以现在换一个网络登录，或用“忘记密码”重设密码。",
        f"Too many failed sign-ins of this login from here: try again in {en}. "
        "Or use another network now, or “forgotten password”.",
    )


def address_stopped(wait: timedelta) -> TooManyAttemptsError:
    """The same for every login, known or not, whatever its password: a right one is not given away."""
    zh, en = limits.in_words(wait)
    return _refusal(
        wait,
        f"从您所在的网络登录失败的次数过多，请 {zh}后再试。以前从这里登录过的账号，密码正确仍可登录，请核对密码；"
        "其他账号可以现在换一个网络（如手机流量）登录，或用“忘记密码”收取邮件验证码登录。",
        f"Too many failed sign-ins came from your network: try again in {en}. Accounts that were signed in from here "
        "before still get in with the right password. Others may use another network now, such as mobile data, or "
        "“forgotten password”.",
    )


def codes_stopped(wait: timedelta) -> TooManyAttemptsError:
    zh, en = limits.in_words(wait)
    return _refusal(
        wait,
        f"动态口令连续填错的次数过多，请 {zh}后再试，或现在用一个恢复码登录。如果不是您本人在试，请立即更改密码。",
        f"Too many wrong one-time passwords: try again in {en}, or use a recovery code now. "
        "If it was not you who tried, change your password at once.",
    )


def changes_stopped(wait: timedelta) -> TooManyAttemptsError:
    zh, en = limits.in_words(wait)
    return _refusal(
        wait,
        f"原密码填错的次数过多，请 {zh}后再试。忘记了密码，可以退出后用“忘记密码”重设。",
        f"The present password was wrong too often: try again in {en}. If you forgot it, sign out and use "
        "“forgotten password”.",
    )


def _refusal(wait: timedelta, zh: str, en: str) -> TooManyAttemptsError:
    return TooManyAttemptsError(zh, en, retry_after=max(1, int(wait.total_seconds())))
