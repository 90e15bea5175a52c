"""The secretariat's desk: the queue, a case on one page, claims, drafts, rulings, their release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from contracts.campaign import Category, claims_of
from infra.web.lapses import texts_of
from infra.web.pages import redirect
from infra.web.paging import After
from infra.web.problems import Problem
from services.review.api import parts
from services.review.api.bodies import CampaignId, Words
from services.review.api.context import Context, Shared, time_and_id
from services.review.domain.acts import Actor
from services.review.domain.campaigns import Campaign
from services.review.domain.cases import CaseState, Verdict
from services.review.domain.changes import changes_between
from services.review.domain.errors import NothingOpenError
from services.review.pages.home import STATES
from services.review.pages.shell import PAGES, may, page_actor
from services.review.permissions import Action
from services.review.ports import CaseFilter, Holding
from services.review.usecases import claiming, eligibility, reading
from services.review.usecases.common import the_campaign

router = APIRouter(include_in_schema=False)

Reader = Annotated[Actor, Depends(page_actor(Action.READ_CASES))]
Clerk = Annotated[Actor, Depends(page_actor(Action.RULE))]
_ROWS = 50


@router.get("/review/campaigns/{c}/cases")
def queue(
    request: Request,
    shared: Shared,
    who: Reader,
    c: CampaignId,
    state: Annotated[CaseState | str, Query(max_length=20)] = "",
    category: Annotated[str, Query(pattern=r"^([a-z][a-z0-9-]{0,39})?$")] = "",
    words: Annotated[Words, Query()] = "",
    held: Annotated[Holding | str, Query(max_length=20)] = "",
    after: After = None,
    done: Annotated[UUID | None, Query()] = None,
) -> Response:
    """The queue, oldest submission first; what a form of the search leaves empty asks for everything."""
    of_state, of_holding = _one_of(CaseState, state), _one_of(Holding, held)
    wanted = CaseFilter(c, of_state, category or None, who.account_id, words, of_holding)
    pager = shared.pager(f"cases {c} {of_state} {category} {of_holding} {words}")
    with shared.review.read() as work:
        rows = reading.queue(work, who, wanted, time_and_id(pager, after), _ROWS + 1)
        in_hand = reading.in_hand(work, rows)
        campaign = the_campaign(work, c)
        standing = work.clerks.standing(c)
        finished = work.cases.get(done) if done else None
    page = pager.page(rows, _ROWS, lambda row: parts.submitted_key(row.case))
    given = {"state": wanted.state or "", "category": category, "words": words, "held": wanted.held or ""}
    return PAGES.show(
        request,
        "queue.html",
        campaign=campaign,
        definition=campaign.definition,
        zone=campaign.definition.zone,
        standing=standing,
        page=page,
        in_hand=in_hand,
        first=after is None,
        given=given,
        query=urlencode({key: str(text) for key, text in given.items() if text}),
        states=STATES,
        Holding=Holding,
        finished=finished if finished and finished.campaign_id == c else None,
        may_rule=may(request, Action.RULE),
        me=who.account_id,
    )


def _one_of(kind: Any, given: str) -> Any:
    """The value that is asked for; everything where none is, or one that does not exist."""
    try:
        return kind(given) if given else None
    except ValueError:
        return None


@router.post("/review/campaigns/{c}/next")
async def next_case(request: Request, shared: Shared, who: Clerk, c: CampaignId) -> Response:
    """Claim the oldest case among those that the queue shows that nobody works on, and go there."""
    return await run_in_threadpool(go_on, shared, who, c, await texts_of(request))


def go_on(shared: Context, who: Actor, c: str, texts: Mapping[str, str], skipped: UUID | None = None) -> Response:
    """To the next case that nobody works on; back to the queue if there is none."""
    wanted = CaseFilter(c, category=texts.get("category") or None, reader=who.account_id, words=texts.get("words", ""))
    try:
        with shared.review.change() as work:
            taken = claiming.claim_next(work, who, wanted, skipped)
    except NothingOpenError:
        return redirect(f"/review/campaigns/{c}/cases?{urlencode({'done': str(skipped)} if skipped else {})}")
    return redirect(f"/review/cases/{taken.entry_id}")


@dataclass(frozen=True, slots=True)
class Filled:
    """The form of a ruling, as its page fills it in: from what was sent, or from a draft."""

    verdict: str = ""
    conditions: frozenset[str] = frozenset()
    findings: tuple[tuple[str, str], ...] = ()
    mend_by: str = ""


@router.get("/review/cases/{entry_id}")
def case(request: Request, shared: Shared, who: Reader, entry_id: UUID) -> Response:
    """Everything about a case on one page, and the form of its ruling."""
    return case_page(request, shared, who, entry_id)


def case_page(
    request: Request,
    shared: Context,
    who: Actor,
    entry_id: UUID,
    filled: Filled | None = None,
    problem: Problem | None = None,
) -> Response:
    """The page of a case; with `problem`, a ruling was refused, and its form is shown as it was sent."""
    with shared.review.read() as work:
        file = reading.case_file(work, who, entry_id)
        campaign = the_campaign(work, file.case.campaign_id)
        before = work.cases.revision(entry_id, file.revision.number - 1)
    definition = campaign.definition
    category = definition.category(file.case.category)
    view = parts.case_view(file, shared.links)
    return PAGES.show(
        request,
        "case.html",
        status=problem.type.status if problem else 200,
        scripts=True,
        file=file,
        view=view,
        case=file.case,
        campaign=campaign,
        definition=definition,
        category=category,
        zone=definition.zone,
        checks=sorted(file.checks, key=lambda check: ("fail", "look", "pass").index(check.result)),
        changes=changes_between(before, file.revision, category) if before else None,
        filled=filled or _filled(file, campaign),
        places=_places(category, view.material_list),
        problem=problem,
        is_mine=bool(file.in_hand.claim and file.in_hand.claim.by.account_id == who.account_id),
        may_rule=may(request, Action.RULE),
        Verdict=Verdict,
    )


def _filled(file: reading.CaseFile, campaign: Campaign) -> Filled:
    """From the draft, if there is one; else the conditions that the unit says it meets, to be checked."""
    draft = file.draft
    if draft is None:
        return Filled(conditions=claims_of(file.revision.fields))
    mend_by = draft.mend_by.astimezone(campaign.definition.zone) - timedelta(seconds=1) if draft.mend_by else None
    return Filled(
        draft.verdict.value,
        frozenset(draft.conditions),
        tuple((finding.place, finding.zh) for finding in draft.findings),
        f"{mend_by:%Y-%m-%d}" if mend_by else "",
    )


def _places(category: Category | None, materials: Any) -> list[tuple[str, str, str]]:
    """What a reason can be about: the entry, one of its texts, one of its files."""
    found = [("entry", "整份材料", "The whole entry")]
    found += [(rule.key, rule.label.zh, rule.label.en) for rule in (category.fields if category else ())]
    return found + [(f"material:{one.material_id}", one.name, one.name) for one in materials]


@router.post("/review/cases/{entry_id}/claim")
def claim(shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    with shared.review.change() as work:
        claiming.claim(work, who, entry_id)
    return redirect(f"/review/cases/{entry_id}")


@router.post("/review/cases/{entry_id}/take-over")
def take_over(shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    with shared.review.change() as work:
        claiming.take_over(work, who, entry_id)
    return redirect(f"/review/cases/{entry_id}")


@router.post("/review/cases/{entry_id}/give-back")
def give_back(shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    with shared.review.change() as work:
        claiming.give_back(work, who, entry_id)
        found = work.cases.get(entry_id)
    return redirect(f"/review/campaigns/{found.campaign_id}/cases" if found else "/review")


@router.post("/review/cases/{entry_id}/discard")
def discard(shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    with shared.review.change() as work:
        eligibility.discard(work, who, entry_id)
    return redirect(f"/review/cases/{entry_id}")
