"""Entries: begin, save, submit, withdraw."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from infra.web.direct import DirectRoute
from infra.web.openapi import SIGNED_IN, problem_responses
from infra.web.paging import BAD_CURSOR, After, Limit, Page, Pager
from services.intake.api.answers import EarlierOut, EntryOut, ListedOut, ReceiptOut
from services.intake.api.calling import PREFIX, Allowed, answer, ports_of
from services.intake.api.campaigns import CampaignId
from services.intake.api.requests import NewEntry, NewSubmission, Restoration, Texts, Withdrawal
from services.intake.domain import errors as e
from services.intake.domain.entries import State
from services.intake.domain.permissions import Action, Caller
from services.intake.problems import types_of
from services.intake.usecases import entries as use
from services.intake.usecases import texts
from services.intake.usecases.renewing import renew

router = APIRouter(prefix=PREFIX, tags=["entries"], route_class=DirectRoute)

_TIMES = (e.NotOpenError, e.DeadlinePassedError)
_CREATE = types_of(
    e.NotFoundError, e.UnknownCategoryError, e.UnitNotInvitedError, *_TIMES, e.QuotaUsedError, e.UnknownFieldError
)
_SAVE = types_of(e.NotFoundError, e.UnknownFieldError, e.WrongStateError, e.StaleVersionError, e.DeadlinePassedError)
_SUBMIT = types_of(e.NotFoundError, e.WrongStateError, e.StaleVersionError, *_TIMES, e.NotReadyError)


def _out(view: use.View, who: Caller) -> EntryOut:
    return EntryOut.of(view, private=who.may(Action.READ_PRIVATE_FIELDS))


@router.post(
    "/campaigns/{campaign_id}/entries",
    response_model=EntryOut,
    status_code=201,
    responses=problem_responses(*SIGNED_IN, *_CREATE),
)
def create_entry(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.CREATE_ENTRY))],
    campaign_id: CampaignId,
    body: NewEntry,
) -> Response:
    """Begin a draft in a category, within the unit's quota."""
    return answer(_out(use.create_entry(ports_of(request), who, campaign_id, body.category, body.post), who), 201)


@router.get(
    "/campaigns/{campaign_id}/entries",
    response_model=Page[ListedOut],
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError), BAD_CURSOR),
)
def list_entries(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.LIST_ENTRIES))],
    campaign_id: CampaignId,
    state: Annotated[State | None, Query(description="Only entries in this state.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """A unit sees its own; the secretariat and supervisors see all. In the order in which they were begun."""
    pager = Pager(request.app.state.cursor_secret, f"entries {campaign_id} {state}")
    key = pager.key(after, (int,))
    rows = use.list_entries(ports_of(request), who, campaign_id, int(key[0]) if key else None, limit, state=state)
    page = pager.page(rows, limit, lambda row: (row.seq,))
    return answer(Page[ListedOut](items=[ListedOut.of(row) for row in page.items], next=page.next))


@router.get(
    "/entries/{entry_id}",
    response_model=EntryOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError)),
)
def read_entry(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.READ_ENTRY))], entry_id: UUID
) -> Response:
    """An entry whole, with everything that still keeps it from being submitted."""
    return answer(_out(use.read_entry(ports_of(request), who, entry_id), who))


@router.put(
    "/entries/{entry_id}/fields",
    response_model=EntryOut,
    responses=problem_responses(*SIGNED_IN, *_SAVE),
)
def save_fields(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))],
    entry_id: UUID,
    body: Texts,
) -> Response:
    """Save the given texts, right or wrong; `problems` says what is wrong.

    409 `stale-version` if one of them was saved by somebody since: it holds both texts, and both are in the history.
    Personal contact data that the caller may not read are null there.
    """
    view = texts.save_fields(ports_of(request), who, entry_id, body.version, body.fields, body.versions)
    return answer(_out(view, who))


@router.get(
    "/entries/{entry_id}/history",
    response_model=Page[EarlierOut],
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError), BAD_CURSOR),
)
def read_history(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.READ_HISTORY))],
    entry_id: UUID,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Earlier texts, newest first: what was replaced, thinned, and everything that could not be saved."""
    pager = Pager(request.app.state.cursor_secret, f"history {entry_id}")
    key = pager.key(after, (int,))
    history = texts.read_history(ports_of(request), who, entry_id, int(key[0]) if key else None, limit)
    page = pager.page(history.earlier, limit, lambda kept: (kept.seq,))
    return answer(Page[EarlierOut](items=[EarlierOut.of(kept) for kept in page.items], next=page.next))


@router.post(
    "/entries/{entry_id}/restorations",
    response_model=EntryOut,
    responses=problem_responses(
        *SIGNED_IN, *types_of(e.NotFoundError, e.WrongStateError, e.StaleVersionError, e.DeadlinePassedError)
    ),
)
def restore(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.EDIT_ENTRY))], entry_id: UUID, body: Restoration
) -> Response:
    """Bring an earlier text, or all texts of a submission, back. What they replace goes into the history."""
    ports = ports_of(request)
    if body.text is not None:
        return answer(_out(texts.restore_text(ports, who, entry_id, body.text, body.version), who))
    return answer(_out(texts.restore_revision(ports, who, entry_id, body.revision or 0, body.version), who))


@router.post(
    "/entries/{entry_id}/submission",
    response_model=ReceiptOut,
    status_code=201,
    responses={**problem_responses(*SIGNED_IN, *_SUBMIT), 200: {"description": "It was submitted before."}},
)
def submit(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.SUBMIT_ENTRY))],
    entry_id: UUID,
    body: NewSubmission,
) -> Response:
    """Submit, before the deadline by the database's clock. The same version again returns the same receipt (200)."""
    submission = use.submit(ports_of(request), who, entry_id, body.version)
    return answer(ReceiptOut.of(submission.receipt), 200 if submission.repeated else 201)


@router.post(
    "/entries/{entry_id}/renewal",
    response_model=EntryOut,
    status_code=201,
    responses=problem_responses(
        *SIGNED_IN,
        *types_of(e.NotFoundError, e.WrongStateError, e.UnitNotInvitedError, *_TIMES, e.QuotaUsedError),
    ),
)
def renew_entry(
    request: Request, who: Annotated[Caller, Depends(Allowed(Action.CREATE_ENTRY))], entry_id: UUID
) -> Response:
    """Begin again with the texts and files of a withdrawn entry: a new draft, within the unit's quota.

    Refused files stay behind, and those that never arrived. What waits for its verdict is judged anew.
    """
    return answer(_out(renew(ports_of(request), who, entry_id), who), 201)


@router.post(
    "/entries/{entry_id}/withdrawal",
    response_model=EntryOut,
    responses=problem_responses(*SIGNED_IN, *types_of(e.NotFoundError, e.WrongStateError)),
)
def withdraw(
    request: Request,
    who: Annotated[Caller, Depends(Allowed(Action.WITHDRAW_ENTRY))],
    entry_id: UUID,
    body: Withdrawal,
) -> Response:
    """Take the entry back; the unit's place in the category is free again."""
    return answer(_out(use.withdraw(ports_of(request), who, entry_id, body.reason or ""), who))
