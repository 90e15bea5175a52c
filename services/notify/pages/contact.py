"""A contact as intake's page sends it without scripts: saved here, or shown again with what is wrong.

What is typed goes from the browser to notify alone. The page that shows the form gives it a pass, an access token of
minutes, since notify knows no cookies; and the address on intake's side that the browser goes to next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.callers import Callers
from infra.web.csrf import FOREIGN_REQUEST, is_foreign, posted
from infra.web.pages import Pages, local_path, redirect
from infra.web.principal import utc_now
from infra.web.problems import Problem, ProblemType
from services.notify.domain.contacts import is_proven
from services.notify.domain.errors import NotifyError, PasswordNeededError
from services.notify.permissions import MAY, Action
from services.notify.problems import problem_of
from services.notify.usecases import contacts

if TYPE_CHECKING:
    from services.notify.api.app import Desk

PATH = "/contact/form"
_PAGES = Pages("services.notify.pages", "notify")
_SAVED, _ASK = "/account/contact/saved", "/account/contact"
_FIELDS = ("name", "mobile", "email")
_MOST = 500


TOO_LATE = ProblemType(
    "form-too-late",
    401,
    "填写时间过长或登录已结束，没有保存。请重新打开填写页面，再填入下面的内容。",
    "This took too long, or you were signed out; nothing was saved. Open the page again and fill in what stands here.",
)


def contact_form(desk: Desk, prefix: str) -> APIRouter:
    """The route of the form."""
    router = APIRouter(prefix=prefix, include_in_schema=False)

    @router.post(PATH)
    async def post_contact(request: Request) -> Response:
        """Save and go back; a fault is shown beside its field, with everything that was typed."""
        if is_foreign(request):
            raise Problem(FOREIGN_REQUEST)
        form = await posted(request)
        typed = {name: str(form.get(name, ""))[:_MOST] for name in _FIELDS}
        access, back = str(form.get("pass", "")), str(form.get("back", ""))
        await request.close()  # a file that somebody sends along
        callers: Callers = request.app.state.callers
        try:
            who = await callers.principal(access)
        except Problem:
            return _again(request, typed, Problem(TOO_LATE), access="", back="")
        if not who.has(*MAY[Action.WRITE_OWN_CONTACT]):
            raise Problem(FOREIGN_REQUEST)
        proven = is_proven(who.password_at, utc_now())
        command = contacts.Registration(who.account_id, who.roles, who.unit_code, **typed, proven=proven)
        try:
            await run_in_threadpool(_register, desk, command)
        except PasswordNeededError as error:
            return _again(request, typed, problem_of(error), access="", back="")
        except NotifyError as error:
            return _again(request, typed, problem_of(error), access=access, back=back)
        return redirect(local_path(back, _ASK) if back.startswith(f"{_SAVED}?") else _ASK)

    return router


def _register(desk: Desk, command: contacts.Registration) -> None:
    with desk.transactor() as store:
        contacts.register(store, desk.sealer, command)


def _again(request: Request, typed: dict[str, str], problem: Problem, *, access: str, back: str) -> Response:
    return _PAGES.show(
        request,
        "contact_again.html",
        status=problem.type.status,
        typed=typed,
        problem=problem,
        findings=[finding.model_dump() for finding in problem.findings],
        access=access,
        back=back,
        action=request.url.path,
        ask=_ASK,
    )
