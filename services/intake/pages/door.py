"""The door: signing in, with the second factor where there is one, and out; the first password with a one-time code."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from infra.web.cookies import read_cookie
from infra.web.csrf import DOOR, Csrf
from infra.web.pages import local_path, redirect
from infra.web.passes import drop_pass
from infra.web.tickets import Tickets
from infra.web.visits import Visitor, Visits, begin_visit, digest_of, end_visit, new_secret
from services.intake.api.calling import came_from, hashing, ports_of
from services.intake.domain.accounts import Account
from services.intake.domain.errors import (
    ActivationRefusedError,
    IntakeError,
    SecondFactorRefusedError,
    SignInLapsedError,
    TooManyAttemptsError,
    WeakPasswordError,
)
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.sessions import first_place
from services.intake.pages.passing import hand_pass
from services.intake.pages.shell import (
    CONTACT,
    PAGES,
    check_form,
    look_up,
    page_caller,
    texts_of,
    visitor_by_itself,
    visitor_of,
)
from services.intake.problems import problem_of
from services.intake.usecases import accounts as account_use
from services.intake.usecases import sessions as use

router = APIRouter(include_in_schema=False)

_SECOND_STEP = timedelta(minutes=10)
_KEPT, _TARGET = "kept:", "kept-target"
REFUSED = 422
_NOBODY = UUID(int=0)
Looker = Annotated[Visitor | None, Depends(visitor_of)]


@router.get("/login")
def login_page(request: Request, visitor: Looker, next: str = "", out: str = "") -> Response:  # noqa: A002 - its name in the address
    """Who is signed in already goes on."""
    if visitor is not None:
        return redirect(local_path(next, first_place(visitor.roles)))
    return PAGES.show(request, "door/login.html", **_form(next=local_path(next, ""), signed_out=bool(out)))


def _form(**given: Any) -> dict[str, Any]:
    return {"next": "", "login": "", "kept": [], "target": "", "problem": None, "signed_out": False, **given}


@router.post("/login", dependencies=[Depends(check_form)])
async def login(request: Request) -> Response:
    """The first step: login and password. Whatever is wrong, the answer and the work are the same."""
    texts, came = await texts_of(request), came_from(request)
    name, password = texts.get("login", "")[:200], texts.get("password", "")[:1000]
    try:
        proven = await hashing(request, use.authenticate, ports_of(request), name, password, came.address)
    except IntakeError as error:
        problem = problem_of(error)
        form = _form(next=_next(texts), login=name, kept=_kept(texts), target=_target(texts), problem=problem)
        return slow_down(PAGES.show(request, "door/login.html", status=problem.type.status, **form), error)
    if await run_in_threadpool(use.has_second_factor, ports_of(request), proven.account.account_id):
        holder = read_cookie(request, DOOR) or ""
        now = ports_of(request).clock.now()
        subject = f"{proven.account.account_id} {proven.mark}"
        ticket = _tickets(request).issue(subject, holder, now=now, lifetime=_SECOND_STEP)
        return _second_step(request, texts, ticket)
    return await enter(request, proven.account, texts)


def _second_step(request: Request, texts: dict[str, str], ticket: str, error: IntakeError | None = None) -> Response:
    problem = problem_of(error) if error else None
    status = problem.type.status if problem else 200
    form = _form(next=_next(texts), kept=_kept(texts), target=_target(texts), problem=problem)
    return slow_down(PAGES.show(request, "door/code.html", status=status, ticket=ticket, **form), error)


@router.post("/login/code", dependencies=[Depends(check_form)])
async def login_code(request: Request) -> Response:
    """The second step: a one-time password, or a recovery code. A password changed in between voids the first."""
    texts, came, ports = await texts_of(request), came_from(request), ports_of(request)
    ticket = texts.get("ticket", "")
    subject = _tickets(request).read(ticket, read_cookie(request, DOOR) or "") or f"{_NOBODY} "
    account_id, _, mark = subject.partition(" ")
    try:
        account = await run_in_threadpool(use.second_step, ports, UUID(account_id), mark)
    except SignInLapsedError as error:
        problem = problem_of(error)
        form = _form(next=_next(texts), kept=_kept(texts), target=_target(texts), problem=problem)
        return PAGES.show(request, "door/login.html", status=problem.type.status, **form)
    try:
        await run_in_threadpool(
            use.check_second_factor, ports, account.account_id, texts.get("code", "")[:100], came.address
        )
    except (SecondFactorRefusedError, TooManyAttemptsError) as error:
        return _second_step(request, texts, ticket, error)
    return await enter(request, account, texts)


async def enter(request: Request, account: Account, texts: dict[str, str], first: str = "") -> Response:
    """A fresh session and its cookie; then where the visitor was going, or what he had been sending."""
    ports, secret = ports_of(request), new_secret()
    await run_in_threadpool(_leave, request)
    digest = digest_of(secret)
    await run_in_threadpool(use.open_page_session, ports, account, digest, came_from(request))
    visitor = await run_in_threadpool(look_up, ports, digest)
    request.state.visitor = visitor
    place = visitor.confined_to if visitor and visitor.confined_to else first
    target = _target(texts)
    if target and not place:
        back = target.partition("?")[0]
        answer: Response = PAGES.show(request, "continue.html", target=target, back=back, kept=_kept_pairs(texts))
    else:
        answer = redirect(place or local_path(_next(texts), first_place(account.roles)))
    begin_visit(request, answer, secret)
    if visitor is not None:
        hand_pass(request, answer, visitor)
    return answer


def _leave(request: Request) -> None:
    """End the session that this browser had, if any."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None:
        return
    visits: Visits = request.app.state.visits
    caller = Caller(visitor.account_id, visitor.name, visitor.roles, visitor.unit_code)
    use.end_session(ports_of(request), caller, visitor.session_id, "signed-out")
    visits.forget(visitor.session_id)


