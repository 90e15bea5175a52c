"""A forgotten password: asked for by anybody, settled by the worker, its code accepted from notify by its digest."""

from __future__ import annotations

from uuid import uuid4

import structlog

from contracts.events import ResetIssuedV1, ResetRequestedV1
from services.intake.domain import accounts as rules
from services.intake.domain import resets
from services.intake.domain.errors import TooManyAttemptsError
from services.intake.ports import Ports, Transaction

log = structlog.get_logger(__name__)

_AT_ONCE = 50


def ask_for_code(ports: Ports, login: str, address: str) -> None:
    """Note that a new password is wanted. Known and unknown logins are the same work: nobody is looked up here.

    Raises TooManyAttemptsError.
    """
    with ports.store.begin() as tx:
        own = tx.count_attempt(resets.asking_digest(login), address, rules.FAILURE_WINDOW)
        all_ = tx.count_attempt(resets.ASKING_OF_ALL, address, rules.FAILURE_WINDOW)
        too_many = own.failures > resets.MAX_ASKED or all_.failures > resets.MAX_ASKED_OF_ALL
        if not too_many:
            tx.add_reset_request(uuid4(), rules.login_digest(login), address)
    if too_many:
        again_in = own.again_in if own.failures > resets.MAX_ASKED else all_.again_in
        log.warning("reset.blocked", asked=own.failures, asked_of_all=all_.failures)
        raise TooManyAttemptsError(
            "申请次数过多，请稍后再试。已发出的邮件中，最后一封里的验证码仍然有效；也可以请秘书处发放激活码。",
            "Too many requests from here; try again later. The code in the latest mail is still good, or ask the "
            "secretariat for an activation code.",
            retry_after=max(1, int(again_in.total_seconds())),
        )


def settle_requests(ports: Ports) -> int:
    """Pass the requests on that are for accounts of ours and within their limits; how many were looked at."""
    with ports.store.begin() as tx:
        asked = tx.reset_requests(_AT_ONCE)
        for request in asked:
            account_id = request.account_id
            sent = account_id is not None and resets.may_mail(*tx.resets_mailed(account_id, at_home=request.at_home))
            tx.settle_reset_request(request, sent=sent)
            if sent and account_id is not None:
                event = ResetRequestedV1(
                    account_id=account_id, request_id=request.request_id, requested_at=request.asked_at
                )
                tx.emit(event, subject=str(account_id))
                log.info("reset.requested", account=str(account_id), request=str(request.request_id))
            elif account_id is not None:
                log.warning("reset.limited", account=str(account_id), request=str(request.request_id))
    return len(asked)


def code_issued(tx: Transaction, event: ResetIssuedV1) -> bool:
    """Accept a code from now on. False if it is of no request of ours, over, or overtaken by a later one's."""
    return tx.add_mailed_code(
        event.request_id, event.account_id, bytes.fromhex(event.digest), event.expires_at, resets.LATEST_USE
    )
