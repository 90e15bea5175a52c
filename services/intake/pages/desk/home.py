"""The unit's home, a campaign with its categories, what has happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts import words
from infra.web.direct import DirectRoute
from infra.web.pages import redirect
from infra.web.paging import Pager
from services.intake.api.calling import ports_of
from services.intake.domain.entries import State
from services.intake.domain.errors import IntakeError
from services.intake.domain.permissions import Action, Caller
from services.intake.domain.progress import STANDING_WORDS
from services.intake.pages.desk.calling import Beginner, Committee, Lister, refusal
from services.intake.pages.shell import PAGES, texts_of
from services.intake.pages.times import shown
from services.intake.problems import problem_of
from services.intake.usecases import desk as use
from services.intake.usecases.entries import create_entry
from services.intake.usecases.progress import read_members
from services.intake.usecases.renewing import renew

router = APIRouter(include_in_schema=False, route_class=DirectRoute)

_MESSAGES = 30


@router.get("/desk")
def home(request: Request, who: Lister) -> Response:
    """What is open, how long there is, what has been begun, what to do next."""
    boards = use.read_desk(ports_of(request), who)
    messages = use.read_messages(ports_of(request), who, None, 5)[:5]
    return PAGES.show(
        request,
        "desk/home.html",
        scripts=True,
        who=who,
        boards=boards,
        step=use.next_step(boards),
        messages=[happening for _, happening in messages],
        when=shown,
    )


@router.get("/desk/campaigns/{campaign_id}")
def campaign(request: Request, who: Lister, campaign_id: str) -> Response:
    """The categories of a campaign: what may be recommended, what has been begun."""
    return _campaign(request, who, campaign_id)


def _campaign(request: Request, who: Caller, campaign_id: str, error: IntakeError | None = None) -> Response:
    board = use.read_board(ports_of(request), who, campaign_id)
    status = problem_of(error).type.status if error else 200
    more: dict[str, Any] = {"findings": refusal(error) if error else []}
    return PAGES.show(
        request,
        "desk/campaign.html",
        scripts=True,
        status=status,
        board=board,
        when=shown,
        members=who.may(Action.READ_MEMBERS),
        **more,
    )


@router.get("/desk/campaigns/{campaign_id}/members")
def members(request: Request, who: Committee, campaign_id: str) -> Response:
    """How far the units below a committee library are."""
    state, found = read_members(ports_of(request), who, campaign_id)
    return PAGES.show(
        request,
        "desk/members.html",
        definition=state.campaign.definition,
        members=found,
        STANDING_WORDS=STANDING_WORDS,
        State=State,
        words=words,
    )


@router.post("/desk/campaigns/{campaign_id}/entries")
async def begin(request: Request, who: Beginner, campaign_id: str) -> Response:
    """Begin an entry in one of the unit's places."""
    given = await texts_of(request)
    return await run_in_threadpool(_begin, request, who, campaign_id, given.get("category", ""), given.get("post"))


def _begin(request: Request, who: Caller, campaign_id: str, category: str, post: str | None) -> Response:
    try:
        view = create_entry(ports_of(request), who, campaign_id, category, post)
    except IntakeError as error:
        return _campaign(request, who, campaign_id, error)
    return redirect(f"/desk/entries/{view.entry.entry_id}")


@router.post("/desk/entries/{entry_id}/renewal")
def begin_again(request: Request, who: Beginner, entry_id: UUID) -> Response:
    """A new entry with what a withdrawn one holds."""
    ports = ports_of(request)
    sheet = use.read_sheet(ports, who, entry_id)
    try:
        view = renew(ports, who, entry_id)
    except IntakeError as error:
        return _campaign(request, who, sheet.campaign.id, error)
    return redirect(f"/desk/entries/{view.entry.entry_id}")


@router.get("/desk/messages")
def messages(request: Request, who: Lister, after: str | None = None) -> Response:
    """Everything that happened to the unit's entries, newest first."""
    pager = Pager(request.app.state.cursor_secret, "messages")
    key = pager.key(after, (int,))
    rows = use.read_messages(ports_of(request), who, int(key[0]) if key else None, _MESSAGES)
    page = pager.page(rows, _MESSAGES, lambda row: (row[0],))
    return PAGES.show(
        request,
        "desk/messages.html",
        messages=[happening for _, happening in page.items],
        next=page.next,
        first=after is None,
        when=shown,
    )