@router.post("/logout")
async def logout(
    request: Request, _who: Annotated[Caller, Depends(page_caller(Action.MANAGE_OWN_ACCOUNT, confined_too=True))]
) -> Response:
    """End the session, here and for its access tokens."""
    await run_in_threadpool(_leave, request)
    answer = redirect("/login?out=1")
    end_visit(request, answer)
    drop_pass(request, answer)
    return answer


@router.get("/session")
def session(request: Request, visitor: Annotated[Visitor | None, Depends(visitor_by_itself)]) -> Response:
    """For our scripts: whether somebody is signed in, and the form token of his session; with a fresh pass if so."""
    csrf: Csrf = request.app.state.csrf
    answer = JSONResponse({"signed_in": visitor is not None, "csrf": csrf.of_session(visitor) if visitor else ""})
    if visitor is not None:
        hand_pass(request, answer, visitor)
    return answer


@router.get("/activate")
def activation_page(request: Request, _visitor: Looker) -> Response:
    """The letter's QR code leads here. The code stands behind the `#`: a script fills it in, no server ever sees it."""
    return _activation(request)


def _activation(request: Request, code: str = "", finding: dict[str, str] | None = None) -> Response:
    status, findings = (200, []) if finding is None else (REFUSED, [finding])
    return PAGES.show(request, "door/activate.html", status=status, scripts=True, code=code, findings=findings)


@router.post("/activate", dependencies=[Depends(check_form)])
async def activate(request: Request) -> Response:
    """Choose a password with the one-time code; then the visitor is in, but for his second factor."""
    texts, ports = await texts_of(request), ports_of(request)
    code, password = texts.get("code", "")[:100], texts.get("password", "")[:1000]
    if password != texts.get("again", "")[:1000]:
        differ = WeakPasswordError("两次输入的密码不一致，请重新输入。", "The two passwords differ; type them again.")
        return _activation(request, code, finding_of(differ, "password"))
    try:
        account = await hashing(request, account_use.activate, ports, code, password)
    except (ActivationRefusedError, WeakPasswordError) as error:
        place = "code" if isinstance(error, ActivationRefusedError) else "password"
        return _activation(request, code, finding_of(error, place))
    if await run_in_threadpool(use.has_second_factor, ports, account.account_id):
        return PAGES.show(request, "door/login.html", **_form(login=account.login, signed_out=False))
    return await enter(request, account, {}, first=CONTACT)


def finding_of(error: IntakeError, place: str) -> dict[str, str]:
    problem = problem_of(error)
    return {
        "zh": problem.detail_zh or problem.type.zh,
        "en": problem.detail_en or problem.type.en,
        "place": place,
    }


def slow_down(answer: Response, error: IntakeError | None) -> Response:
    if error is not None and "retry_after" in error.extra:
        answer.headers["Retry-After"] = str(error.extra["retry_after"])
    return answer


def _tickets(request: Request) -> Tickets:
    csrf: Csrf = request.app.state.csrf
    return Tickets(csrf.secret, "second step")


def _next(texts: dict[str, str]) -> str:
    return local_path(texts.get("next", ""), "")


def _target(texts: dict[str, str]) -> str:
    return local_path(texts.get(_TARGET, ""), "")


def _kept_pairs(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.removeprefix(_KEPT), text) for name, text in texts.items() if name.startswith(_KEPT)]


def _kept(texts: dict[str, str]) -> list[tuple[str, str]]:
    return _kept_pairs(texts)
