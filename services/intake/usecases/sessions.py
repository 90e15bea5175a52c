"""Signing in, and what was opened by it: sessions of pages and of programs, seen and ended by their owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID, uuid4

import structlog

from services.intake.domain import accounts as rules
from services.intake.domain import second_factor as factor_rules
from services.intake.domain.accounts import Account
from services.intake.domain.attempts import ANYWHERE, MAX_CODES
from services.intake.domain.errors import (
    AccountDisabledError,
    NotFoundError,
    SecondFactorNeededError,
    SecondFactorRefusedError,
    SignInLapsedError,
    SignInRefusedError,
)
from services.intake.domain.permissions import Caller
from services.intake.domain.sessions import ABSOLUTE, IDLE, SCRIPT_TOKEN, OpenSession, browser_of
from services.intake.ports import Ports, Transaction
from services.intake.usecases.attempts import (
    address_stopped,
    begin_sign_in,
    codes_stopped,
    login_stopped,
    sign_in_succeeded,
)
from services.intake.usecases.ending import Why, end_sessions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class From:
    """Where a request comes from: the address that attempts are counted by, and what calls itself there."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in account with its token."""

    access_token: str
    expires_at: datetime
    account: Account


def sign_in(ports: Ports, login: str, password: str, code: str, came: From) -> Session:
    """A program's session with its access token.

    Raises what `authenticate` and `check_second_factor` raise, SecondFactorNeededError if the account has one and no
    code was given.
    """
    account = authenticate(ports, login, password, came.address).account
    if has_second_factor(ports, account.account_id):
        if not code:
            raise SecondFactorNeededError
        check_second_factor(ports, account.account_id, code, came.address)
    session_id, now = uuid4(), ports.clock.now()
    with ports.store.begin() as tx:
        tx.add_session(
            session_id, account.account_id, "api", None, rules.TOKEN_LIFETIME, browser_of(came.agent), came.address
        )
    token = ports.tokens.sign(account, now=now, lifetime=rules.TOKEN_LIFETIME, session_id=session_id, password_at=now)
    log.info("session.opened", account=str(account.account_id), session=str(session_id), kind="api")
    return Session(token, now + rules.TOKEN_LIFETIME, account)


def short_token(
    ports: Ports, caller: Caller, lifetime: timedelta = SCRIPT_TOKEN, *, proven: bool = False
) -> tuple[str, datetime]:
    """An access token for a page's own script or form, and when it ends; `proven`: the password was given just now.

    Raises NotFoundError for a lost account.
    """
    with ports.store.begin() as tx:
        account = tx.account(caller.account_id)
    if account is None:
        raise NotFoundError
    now = ports.clock.now()
    password_at = now if proven else None
    token = ports.tokens.sign(
        account, now=now, lifetime=lifetime, session_id=caller.session_id, password_at=password_at
    )
    return token, now + lifetime


def has_contact(ports: Ports, caller: Caller) -> bool:
    """Whether notify has a contact of this account, as far as is known here."""
    with ports.store.begin() as tx:
        return tx.has_contact(caller.account_id)


def contact_told(ports: Ports, session_id: UUID) -> None:
    """Let this session go on at once: notify's event, which is for good, may take its time when the broker is away."""
    with ports.store.begin() as tx:
        tx.contact_told(session_id)


def open_page_session(ports: Ports, account: Account, digest: bytes, came: From) -> UUID:
    """A session of pages, known by the digest of its cookie."""
    session_id = uuid4()
    with ports.store.begin() as tx:
        tx.add_session(session_id, account.account_id, "page", digest, ABSOLUTE, browser_of(came.agent), came.address)
    log.info("session.opened", account=str(account.account_id), session=str(session_id), kind="page")
    return session_id


@dataclass(frozen=True, slots=True)
class Proven:
    """An account whose password was given, and the mark of that password."""

    account: Account
    mark: str


