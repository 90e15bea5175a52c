"""Accounts: made by the secretariat, activated by a one-time code, signed in, disabled at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from contracts.codes import code_digest
from contracts.events import AccountDisabledV1, PasswordChangedV1
from services.intake.domain import accounts as rules
from services.intake.domain.accounts import Account
from services.intake.domain.attempts import ANYWHERE
from services.intake.domain.errors import (
    AccountDisabledError,
    ActivationRefusedError,
    BadAccountError,
    ForbiddenError,
    LoginTakenError,
    NotFoundError,
    RowsRefusedError,
    WrongPasswordError,
)
from services.intake.domain.permissions import Caller, may_govern
from services.intake.domain.second_factor import attempts_digest
from services.intake.ports import Ports, SignIn, Transaction
from services.intake.usecases.attempts import changes_stopped
from services.intake.usecases.ending import end_sessions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Command: make an account."""

    login: str
    name: str
    roles: frozenset[str]
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh activation code: shown once, to hand to the account's owner."""

    account_id: UUID
    activation_code: str
    activation_expires_at: datetime


def create_account(ports: Ports, caller: Caller, command: NewAccount) -> Issued:
    """Raises BadAccountError, ForbiddenError, LoginTakenError."""
    login = rules.normal_login(command.login)
    rules.check_new_account(login, command.roles, command.unit_code, caller.roles)
    activation = rules.new_activation()
    account_id = uuid4()
    with ports.store.begin() as tx:
        account = Account(account_id, login, command.name, command.roles, command.unit_code, tx.now())
        if not tx.add_account(account):
            raise LoginTakenError(
                f"登录名 {login} 已被使用，请换一个。", f"The login {login} is taken; choose another."
            )
        expires_at = tx.add_activation(account_id, activation.digest, rules.ACTIVATION_LIFETIME)
    log.info("account.created", account=str(account_id), roles=sorted(command.roles), by=str(caller.account_id))
    return Issued(account_id, activation.code, expires_at)


def reissue_activation(ports: Ports, caller: Caller, account_id: UUID) -> Issued:
    """A new code, for a first activation or to replace a forgotten password; earlier codes are void.

    Raises NotFoundError, ForbiddenError, AccountDisabledError.
    """
    activation = rules.new_activation()
    with ports.store.begin() as tx:
        account = governed(tx.account(account_id), caller)
        if account.disabled_at is not None:
            raise AccountDisabledError("此账号已停用，不能发放激活码。", "This account has been disabled.")
        expires_at = tx.add_activation(account_id, activation.digest, rules.ACTIVATION_LIFETIME)
    log.info("activation.reissued", account=str(account_id), by=str(caller.account_id))
    return Issued(account_id, activation.code, expires_at)


@dataclass(frozen=True, slots=True)
class Reissued:
    """A fresh code and whose it is."""

    account: Account
    issued: Issued


def reissue_many(ports: Ports, caller: Caller, account_ids: Sequence[UUID]) -> Sequence[Reissued]:
    """New codes for many accounts: all of them or none, in the order of their logins.

    Raises RowsRefusedError, which names every account that cannot have one.
    """
    codes = {account_id: rules.new_activation() for account_id in account_ids}
    done = []
    with ports.store.begin() as tx:
        known = {account.account_id: account for account in tx.accounts_by_id(list(codes))}
        findings = [
            finding for one in codes if (finding := rules.why_no_code(one, known.get(one), caller.roles)) is not None
        ]
        if findings:
            raise RowsRefusedError(
                "所选账号中有的不能发放激活码，没有发放任何激活码。请去掉这些账号后再试。",
                "Some of these accounts cannot have a code, and none was issued. Leave them out and try again.",
                findings=findings,
            )
        for account in sorted(known.values(), key=lambda one: one.login):
            code = codes[account.account_id]
            expires_at = tx.add_activation(account.account_id, code.digest, rules.ACTIVATION_LIFETIME)
            done.append(Reissued(account, Issued(account.account_id, code.code, expires_at)))
    log.info("activations.reissued", count=len(done), by=str(caller.account_id))
    return done


def never_activated(ports: Ports, caller: Caller) -> Sequence[Account]:
    """The accounts in the caller's care that have never had a password, by login; at most as many as one go takes.

    First those that hold no code: of more than one go, the next begins where the one before has ended.
    """
    with ports.store.begin() as tx:
        waiting = tx.accounts_without_password(rules.MAX_CODES_AT_ONCE)
    return [account for account in waiting if may_govern(caller.roles, account.roles)]


def chosen_accounts(ports: Ports, caller: Caller, account_ids: Sequence[UUID]) -> Sequence[Account]:
    """Those of these accounts that the caller may issue codes for, by login."""
    with ports.store.begin() as tx:
        known = tx.accounts_by_id(account_ids)
    good = [account for account in known if rules.why_no_code(account.account_id, account, caller.roles) is None]
    return sorted(good, key=lambda one: one.login)


