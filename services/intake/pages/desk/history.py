"""What an entry was: its submissions, earlier texts, and bringing them back."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts.campaign import CLAIMS, Text
from contracts.counting import count_zi
from contracts.differences import Kind, folded
from infra.web.direct import DirectRoute
from infra.web.pages import redirect
from infra.web.paging import Pager
from services.intake.api.calling import ports_of
from services.intake.domain.errors import IntakeError, NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.domain.sections import CONDITIONS
from services.intake.pages.desk.calling import Editor, Historian, about, refusal
from services.intake.pages.shell import PAGES, texts_of
from services.intake.problems import problem_of
from services.intake.usecases import texts as use
from services.intake.usecases.comparing import NOW, compare
from services.intake.usecases.desk import Sheet, read_sheet

router = APIRouter(include_in_schema=False, route_class=DirectRoute)

PATH = "/desk/entries/{entry_id}/history"
_AT_ONCE = 30
_AROUND = 60
"""Characters that are shown before and after each change."""

Mark = Annotated[str, Query(pattern=r"^(now|r[0-9]{1,9}|k[0-9]{1,18})$")]


@router.get(PATH)
def history(request: Request, who: Historian, entry_id: UUID, after: str | None = None) -> Response:
    """Who wrote what when; each text can be brought back while the entry can be edited."""
    return _history(request, who, entry_id, after)


def _history(
    request: Request, who: Caller, entry_id: UUID, after: str | None = None, error: IntakeError | None = None
) -> Response:
    ports = ports_of(request)
    sheet = read_sheet(ports, who, entry_id)
    pager = Pager(request.app.state.cursor_secret, f"history page {entry_id}")
    key = pager.key(after, (int,))
    found = use.read_history(ports, who, entry_id, int(key[0]) if key else None, _AT_ONCE)
    page = pager.page(found.earlier, _AT_ONCE, lambda kept: (kept.seq,))
    return PAGES.show(
        request,
        "desk/history.html",
        scripts=True,
        status=problem_of(error).type.status if error else 200,
        findings=refusal(error) if error else [],
        earlier=page.items,
        next=page.next,
        first=after is None,
        submissions=found.submissions,
        names=found.names,
        labels=_labels(sheet),
        count=count_zi,
        **about(sheet),
    )


def _labels(sheet: Sheet) -> dict[str, Text]:
    return {CLAIMS: CONDITIONS, **{rule.key: rule.label for rule in sheet.view.category.fields}}


@router.get(PATH + "/difference")
def differences(
    request: Request,
    who: Historian,
    entry_id: UUID,
    old: Mark,
    new: Mark = NOW,
    field: Annotated[str | None, Query(max_length=60)] = None,
    whole: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> Response:
    """What was taken out and put in between two versions of a text, or of all texts between two submissions."""
    ports = ports_of(request)
    sheet = read_sheet(ports, who, entry_id)
    labels = _labels(sheet)
    if field is not None and field not in labels:
        raise NotFoundError
    found = compare(ports, who, entry_id, field, old, new)
    shown = [(labels[key], one) for key, one in found.differences.items() if key in labels]
    return PAGES.show(
        request,
        "desk/difference.html",
        scripts=True,
        differences=[(label, one, one.pieces if whole else folded(one.pieces, _AROUND)) for label, one in shown],
        versions=found.versions,
        field=field,
        label=labels.get(field or ""),
        old=old,
        new=new,
        whole=whole,
        Kind=Kind,
        count=count_zi,
        **about(sheet),
    )


@router.post(PATH)
async def restore(request: Request, who: Editor, entry_id: UUID) -> Response:
    """Bring an earlier text, or all texts of a submission, back."""
    given = {key: _number(text) for key, text in (await texts_of(request)).items()}
    return await run_in_threadpool(_restore, request, who, entry_id, given)


def _restore(request: Request, who: Caller, entry_id: UUID, given: dict[str, int]) -> Response:
    ports, version = ports_of(request), given.get("version", 0)
    try:
        if given.get("text"):
            use.restore_text(ports, who, entry_id, given["text"], version)
        else:
            use.restore_revision(ports, who, entry_id, given.get("revision", 0), version)
    except NotFoundError:
        raise
    except IntakeError as error:
        return _history(request, who, entry_id, None, error)
    return redirect(f"/desk/entries/{entry_id}?saved=true")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004 - 64 bits
