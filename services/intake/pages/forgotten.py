"""A forgotten password: ask for a mail, and set a new one with the code that it holds."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from services.intake.api.calling import came_from, hashing, ports_of
from services.intake.domain.errors import ActivationRefusedError, TooManyAttemptsError, WeakPasswordError
from services.intake.pages.door import REFUSED, Looker, enter, finding_of, slow_down
from services.intake.pages.shell import PAGES, check_form, texts_of
from services.intake.usecases import accounts as account_use
from services.intake.usecases import resets as use
from services.intake.usecases import sessions as session_use

_NOT_GOOD = {
    "zh": "验证码无效、已使用、已过期，或已被后来的邮件代替。请核对；邮件刚收到的，请等一分钟再试；也可以重新申请。",
    "en": "The code is wrong, used, expired, or replaced by a later mail's. Check it; if its mail has only just "
    "come, wait a minute. Or ask for another.",
    "place": "code",
}
router = APIRouter(include_in_schema=False, prefix="/password")


@router.get("")
def password_page(request: Request, _visitor: Looker) -> Response:
    """What to do when the password is forgotten."""
    return PAGES.show(request, "door/password.html", login="", findings=[])


@router.post("", dependencies=[Depends(check_form)])
async def ask(request: Request) -> Response:
    """The same answer, after the same work, whether there is such an account and mailbox or not."""
    login = (await texts_of(request)).get("login", "").strip()[:200]
    if not login:
        finding = {"zh": "请填写登录名。", "en": "Give your login.", "place": "login"}
        return PAGES.show(request, "door/password.html", status=REFUSED, login="", findings=[finding])
    try:
        await run_in_threadpool(use.ask_for_code, ports_of(request), login, came_from(request).address)
    except TooManyAttemptsError as error:
        findings = [finding_of(error, "login")]
        return slow_down(PAGES.show(request, "door/password.html", status=429, login=login, findings=findings), error)
    return PAGES.show(request, "door/asked.html", login=login)


@router.get("/new")
def new_password_page(request: Request, _visitor: Looker) -> Response:
    """The mail leads here. The code stands behind the `#`: a script fills it in, and no server or log ever sees it."""
    return PAGES.show(request, "door/new_password.html", scripts=True, code="", findings=[])


@router.post("/new", dependencies=[Depends(check_form)])
async def set_password(request: Request) -> Response:
    """Every session ends; then the visitor is in, but for his second factor."""
    texts, ports = await texts_of(request), ports_of(request)
    code, password = texts.get("code", "")[:100], texts.get("password", "")[:1000]
    if password != texts.get("again", "")[:1000]:
        differ = WeakPasswordError("两次输入的密码不一致，请重新输入。", "The two passwords differ; type them again.")
        return _again(request, code, finding_of(differ, "password"))
    try:
        account = await hashing(request, account_use.activate, ports, code, password)
    except ActivationRefusedError:
        return _again(request, code, _NOT_GOOD)
    except WeakPasswordError as error:
        return _again(request, code, finding_of(error, "password"))
    if await run_in_threadpool(session_use.has_second_factor, ports, account.account_id):
        return PAGES.show(request, "door/password_set.html", login=account.login)
    return await enter(request, account, {})


def _again(request: Request, code: str, finding: dict[str, str]) -> Response:
    return PAGES.show(request, "door/new_password.html", status=REFUSED, scripts=True, code=code, findings=[finding])