def authenticate(ports: Ports, login: str, password: str, address: str) -> Proven:
    """Raises TooManyAttemptsError, SignInRefusedError (whatever the reason, after the same work), AccountDisabledError.

    The attempt is counted before the password is looked at. Where too many of all logins have failed, only a right
    password of an account that was signed in from there before lets in; everybody else gets one answer, after the same
    work, so that nobody learns there whether a password is right.
    """
    login, digest = rules.normal_login(login), rules.login_digest(login)
    with ports.store.begin() as tx:
        begun = begin_sign_in(tx, digest, address)
        known = tx.sign_in(login, address)
    if begun.login is not None:
        log.warning("sign_in.blocked")
        raise login_stopped(begun.login)
    hashed = known.password_hash if known else None
    right = ports.passwords.verify(hashed, password)
    if begun.address is not None and not (right and known is not None and known.at_home):
        log.warning("sign_in.address_blocked")
        raise address_stopped(begun.address)
    if not right or known is None or hashed is None:
        raise SignInRefusedError
    if known.account.disabled_at is not None:
        raise AccountDisabledError
    with ports.store.begin() as tx:
        sign_in_succeeded(tx, digest, address)
    return Proven(known.account, rules.password_mark(hashed))


def second_step(ports: Ports, account_id: UUID, mark: str) -> Account:
    """The account that is asked for its second factor now, whose password still is the one that was given.

    Raises SignInLapsedError.
    """
    with ports.store.begin() as tx:
        account = tx.account(account_id)
        known = tx.sign_in(account.login, ANYWHERE) if account else None
    if known is None or known.account.disabled_at is not None or known.password_hash is None:
        raise SignInLapsedError
    if not compare_digest(rules.password_mark(known.password_hash), mark):
        raise SignInLapsedError
    return known.account


def has_second_factor(ports: Ports, account_id: UUID) -> bool:
    """Whether signing in takes a one-time password, too."""
    with ports.store.begin() as tx:
        factor = tx.second_factor(account_id)
    return factor is not None and factor.confirmed


def check_second_factor(ports: Ports, account_id: UUID, code: str, address: str) -> None:
    """A one-time password or a recovery code; either works once.

    Attempts are counted by account and address, and by account alone: only who knows the password gets here, from
    however many addresses. A recovery code cannot be guessed, so it works where one-time passwords are stopped.

    Raises TooManyAttemptsError, SecondFactorRefusedError.
    """
    digest = factor_rules.attempts_digest(account_id)
    with ports.store.begin() as tx:
        stopped = _count_code(tx, digest, address)
    with ports.store.begin() as tx:
        factor = tx.second_factor(account_id)
        if factor is None or not factor.confirmed:
            raise SecondFactorRefusedError
        step = None if stopped else factor_rules.step_of(factor, code, tx.now())
        recovered = step is None and tx.use_recovery_code(account_id, factor_rules.recovery_digest(code))
        if stopped and not recovered:
            log.warning("second_factor.blocked", account=str(account_id))
            raise codes_stopped(stopped)
        if not recovered and (step is None or not tx.use_step(account_id, step)):
            raise SecondFactorRefusedError
        tx.forget_attempts(digest, address)
        tx.forget_attempts(digest, ANYWHERE)
    if recovered:
        log.warning("recovery_code.used", account=str(account_id))


def _count_code(tx: Transaction, digest: bytes, address: str) -> timedelta | None:
    """How long until one-time passwords are taken again; None if they are taken now."""
    here = tx.count_attempt(digest, address, rules.FAILURE_WINDOW)
    if here.failures > rules.MAX_FAILURES:
        return here.again_in
    everywhere = tx.count_attempt(digest, ANYWHERE, rules.FAILURE_WINDOW)
    return everywhere.again_in if everywhere.failures > MAX_CODES else None


def list_sessions(ports: Ports, caller: Caller) -> Sequence[OpenSession]:
    """The caller's own sessions that are good now."""
    with ports.store.begin() as tx:
        return tx.sessions(caller.account_id, IDLE)


def end_session(ports: Ports, caller: Caller, session_id: UUID, why: Why = "ended-by-owner") -> None:
    """Raises NotFoundError if it is not the caller's own, or has ended."""
    with ports.store.begin() as tx:
        ended = end_sessions(tx, caller.account_id, why, only=session_id)
    if not ended:
        raise NotFoundError
    log.info("session.ended", account=str(caller.account_id), session=str(session_id), why=why)


def end_other_sessions(ports: Ports, caller: Caller) -> Sequence[UUID]:
    """End all of the caller's sessions but the one that asks; which they were."""
    with ports.store.begin() as tx:
        ended = end_sessions(tx, caller.account_id, "ended-by-owner", but=caller.session_id)
    log.info("sessions.ended", account=str(caller.account_id), count=len(ended))
    return ended