def disable_account(ports: Ports, caller: Caller, account_id: UUID, reason: str) -> datetime:
    """Returns when it was disabled; doing it again changes nothing. Raises NotFoundError, ForbiddenError."""
    if account_id == caller.account_id:
        raise BadAccountError("不能停用自己的账号，请由其他管理人员操作。", "Nobody can disable his own account.")
    with ports.store.begin() as tx:
        account = governed(tx.account(account_id), caller)
        disabled_at = tx.disable_account(account_id, reason)
        if disabled_at is None:
            return account.disabled_at or tx.now()
        end_sessions(tx, account_id, "account-disabled")
        event = AccountDisabledV1(account_id=account_id, reason=reason, disabled_at=disabled_at)
        tx.emit(event, subject=str(account_id))
    log.info("account.disabled", account=str(account_id), by=str(caller.account_id))
    return disabled_at


def find_account(ports: Ports, account_id: UUID) -> Account | None:
    with ports.store.begin() as tx:
        return tx.account(account_id)


def governed(account: Account | None, caller: Caller) -> Account:
    """The account, if the caller may manage it. Raises NotFoundError, ForbiddenError."""
    if account is None:
        raise NotFoundError
    if not may_govern(caller.roles, account.roles):
        raise ForbiddenError(
            "当前账号不能管理此账号，请联系运维人员。", "This account may not manage that one; ask an operator."
        )
    return account


def list_accounts(ports: Ports, after: str | None, limit: int, search: str = "") -> Sequence[Account]:
    """By login, one more than `limit` if there are more; with `search` those whose login, name or unit it stands in."""
    with ports.store.begin() as tx:
        return tx.accounts(after, limit + 1, search)


def activate(ports: Ports, code: str, password: str) -> Account:
    """Set the password with a one-time code, from a letter or a mail; every session of the account ends.

    Raises ActivationRefusedError, WeakPasswordError (the code stays good).
    """
    digest = code_digest(code)
    with ports.store.begin() as tx:
        account = tx.activation(digest)
    if account is None:
        raise ActivationRefusedError
    hashed = ports.passwords.hash(rules.check_password(password, login=account.login, name=account.name))
    with ports.store.begin() as tx:
        used = tx.use_activation(digest, hashed)
        if used is not None:
            account = used.account
            end_sessions(tx, account.account_id, "new-password")
            tx.forget_attempts(attempts_digest(account.account_id), ANYWHERE)  # who made them knows the old one
            if not used.is_first:
                tell_of_password(tx, account.account_id, "mailed-code" if used.mailed else "activation-code")
    if used is None:
        raise ActivationRefusedError
    log.info("account.activated", account=str(account.account_id), mailed=used.mailed)
    return account


def check_own_password(ports: Ports, caller: Caller, given: str, address: str) -> SignIn:
    """The caller's password, asked for once more; attempts are counted as sign-ins are.

    Raises TooManyAttemptsError, WrongPasswordError.
    """
    digest = rules.change_digest(caller.account_id)
    with ports.store.begin() as tx:
        attempts = tx.count_attempt(digest, address, rules.FAILURE_WINDOW)
        account = tx.account(caller.account_id)
        known = tx.sign_in(account.login, address) if account else None
    if attempts.failures > rules.MAX_FAILURES:
        log.warning("password.blocked", account=str(caller.account_id), failures=attempts.failures)
        raise changes_stopped(attempts.again_in)
    if known is None or not ports.passwords.verify(known.password_hash, given):
        raise WrongPasswordError
    with ports.store.begin() as tx:
        tx.forget_attempts(digest, address)
    return known


def change_password(ports: Ports, caller: Caller, old: str, new: str, address: str) -> Sequence[UUID]:
    """Another password for who knows the one there is; his other sessions end: which they were.

    Attempts are counted, so that an open browser is no place to guess at.
    Raises TooManyAttemptsError, WrongPasswordError, WeakPasswordError.
    """
    known = check_own_password(ports, caller, old, address)
    hashed = ports.passwords.hash(rules.check_password(new, login=known.account.login, name=known.account.name))
    with ports.store.begin() as tx:
        tx.set_password(caller.account_id, hashed)
        tx.forget_attempts(attempts_digest(caller.account_id), ANYWHERE)
        ended = end_sessions(tx, caller.account_id, "new-password", but=caller.session_id)
        tell_of_password(tx, caller.account_id, "old-one")
    log.info("password.changed", account=str(caller.account_id))
    return ended


def tell_of_password(tx: Transaction, account_id: UUID, means: str) -> None:
    """The owner is told by mail, in case it was not he."""
    tx.emit(PasswordChangedV1(account_id=account_id, means=means, changed_at=tx.now()), subject=str(account_id))
