"""What every account does about itself: its sessions, its second factor, its tokens for programs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from infra.web.callers import Callers
from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.visits import Visits
from services.intake.api.calling import PREFIX, Allowed, answer, came_from, hashing, ports_of
from services.intake.api.requests import NewPassword, NewProgramToken, SecondFactorCode
from services.intake.domain import errors as e
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.sessions import OpenSession
from services.intake.domain.tokens import ProgramToken
from services.intake.problems import types_of
from services.intake.usecases import accounts as account_use
from services.intake.usecases import second_factor as factor_use
from services.intake.usecases import sessions as session_use
from services.intake.usecases import tokens as token_use

router = APIRouter(prefix=f"{PREFIX}/own", tags=["own"])

Self = Annotated[Caller, Depends(Allowed(Action.MANAGE_OWN_ACCOUNT))]


class OpenSessionOut(BaseModel):
    session_id: UUID
    kind: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool

    @classmethod
    def of(cls, session: OpenSession, who: Caller) -> OpenSessionOut:
        return cls(
            session_id=session.session_id,
            kind=session.kind,
            agent=session.agent,
            address=session.address,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            current=session.session_id == who.session_id,
        )


class OpenSessions(BaseModel):
    items: list[OpenSessionOut]


class EnrolmentOut(BaseModel):
    """For an authenticator application; good once a code has confirmed it."""

    secret: str
    uri: str


class RecoveryCodes(BaseModel):
    """Shown this once; each works once in place of a one-time password."""

    recovery_codes: list[str]


class ProgramTokenOut(BaseModel):
    token_id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, token: ProgramToken) -> ProgramTokenOut:
        return cls(**_plain(token))


class MadeTokenOut(ProgramTokenOut):
    """The token is shown this once."""

    token: str


class ProgramTokens(BaseModel):
    items: list[ProgramTokenOut]


def _plain(token: ProgramToken) -> dict[str, object]:
    return {
        "token_id": token.token_id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "used_at": token.used_at,
    }


def forget_session(request: Request, session_id: UUID) -> None:
    """This process asks the database anew about a session that it has just ended."""
    visits: Visits = request.app.state.visits
    callers: Callers = request.app.state.callers
    visits.forget(session_id)
    callers.forget_session(session_id)


@router.get("/sessions", response_model=OpenSessions, responses=problem_responses(*SIGNED_IN))
def list_sessions(request: Request, who: Self) -> Response:
    """Where this account is signed in, the newest first."""
    rows = session_use.list_sessions(ports_of(request), who)
    return answer(OpenSessions(items=[OpenSessionOut.of(row, who) for row in rows]))


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    response_class=Response,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def end_session(request: Request, who: Self, session_id: UUID) -> Response:
    """End a session, also this one: its cookie and its access tokens are refused from now on."""
    session_use.end_session(ports_of(request), who, session_id)
    forget_session(request, session_id)
    return Response(status_code=204)


@router.post(
    "/password",
    status_code=204,
    response_class=Response,
    responses=problem_responses(
        *SIGNED_IN, *types_of(e.WrongPasswordError, e.WeakPasswordError, e.TooManyAttemptsError)
    ),
)
async def change_password(request: Request, who: Self, body: NewPassword) -> Response:
    """Another password, for who knows the one there is. Every session of the account but this one ends."""
    ended = await hashing(
        request, account_use.change_password, ports_of(request), who, body.old, body.new, came_from(request).address
    )
    for session_id in ended:
        forget_session(request, session_id)
    return Response(status_code=204)


@router.post(
    "/second-factor",
    response_model=EnrolmentOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *types_of(e.SecondFactorExistsError, e.NotFoundError)),
)
def begin_enrolment(request: Request, who: Self) -> Response:
    """A secret for an authenticator application."""
    enrolment = factor_use.begin_enrolment(ports_of(request), who, anew=True)
    return answer(EnrolmentOut(secret=enrolment.secret, uri=enrolment.uri), 201)


@router.post(
    "/second-factor/confirmation",
    response_model=RecoveryCodes,
    responses=problem_responses(
        *SIGNED_IN, *types_of(e.SecondFactorRefusedError, e.SecondFactorExistsError, e.NotFoundError)
    ),
)
def confirm_enrolment(request: Request, who: Self, body: SecondFactorCode) -> Response:
    """Prove with a first one-time password that the application has the secret."""
    return answer(RecoveryCodes(recovery_codes=list(factor_use.confirm_enrolment(ports_of(request), who, body.code))))


@router.post(
    "/tokens",
    response_model=MadeTokenOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *types_of(e.BadTokenError)),
)
def make_token(request: Request, who: Self, body: NewProgramToken) -> Response:
    """A token for a program, limited to scopes and to a number of days."""
    token, kept = token_use.make_token(
        ports_of(request), who, body.name, frozenset(body.scopes), timedelta(days=body.days)
    )
    return answer(MadeTokenOut(token=token, **_plain(kept)), 201)


@router.get("/tokens", response_model=ProgramTokens, responses=problem_responses(*SIGNED_IN))
def list_tokens(request: Request, who: Self) -> Response:
    """This account's tokens that are good now; never the tokens themselves."""
    rows = token_use.list_tokens(ports_of(request), who)
    return answer(ProgramTokens(items=[ProgramTokenOut.of(row) for row in rows]))


@router.delete(
    "/tokens/{token_id}",
    status_code=204,
    response_class=Response,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def revoke_token(request: Request, who: Self, token_id: UUID) -> Response:
    """Refuse a token, within two seconds."""
    token_use.revoke_token(ports_of(request), who, token_id)
    return Response(status_code=204)
