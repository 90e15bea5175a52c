"""The second factor: set up by its owner, proven once, reset by who governs the account."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import structlog

from services.intake.domain import second_factor as rules
from services.intake.domain.attempts import ANYWHERE
from services.intake.domain.errors import (
    BadAccountError,
    NotFoundError,
    SecondFactorExistsError,
    SecondFactorRefusedError,
)
from services.intake.domain.permissions import Caller
from services.intake.ports import Ports
from services.intake.usecases.accounts import governed
from services.intake.usecases.ending import end_sessions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """What a telephone has to be told: the secret, and the same as the text of a QR code."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands with its second factor."""

    confirmed: bool
    recovery_codes_left: int


def standing(ports: Ports, caller: Caller) -> Standing:
    with ports.store.begin() as tx:
        factor = tx.second_factor(caller.account_id)
        return Standing(factor is not None and factor.confirmed, tx.recovery_codes_left(caller.account_id))


def begin_enrolment(ports: Ports, caller: Caller, *, anew: bool = False) -> Enrolment:
    """The secret to scan; the same again until it is confirmed, unless a new one is asked for.

    Raises SecondFactorExistsError.
    """
    with ports.store.begin() as tx:
        account, factor = tx.account(caller.account_id), tx.second_factor(caller.account_id)
        if account is None:
            raise NotFoundError
        secret = rules.new_secret() if factor is None or anew else factor.secret
        if (factor is None or anew or factor.confirmed) and not tx.begin_second_factor(caller.account_id, secret):
            raise SecondFactorExistsError
    return Enrolment(secret, rules.enrolment_uri(secret, account.login))


def confirm_enrolment(ports: Ports, caller: Caller, code: str) -> tuple[str, ...]:
    """Prove that the telephone has the secret; returns the recovery codes, which are shown this once.

    Raises NotFoundError without an enrolment, SecondFactorExistsError, SecondFactorRefusedError.
    """
    recovery = rules.new_recovery_codes()
    with ports.store.begin() as tx:
        factor = tx.second_factor(caller.account_id)
        if factor is None:
            raise NotFoundError
        step = rules.step_of(factor, code, tx.now())
        if step is None:
            raise SecondFactorRefusedError(
                "动态口令不正确，请重新扫码，并确认手机时间准确。",
                "The one-time password is wrong. Scan again, and check the telephone's clock.",
            )
        digests = [rules.recovery_digest(one) for one in recovery]
        if not tx.confirm_second_factor(caller.account_id, step, digests):
            raise SecondFactorExistsError
    log.info("second_factor.confirmed", account=str(caller.account_id))
    return recovery


def reset_second_factor(ports: Ports, caller: Caller, account_id: UUID) -> None:
    """Take the factor away and end the account's sessions; the account then sets up a new one.

    Raises NotFoundError, ForbiddenError, BadAccountError for one's own.
    """
    if account_id == caller.account_id:
        raise BadAccountError(
            "不能重置自己的动态口令，请由其他管理人员操作。", "Nobody can reset his own second factor."
        )
    with ports.store.begin() as tx:
        governed(tx.account(account_id), caller)
        tx.drop_second_factor(account_id)
        tx.forget_attempts(rules.attempts_digest(account_id), ANYWHERE)
        end_sessions(tx, account_id, "second-factor-reset")
    log.warning("second_factor.reset", account=str(account_id), by=str(caller.account_id))
