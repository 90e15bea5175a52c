"""Sending an entry: as reviewers will see it, what is still missing, the receipt, taking it back."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.direct import DirectRoute
from infra.web.pages import redirect
from services.intake.api.calling import ports_of
from services.intake.domain.documents.posting import Posting, posting_of
from services.intake.domain.entries import TRANSITIONS, Command, State
from services.intake.domain.errors import IntakeError, NotReadyError
from services.intake.domain.permissions import Caller
from services.intake.pages.desk.calling import Reader, Sender, Withdrawer, about, refusal
from services.intake.pages.shell import PAGES, texts_of
from services.intake.problems import problem_of
from services.intake.usecases import entries as use
from services.intake.usecases.desk import Sheet, read_sheet

router = APIRouter(include_in_schema=False, route_class=DirectRoute)

PATH = "/desk/entries/{entry_id}"
_MAX_REASON = 300


@router.get(PATH + "/preview")
def preview(request: Request, who: Reader, entry_id: UUID) -> Response:
    """The entry exactly as reviewers will see it: without personal contact data."""
    sheet = read_sheet(ports_of(request), who, entry_id)
    return PAGES.show(request, "desk/preview.html", scripts=True, **about(sheet))


@router.get(PATH + "/submit")
def check(request: Request, who: Reader, entry_id: UUID) -> Response:
    """Everything that is missing, each with a link to its place; or the button that submits."""
    sheet = read_sheet(ports_of(request), who, entry_id)
    if not sheet.is_editable:
        return redirect(f"/desk/entries/{entry_id}/receipt")
    return _check(request, sheet)


def _posting(sheet: Sheet) -> Posting:
    return posting_of(sheet.campaign.definition, sheet.view.category)


def _check(request: Request, sheet: Sheet, error: IntakeError | None = None) -> Response:
    status = problem_of(error).type.status if error else 200
    findings = refusal(error) if error and not isinstance(error, NotReadyError) else []
    posting = _posting(sheet)
    more = {"findings": findings, "posting": posting, **about(sheet)}
    return PAGES.show(request, "desk/submit.html", status=status, scripts=True, **more)


@router.post(PATH + "/submit")
async def submit(request: Request, who: Sender, entry_id: UUID) -> Response:
    """Submit the version that was looked at; the same again leads to the same receipt."""
    version = (await texts_of(request)).get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 10 else 1  # noqa: PLR2004 - 32 bits
    return await run_in_threadpool(_submit, request, who, entry_id, number)


def _submit(request: Request, who: Caller, entry_id: UUID, version: int) -> Response:
    try:
        use.submit(ports_of(request), who, entry_id, version)
    except IntakeError as error:
        return _check(request, read_sheet(ports_of(request), who, entry_id), error)
    return redirect(f"/desk/entries/{entry_id}/receipt")


@router.get(PATH + "/receipt")
def receipt(request: Request, who: Reader, entry_id: UUID) -> Response:
    """Number and digest, what happens next and when, what to post."""
    sheet = read_sheet(ports_of(request), who, entry_id)
    if sheet.view.entry.receipt is None:
        return redirect(f"/desk/entries/{entry_id}")
    return PAGES.show(
        request,
        "desk/receipt.html",
        scripts=True,
        can_withdraw=(sheet.view.entry.state, Command.WITHDRAW) in TRANSITIONS,
        posting=_posting(sheet),
        stages=_ahead(sheet),
        **about(sheet),
    )


def _ahead(sheet: Sheet) -> list[tuple[str, str, str, str]]:
    """The stages after recommending: (zh, en, when zh, when en); the times only where the campaign names them."""
    stages = sheet.campaign.definition.calendar.stages[1:]
    words = about(sheet)
    return [
        (
            stage.title.zh,
            stage.title.en,
            words["deadline"](stage.ends) if stage.ends else "",
            words["deadline_en"](stage.ends) if stage.ends else "",
        )
        for stage in stages
    ]


@router.get(PATH + "/withdraw")
def ask_withdraw(request: Request, who: Reader, entry_id: UUID) -> Response:
    """A page of its own that says what taking back means."""
    sheet = read_sheet(ports_of(request), who, entry_id)
    if (sheet.view.entry.state, Command.WITHDRAW) not in TRANSITIONS:
        return redirect(f"/desk/entries/{entry_id}")
    return PAGES.show(request, "desk/withdraw.html", scripts=True, findings=[], reason="", **about(sheet))


@router.post(PATH + "/withdraw")
async def withdraw(request: Request, who: Withdrawer, entry_id: UUID) -> Response:
    """Take the entry back; its place is free again."""
    reason = " ".join((await texts_of(request)).get("reason", "").split())
    return await run_in_threadpool(_withdraw, request, who, entry_id, reason)


def _withdraw(request: Request, who: Caller, entry_id: UUID, reason: str) -> Response:
    sheet = read_sheet(ports_of(request), who, entry_id)
    if len(reason) > _MAX_REASON or not reason.isprintable():
        wrong = {
            "zh": f"原因现有 {len(reason)} 个字符，最多 {_MAX_REASON} 个，且不能含控制字符。请缩短。",
            "en": f"The reason has {len(reason)} characters; at most {_MAX_REASON}, none of them control characters.",
            "place": "reason",
        }
        asked = {"findings": [wrong], "reason": reason, **about(sheet)}
        return PAGES.show(request, "desk/withdraw.html", status=422, scripts=True, **asked)
    if sheet.view.entry.state is not State.WITHDRAWN:  # twice is once
        use.withdraw(ports_of(request), who, entry_id, reason)
    return redirect(f"/desk/campaigns/{sheet.campaign.id}")
