"""Accounts, activations, sessions."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from infra.web.fields import LongText
from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.paging import BAD_CURSOR, After, Limit, Page, Pager
from services.intake.api.answers import AccountOut, AskedOut, DisabledOut, IssuedOut, ReissuedCodesOut, SessionOut
from services.intake.api.calling import PREFIX, Allowed, answer, came_from, hashing, ports_of
from services.intake.api.requests import NewAccountIn, NewActivation, NewCodes, NewSession, PasswordRequest, Reason
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.resets import CODE_LIFETIME
from services.intake.problems import types_of
from services.intake.usecases import accounts as use
from services.intake.usecases import resets
from services.intake.usecases import second_factor as factor_use
from services.intake.usecases import sessions as door

router = APIRouter(prefix=PREFIX, tags=["accounts"])

_SIGN_IN = types_of(
    e.SignInRefusedError,
    e.SecondFactorNeededError,
    e.SecondFactorRefusedError,
    e.AccountDisabledError,
    e.TooManyAttemptsError,
)


@router.post("/sessions", response_model=SessionOut, status_code=201, responses=problem_responses(*_SIGN_IN))
async def sign_in(request: Request, body: NewSession) -> Response:
    """Sign in. Failures are counted for this login from this address, so nobody can lock another out from elsewhere.

    Where very many of all logins have failed from one address, only accounts that were signed in from there before get
    in, with the right password; the answer to all others is `too-many-attempts`.

    An account with a second factor is answered `second-factor-needed` until `totp` is given, too.
    """
    came = came_from(request)
    session = await hashing(request, door.sign_in, ports_of(request), body.login, body.password, body.totp, came)
    return answer(SessionOut.of(session), 201)


@router.post(
    "/activations",
    response_model=AccountOut,
    responses=problem_responses(*types_of(e.ActivationRefusedError, e.WeakPasswordError)),
)
async def activate(request: Request, body: NewActivation) -> Response:
    """Choose a password with the one-time code of a letter or a mail. A refused password leaves the code good.

    Every session of the account ends. A second factor stays, and is asked for when signing in.
    """
    return answer(AccountOut.of(await hashing(request, use.activate, ports_of(request), body.code, body.password)))


@router.post(
    "/password-requests",
    response_model=AskedOut,
    status_code=202,
    responses=problem_responses(*types_of(e.TooManyAttemptsError)),
)
def ask_for_password(request: Request, body: PasswordRequest) -> Response:
    """Have a code for a new password sent to the account's mailbox; give it to `activations`.

    The answer, and how long it takes, are the same whether there is such an account and mailbox or not.
    """
    resets.ask_for_code(ports_of(request), body.login, came_from(request).address)
    return answer(AskedOut(code_minutes=int(CODE_LIFETIME.total_seconds() // 60)), 202)


@router.post(
    "/accounts",
    response_model=IssuedOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *types_of(e.BadAccountError, e.LoginTakenError)),
)
def create_account(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.CREATE_ACCOUNT))], body: NewAccountIn
) -> Response:
    """Make an account; its activation code is in the answer and nowhere else."""
    command = use.NewAccount(body.login, body.name, frozenset(body.roles), body.unit_code)
    return answer(IssuedOut.of(use.create_account(ports_of(request), who, command)), 201)


@router.post(
    "/accounts/{account_id}/activation",
    response_model=IssuedOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.AccountDisabledError)),
)
def reissue_activation(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.REISSUE_ACTIVATION))], account_id: UUID
) -> Response:
    """A new code, also to replace a forgotten password; earlier codes are void."""
    return answer(IssuedOut.of(use.reissue_activation(ports_of(request), who, account_id)), 201)


@router.post(
    "/accounts/activations",
    response_model=ReissuedCodesOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *types_of(e.RowsRefusedError)),
)
def reissue_many(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.REISSUE_ACTIVATION))], body: NewCodes
) -> Response:
    """New codes for many accounts, all of them or none; their earlier codes are void."""
    return answer(ReissuedCodesOut.of_all(use.reissue_many(ports_of(request), who, body.account_ids)), 201)


@router.post(
    "/accounts/{account_id}/disabling",
    response_model=DisabledOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.BadAccountError)),
)
def disable_account(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.DISABLE_ACCOUNT))], account_id: UUID, body: Reason
) -> Response:
    """Refuse the account's tokens from now on, in every service."""
    disabled_at = use.disable_account(ports_of(request), who, account_id, body.reason)
    return answer(DisabledOut(account_id=account_id, disabled_at=disabled_at))


@router.delete(
    "/accounts/{account_id}/second-factor",
    status_code=204,
    response_class=Response,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def reset_second_factor(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.RESET_SECOND_FACTOR))], account_id: UUID
) -> Response:
    """For who has lost his telephone and his recovery codes: the account's sessions end, and it enrols anew."""
    factor_use.reset_second_factor(ports_of(request), who, account_id)
    return Response(status_code=204)


@router.get("/accounts", response_model=Page[AccountOut], responses=problem_responses(*SIGNED_IN, BAD_CURSOR))
def list_accounts(
    request: Request,
    _who: Annotated[Caller, Depends(Allowed(Action.LIST_ACCOUNTS))],
    search: Annotated[LongText, Query(max_length=100, description="Part of a login, a name or a unit's code.")] = "",
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """By login."""
    pager = Pager(request.app.state.cursor_secret, f"accounts {search}")
    key = pager.key(after, (str,))
    rows = use.list_accounts(ports_of(request), str(key[0]) if key else None, limit, search.strip())
    return answer(pager.page([AccountOut.of(row) for row in rows], limit, lambda row: (row.login,)))
