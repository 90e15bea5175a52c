"""One's own account: where it is signed in, its second factor, its tokens for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from infra.web.csrf import Csrf, posted
from infra.web.pages import redirect
from infra.web.tickets import Tickets
from services.intake.api.calling import came_from, hashing, ports_of
from services.intake.api.own import forget_session
from services.intake.domain.errors import (
    BadTokenError,
    IntakeError,
    SecondFactorExistsError,
    SecondFactorRefusedError,
    TooManyAttemptsError,
    WeakPasswordError,
    WrongPasswordError,
)
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.roles import ROLE_WORDS
from services.intake.domain.sessions import ABSOLUTE, FORM_PASS, first_place
from services.intake.domain.tokens import SCOPE_WORDS, allowed_scopes
from services.intake.pages.shell import CONTACT, ENROLMENT, PAGES, page_caller, texts_of
from services.intake.pages.times import shown
from services.intake.problems import problem_of
from services.intake.usecases import accounts as account_use
from services.intake.usecases import second_factor as factor_use
from services.intake.usecases import sessions as session_use
from services.intake.usecases import tokens as token_use

router = APIRouter(include_in_schema=False)

Self = Annotated[Caller, Depends(page_caller(Action.MANAGE_OWN_ACCOUNT))]
SelfWithoutContact = Annotated[Caller, Depends(page_caller(Action.MANAGE_OWN_ACCOUNT, without_contact=True))]
SelfConfined = Annotated[Caller, Depends(page_caller(Action.MANAGE_OWN_ACCOUNT, confined_too=True))]

_DAYS = (
    ("30", "30 天", "30 days"),
    ("90", "90 天", "90 days"),
    ("180", "180 天", "180 days"),
    ("366", "一年", "one year"),
)


@router.get("/account")
def account_page(request: Request, who: Self, changed: str = "") -> Response:
    """Everything about oneself on one page."""
    return _account(request, who, changed=changed == "password")


def _account(request: Request, who: Caller, status: int = 200, **more: Any) -> Response:
    ports = ports_of(request)
    account = account_use.find_account(ports, who.account_id)
    given = {"name": "", "scopes": [], "days": "180", "findings": [], "made": None, "changed": False, **more}
    return PAGES.show(
        request,
        "account/account.html",
        status=status,
        account=account,
        roles=[ROLE_WORDS[role] for role in sorted(who.roles)],
        sessions=session_use.list_sessions(ports, who),
        current=who.session_id,
        standing=factor_use.standing(ports, who),
        factor_required=not who.roles.isdisjoint(ports.factor_required),
        tokens=token_use.list_tokens(ports, who),
        scopes=[(scope, *SCOPE_WORDS[scope]) for scope in allowed_scopes(who.roles)],
        scope_words=SCOPE_WORDS,
        days=_DAYS,
        when=shown,
        given=given,
    )


@router.post("/account/sessions/{session_id}/end")
def end_session(request: Request, who: Self, session_id: UUID) -> Response:
    """End one of one's sessions elsewhere."""
    session_use.end_session(ports_of(request), who, session_id)
    forget_session(request, session_id)
    return redirect("/account#sessions")


@router.post("/account/sessions/end-others")
def end_others(request: Request, who: Self) -> Response:
    """End every session but this one."""
    for session_id in session_use.end_other_sessions(ports_of(request), who):
        forget_session(request, session_id)
    return redirect("/account#sessions")


@router.get("/account/password")
def password_page(request: Request, _who: Self) -> Response:
    """Another password, for who knows the one there is."""
    return PAGES.show(request, "account/password.html", findings=[])


@router.post("/account/password")
async def change_password(request: Request, who: Self) -> Response:
    """Other sessions end; this one goes on."""
    texts = await texts_of(request)
    old, new = texts.get("old", "")[:1000], texts.get("password", "")[:1000]
    if new != texts.get("again", "")[:1000]:
        differ = WeakPasswordError("两次输入的密码不一致，请重新输入。", "The two passwords differ; type them again.")
        findings = [_finding(differ, "password")]
        return PAGES.show(request, "account/password.html", status=422, findings=findings)
    try:
        address = came_from(request).address
        ended = await hashing(request, account_use.change_password, ports_of(request), who, old, new, address)
    except (TooManyAttemptsError, WeakPasswordError, WrongPasswordError) as error:
        finding = _finding(error, "password" if isinstance(error, WeakPasswordError) else "old")
        status = problem_of(error).type.status
        return PAGES.show(request, "account/password.html", status=status, findings=[finding])
    for session_id in ended:
        forget_session(request, session_id)
    return redirect("/account?changed=password")


@router.get(CONTACT)
def contact_page(request: Request, who: SelfWithoutContact) -> Response:
    """Whom to reach. Who has said so before gives his password first: codes for a forgotten one go to that mailbox."""
    if session_use.has_contact(ports_of(request), who):
        return PAGES.show(request, "account/contact_password.html", findings=[])
    return _contact(request, who, proven=False)


