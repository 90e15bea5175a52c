"""The form of a ruling, and the release of those that are drafted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from infra.web.lapses import pairs_of
from services.review.api.bodies import CampaignId, EligibilityBody
from services.review.api.cases import asked_by
from services.review.api.clerks import release_each
from services.review.api.context import Context, Shared
from services.review.api.desk_views import ReleaseView
from services.review.domain.acts import Actor
from services.review.domain.cases import Verdict
from services.review.pages.cases import Clerk, Filled, Reader, case_page, go_on
from services.review.pages.shell import PAGES, REFUSALS, end_of, may, refusal
from services.review.permissions import Action
from services.review.usecases import eligibility, reading
from services.review.usecases.common import the_campaign

router = APIRouter(include_in_schema=False)

_MOST_RELEASED = 200
_CONDITION = "condition:"
_REASON = re.compile(r"reason\.([0-9]{1,2})")


@router.post("/review/cases/{entry_id}/ruling")
async def ruling(request: Request, shared: Shared, who: Clerk, entry_id: UUID) -> Response:
    """Draft a ruling, or make it at once, as the button says; what is refused is shown with everything as it was."""
    sent = await pairs_of(request)
    return await run_in_threadpool(_ruled, request, shared, who, entry_id, sent)


def _ruled(request: Request, shared: Context, who: Actor, entry_id: UUID, sent: list[tuple[str, str]]) -> Response:
    filled, texts = _from_form(sent), dict(sent)
    act = eligibility.rule if texts.get("act") == "release" else eligibility.draft
    with shared.review.read() as work:
        case, campaign = reading.the_case(work, who, entry_id)
    try:
        asked = asked_by(entry_id, _body(texts, filled, campaign.definition.zone))
        with shared.review.change() as work:
            act(work, who, asked)
    except REFUSALS as error:
        return case_page(request, shared, who, entry_id, filled, refusal(error))
    return go_on(shared, who, case.campaign_id, {}, entry_id)


def _from_form(sent: list[tuple[str, str]]) -> Filled:
    texts = dict(sent)
    numbers = sorted({int(found[1]) for name in texts if (found := _REASON.fullmatch(name))})
    reasons = [(texts.get(f"place.{at}", "entry"), texts.get(f"reason.{at}", "").strip()) for at in numbers]
    return Filled(
        texts.get("verdict", ""),
        frozenset(name.removeprefix(_CONDITION) for name in texts if name.startswith(_CONDITION)),
        tuple((place, reason) for place, reason in reasons if reason),
        texts.get("mend_by", "").strip(),
    )


def _body(texts: Mapping[str, str], filled: Filled, zone: ZoneInfo) -> EligibilityBody:
    """What the form says, as a program would say it. Raises ValidationError."""
    revision = texts.get("revision", "")
    return EligibilityBody.model_validate(
        {
            "revision": int(revision) if revision.isdecimal() else 0,
            "verdict": filled.verdict,
            "conditions": sorted(filled.conditions) if filled.verdict == Verdict.ELIGIBLE else [],
            "findings": [{"zh": zh, "place": place} for place, zh in filled.findings],
            "mend_by": end_of(filled.mend_by, zone) if filled.verdict == Verdict.RETURN and filled.mend_by else None,
        }
    )


@router.get("/review/campaigns/{c}/drafts")
def drafts(request: Request, shared: Shared, who: Reader, c: CampaignId) -> Response:
    """What is drafted and waits for its release, each to be ticked."""
    return _drafts(request, shared, who, c)


def _drafts(request: Request, shared: Context, who: Actor, c: str, outcome: ReleaseView | None = None) -> Response:
    with shared.review.read() as work:
        found = reading.proposed(work, who, c, _MOST_RELEASED)
        campaign = the_campaign(work, c)
        names = work.cases.several([one.entry_id for one in outcome.refused]) if outcome else {}
    return PAGES.show(
        request,
        "drafts.html",
        campaign=campaign,
        definition=campaign.definition,
        zone=campaign.definition.zone,
        drafts=found,
        outcome=outcome,
        names=names,
        may_rule=may(request, Action.RULE),
        Verdict=Verdict,
    )


@router.post("/review/campaigns/{c}/drafts")
async def release(request: Request, shared: Shared, who: Clerk, c: CampaignId) -> Response:
    """Release those that are ticked; the page says what became of each."""
    ticked = [_uuid(text) for name, text in await pairs_of(request) if name == "entry"]
    chosen = [entry_id for entry_id in ticked if entry_id is not None]
    outcome = await run_in_threadpool(release_each, shared, who, c, chosen[:_MOST_RELEASED])
    return await run_in_threadpool(_drafts, request, shared, who, c, outcome)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
