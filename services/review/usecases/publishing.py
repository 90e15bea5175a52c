"""Public notice and decision: the list is drawn up from the ranking, announced, and stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from contracts.events import DecisionPublishedV1, Finding, NoticeOpenedV1
from services.review.domain.acts import Act, Actor
from services.review.domain.campaigns import Campaign
from services.review.domain.errors import (
    AlreadyPublishedError,
    NothingToListError,
    NoticeAlreadyOpenError,
    NoticeStillOpenError,
    NoticeTimesError,
    NotPublishedError,
    ScoresMissingError,
)
from services.review.domain.lists import Decision, Notice
from services.review.domain.selection import Candidate, in_parts, places_of, select, within_notice
from services.review.ports import Work
from services.review.usecases.common import the_desk
from services.review.usecases.ranking import Standings, candidates, standings


@dataclass(frozen=True, slots=True)
class Cut:
    """How the list is cut: places by category (else the cap), and who was chosen where equals stand at the cut."""

    places: Mapping[str, int] = field(default_factory=dict)
    chosen: Collection[UUID] = ()


def open_notice(
    work: Work, caller: Actor, campaign_id: str, cut: Cut, *, opens_at: datetime | None, closes_at: datetime
) -> Notice:
    """Propose a list to the public. From now on scores and panel stand.

    Raises UnknownCampaignError, ExpertInSecretariatError, NoPanelError, NoticeAlreadyOpenError, AlreadyPublishedError,
    NoticeTimesError, and what drawing up a list may: see `select` and `places_of`, ScoresMissingError,
    NothingToListError.
    """
    campaign = _hold(work, caller, campaign_id)
    if work.lists.notice(campaign_id) is not None:
        raise NoticeAlreadyOpenError(campaign=campaign_id)
    now = work.now()
    opens = opens_at or now
    if closes_at <= max(opens, now):
        raise NoticeTimesError(opens=opens, closes=closes_at, now=now)
    places, listed = _draw_up(work, campaign, cut)
    notice = Notice(campaign_id, opens, closes_at, places, listed, caller, now)
    work.lists.add_notice(notice)
    parts = in_parts(listed)
    for number, part in enumerate(parts, start=1):
        work.emit(
            NoticeOpenedV1(
                campaign_id=campaign_id,
                opens_at=opens,
                closes_at=closes_at,
                listed=part,
                part=number,
                parts=len(parts),
            ),
            subject=campaign_id,
        )
    _record(work, caller, campaign_id, "notice.opened", places, listed, cut)
    return notice


def publish_decision(work: Work, caller: Actor, campaign_id: str, cut: Cut, *, number: str, issuer: str) -> Decision:
    """Publish the final list, once. After a notice, only what stood in it and is still eligible can be listed.

    Raises what open_notice does, and NoticeStillOpenError, DiffersFromNoticeError.
    """
    campaign = _hold(work, caller, campaign_id)
    now = work.now()
    notice = work.lists.notice(campaign_id)
    if notice is None:
        places, listed = _draw_up(work, campaign, cut)
    elif now < notice.closes_at:
        raise NoticeStillOpenError(closes=notice.closes_at, now=now)
    else:
        places = within_notice(cut.places, notice.places)
        standing = {case.entry_id for case in work.cases.eligible(campaign_id, hold=True)}
        listed = select([c for c in notice.listed if c.entry_id in standing], places, cut.chosen)
    if not listed:
        raise NothingToListError(campaign=campaign_id)
    decision = Decision(campaign_id, number, issuer, places, listed, caller, now)
    work.lists.add_decision(decision)
    parts = in_parts(listed)
    for at, part in enumerate(parts, start=1):
        work.emit(
            DecisionPublishedV1(
                campaign_id=campaign_id,
                number=number,
                issuer=issuer,
                listed=part,
                published_at=now,
                part=at,
                parts=len(parts),
            ),
            subject=campaign_id,
        )
    _record(work, caller, campaign_id, "decision.published", places, listed, cut)
    return decision


def _hold(work: Work, caller: Actor, campaign_id: str) -> Campaign:
    """The campaign, with panel and lists held still. Raises AlreadyPublishedError."""
    campaign = the_desk(work, caller, campaign_id)
    work.hold_panel(campaign_id)
    decision = work.lists.decision(campaign_id)
    if decision is not None:
        raise AlreadyPublishedError(number=decision.number, at=decision.published_at)
    return campaign


def _draw_up(work: Work, campaign: Campaign, cut: Cut) -> tuple[dict[str, int], tuple[Candidate, ...]]:
    found = standings(work, campaign, hold=True)
    present = {case.category for case in found.cases.values()}
    places = places_of(campaign.definition, cut.places, present)
    _ensure_scored(found, places)
    listed = select(candidates(found), places, cut.chosen)
    if not listed:
        raise NothingToListError(campaign=campaign.campaign_id)
    return places, listed


def _ensure_scored(found: Standings, places: Mapping[str, int]) -> None:
    """Nobody is passed over for lack of scores: all entries of a category that is listed are completely scored."""
    findings = [
        Finding(
            slug="scores-missing",
            zh=f"《{found.cases[entry.entry_id].title}》（{found.cases[entry.entry_id].receipt_number}）"
            f"应有 {entry.needed} 份评分，目前 {entry.submitted} 份。",
            en=f"{found.cases[entry.entry_id].title} ({found.cases[entry.entry_id].receipt_number}) "
            f"has {entry.submitted} of {entry.needed} scores.",
            place=f"entry:{entry.entry_id}",
            figures={"given": entry.submitted, "needed": entry.needed},
        )
        for key, ranking in found.by_category.items()
        if places.get(key)
        for entry in ranking.incomplete
    ]
    if findings:
        raise ScoresMissingError(findings=findings, count=len(findings))


def _record(
    work: Work,
    caller: Actor,
    campaign_id: str,
    action: str,
    places: Mapping[str, int],
    listed: Collection[Candidate],
    cut: Cut,
) -> None:
    work.record(
        Act(
            campaign_id=campaign_id,
            subject=campaign_id,
            action=action,
            by=caller,
            after={
                "places": dict(places),
                "chosen": [str(entry_id) for entry_id in cut.chosen],
                "listed": [[str(c.entry_id), c.category, c.rank, c.total] for c in listed],
            },
        )
    )


def read_decision(work: Work, campaign_id: str) -> tuple[Campaign, Decision]:
    """The published list. Raises NotPublishedError."""
    decision = work.lists.decision(campaign_id)
    campaign = work.campaigns.get(campaign_id)
    if decision is None or campaign is None:
        raise NotPublishedError(campaign=campaign_id)
    return campaign, decision


def read_notice(work: Work, campaign_id: str) -> tuple[Campaign, Notice]:
    """The notice, once it has opened. Raises NotPublishedError."""
    notice = work.lists.notice(campaign_id)
    campaign = work.campaigns.get(campaign_id)
    if notice is None or campaign is None or notice.opens_at > work.now():
        raise NotPublishedError(campaign=campaign_id)
    return campaign, notice