@router.post(CONTACT)
async def open_contact(request: Request, who: SelfWithoutContact) -> Response:
    """The form, for who has given his password."""
    password, address = (await texts_of(request)).get("password", "")[:1000], came_from(request).address
    try:
        await hashing(request, account_use.check_own_password, ports_of(request), who, password, address)
    except (TooManyAttemptsError, WrongPasswordError) as error:
        finding, status = _finding(error, "password"), problem_of(error).type.status
        return PAGES.show(request, "account/contact_password.html", status=status, findings=[finding])
    return await run_in_threadpool(_contact, request, who, proven=True)


def _contact(request: Request, who: Caller, *, proven: bool) -> Response:
    """Kept by notify alone, so the form goes to notify, with a pass that notify knows who brings it."""
    ports, visitor = ports_of(request), request.state.visitor
    access, _ = session_use.short_token(ports, who, FORM_PASS, proven=proven)
    ticket = _contact_tickets(request).issue(
        str(who.session_id), str(who.account_id), now=ports.clock.now(), lifetime=ABSOLUTE
    )
    return PAGES.show(
        request,
        "account/contact.html",
        scripts=True,
        first=visitor.confined_to == CONTACT,
        proven=proven,
        access=access,
        back=f"{CONTACT}/saved?ticket={ticket}",
    )


@router.get(f"{CONTACT}/saved")
def contact_saved(request: Request, who: SelfWithoutContact, ticket: str = "") -> Response:
    """Notify sends the browser back here when it has the contact."""
    told = _contact_tickets(request).read(ticket, str(who.account_id))
    if who.session_id is None or told != str(who.session_id):
        return redirect(CONTACT)
    session_use.contact_told(ports_of(request), who.session_id)
    forget_session(request, who.session_id)
    return PAGES.show(request, "account/contact_saved.html", onward=first_place(who.roles))


def _contact_tickets(request: Request) -> Tickets:
    csrf: Csrf = request.app.state.csrf
    return Tickets(csrf.secret, "contact")


@router.post("/account/pass")
def access_pass(request: Request, who: SelfWithoutContact) -> Response:
    """An access token of a few minutes for our own scripts; it ends with the session."""
    token, expires_at = session_use.short_token(ports_of(request), who)
    return JSONResponse({"access_token": token, "expires_at": expires_at.isoformat()})


@router.post("/account/tokens")
async def make_token(request: Request, who: Self) -> Response:
    """A token for a program; the page that answers is the only one that shows it."""
    form = await posted(request)
    name = " ".join(str(form.get("name", "")).split())[:100]
    scopes, days = [str(scope) for scope in form.getlist("scopes")], str(form.get("days", "180"))
    lifetime = timedelta(days=int(days) if days.isdecimal() and len(days) <= 4 else 0)  # noqa: PLR2004 - longer is refused anyway
    given: dict[str, Any] = {"name": name, "scopes": scopes, "days": days}
    if not name:
        finding = {"zh": "请写明用途，例如“本馆业务系统”。", "en": "Say what it is for.", "place": "name"}
        return await run_in_threadpool(_account, request, who, 422, findings=[finding], **given)
    try:
        made = await run_in_threadpool(token_use.make_token, ports_of(request), who, name, frozenset(scopes), lifetime)
    except BadTokenError as error:
        finding = _finding(error, str(error.extra.get("place", "name")))
        return await run_in_threadpool(_account, request, who, 422, findings=[finding], **given)
    return await run_in_threadpool(_account, request, who, 200, made=made)


@router.post("/account/tokens/{token_id}/revoke")
def revoke_token(request: Request, who: Self, token_id: UUID) -> Response:
    """Refuse a token from now on."""
    token_use.revoke_token(ports_of(request), who, token_id)
    return redirect("/account#tokens")


@router.get(ENROLMENT)
def enrolment_page(request: Request, who: SelfConfined) -> Response:
    """The QR code to scan; who has a second factor already is told so."""
    try:
        return _enrolment(request, who)
    except SecondFactorExistsError:
        return redirect("/account")


def _enrolment(request: Request, who: Caller, error: IntakeError | None = None) -> Response:
    ports = ports_of(request)
    enrolment = factor_use.begin_enrolment(ports, who)
    import segno  # the one place that draws a code

    picture = segno.make(enrolment.uri, error="m", micro=False).svg_data_uri(scale=5, border=2, light="white")
    return PAGES.show(
        request,
        "account/totp.html",
        status=422 if error else 200,
        picture=picture,
        secret=" ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4)),
        required=not who.roles.isdisjoint(ports.factor_required),
        findings=[_finding(error, "code")] if error else [],
    )


@router.post(ENROLMENT)
async def confirm(request: Request, who: SelfConfined) -> Response:
    """The first one-time password; the page that answers is the only one that shows the recovery codes."""
    code = (await texts_of(request)).get("code", "")[:100]
    try:
        codes = await run_in_threadpool(factor_use.confirm_enrolment, ports_of(request), who, code)
    except SecondFactorRefusedError as error:
        return await run_in_threadpool(_enrolment, request, who, error)
    if who.session_id is not None:
        forget_session(request, who.session_id)
    return PAGES.show(request, "account/recovery.html", codes=codes, onward=CONTACT)


def _finding(error: IntakeError, place: str) -> dict[str, str]:
    problem = problem_of(error)
    return {
        "zh": problem.detail_zh or problem.type.zh,
        "en": problem.detail_en or problem.type.en,
        "place": place,
    }
