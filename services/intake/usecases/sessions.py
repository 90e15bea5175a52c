"""Signing in, and what was opened by it: sessions of pages and of programs, seen and ended by their owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog

from services.intake.domain import accounts as rules
from services.intake.domain import second_factor as factor_rules
from services.intake.domain.accounts import Account
from services.intake.domain.errors import (
    AccountDisabledError,
    NotFoundError,
    SecondFactorNeededError,
    SecondFactorRefusedError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from services.intake.domain.permissions import Caller
from services.intake.domain.sessions import ABSOLUTE, IDLE, SCRIPT_TOKEN, OpenSession, browser_of
from services.intake.ports import Ports
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
    account = authenticate(ports, login, password, came.address)
    if has_second_factor(ports, account.account_id):
        if not code:
            raise SecondFactorNeededError
        check_second_factor(ports, account.account_id, code, came.address)
    session_id, now = uuid4(), ports.clock.now()
    with ports.store.begin() as tx:
        tx.add_session(
            session_id, account.account_id, "api", None, rules.TOKEN_LIFETIME, browser_of(came.agent), came.address
        )
    token = ports.tokens.sign(account, now=now, lifetime=rules.TOKEN_LIFETIME, session_id=session_id)
    log.info("session.opened", account=str(account.account_id), session=str(session_id), kind="api")
    return Session(token, now + rules.TOKEN_LIFETIME, account)


def short_token(ports: Ports, caller: Caller, lifetime: timedelta = SCRIPT_TOKEN) -> tuple[str, datetime]:
    """An access token for a page's own script or form, and when it ends. Raises NotFoundError for a lost account."""
    with ports.store.begin() as tx:
        account = tx.account(caller.account_id)
    if account is None:
        raise NotFoundError
    now = ports.clock.now()
    token = ports.tokens.sign(account, now=now, lifetime=lifetime, session_id=caller.session_id)
    return token, now + lifetime


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


def authenticate(ports: Ports, login: str, password: str, address: str) -> Account:
    """Raises TooManyAttemptsError, SignInRefusedError (whatever the reason, after the same work), AccountDisabledError.

    Each attempt is counted before the password is looked at, so that many at once get no more tries than one by one;
    the count is of this login from this address, so that nobody can lock a unit out from elsewhere.
    """
    login, digest = rules.normal_login(login), rules.login_digest(login)
    with ports.store.begin() as tx:
        attempts = tx.count_attempt(digest, address, rules.FAILURE_WINDOW)
        known = tx.sign_in(login)
    if attempts.failures > rules.MAX_FAILURES:
        log.warning("sign_in.blocked", failures=attempts.failures)
        raise TooManyAttemptsError(retry_after=max(1, int(attempts.again_in.total_seconds())))
    if not ports.passwords.verify(known.password_hash if known else None, password) or known is None:
        raise SignInRefusedError
    if known.account.disabled_at is not None:
        raise AccountDisabledError
    with ports.store.begin() as tx:
        tx.forget_attempts(digest, address)
    return known.account


def has_second_factor(ports: Ports, account_id: UUID) -> bool:
    """Whether signing in takes a one-time password, too."""
    with ports.store.begin() as tx:
        factor = tx.second_factor(account_id)
    return factor is not None and factor.confirmed


def check_second_factor(ports: Ports, account_id: UUID, code: str, address: str) -> None:
    """A one-time password or a recovery code; either works once. Attempts are counted as those of passwords are.

    Raises TooManyAttemptsError, SecondFactorRefusedError.
    """
    digest = factor_rules.attempts_digest(account_id)
    with ports.store.begin() as tx:
        attempts = tx.count_attempt(digest, address, rules.FAILURE_WINDOW)
    if attempts.failures > rules.MAX_FAILURES:
        log.warning("second_factor.blocked", account=str(account_id), failures=attempts.failures)
        raise TooManyAttemptsError(retry_after=max(1, int(attempts.again_in.total_seconds())))
    with ports.store.begin() as tx:
        factor = tx.second_factor(account_id)
        if factor is None or not factor.confirmed:
            raise SecondFactorRefusedError
        step = factor_rules.step_of(factor, code, tx.now())
        recovered = step is None and tx.use_recovery_code(account_id, factor_rules.recovery_digest(code))
        if not recovered and (step is None or not tx.use_step(account_id, step)):
            raise SecondFactorRefusedError
        tx.forget_attempts(digest, address)
    if recovered:
        log.warning("recovery_code.used", account=str(account_id))


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
