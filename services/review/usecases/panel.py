"""The panel: who weighs the entries, and which conflicts the secretariat knows of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from services.review.domain.acts import Act, Actor
from services.review.domain.conflicts import ConflictKind, Expert, Mark
from services.review.domain.errors import (
    RegionMissingError,
    UnknownCaseError,
    UnknownCategoryError,
    UnknownExpertError,
    UnknownUnitError,
)
from services.review.ports import Work
from services.review.usecases.common import ensure_list_open, strike_conflicted, the_desk


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What enrolling an expert or pinning a conflict did."""

    new: bool
    struck: int
    """Assessments that were taken from the expert, since a conflict came to light."""


def enrol(work: Work, caller: Actor, expert: Expert) -> Enrolled:
    """Put an expert on the panel, or correct what is known of him.

    Raises UnknownCampaignError, ExpertInSecretariatError, NoPanelError, ListClosedError, UnknownCategoryError, and
    RegionMissingError if regions are compared in this campaign and the expert has none.
    """
    campaign = the_desk(work, caller, expert.campaign_id)
    known = [category.key for category in campaign.definition.categories]
    unknown = sorted(set(expert.categories).difference(known))
    if unknown:
        raise UnknownCategoryError(given="、".join(unknown), allowed="、".join(known))
    if "own-region" in campaign.panel.recuse and not expert.region.strip():
        raise RegionMissingError(name=expert.name)
    work.hold_panel(expert.campaign_id)
    ensure_list_open(work, expert.campaign_id)
    before = work.panel.expert(expert.campaign_id, expert.account_id)
    new = work.panel.put_expert(expert)
    struck = strike_conflicted(work, campaign, expert.account_id, by=caller)
    work.record(
        Act(
            campaign_id=expert.campaign_id,
            subject=str(expert.account_id),
            action="expert.enrolled" if new else "expert.corrected",
            by=caller,
            before=_plain(before) if before else {},
            after=_plain(expert),
        )
    )
    return Enrolled(new, struck)


def _plain(expert: Expert) -> dict[str, Any]:
    return {**asdict(expert), "account_id": str(expert.account_id), "categories": list(expert.categories)}


def pin_conflict(
    work: Work,
    caller: Actor,
    campaign_id: str,
    *,
    account_id: UUID,
    entry_id: UUID | None = None,
    unit_code: str | None = None,
    reason: str,
) -> Enrolled:
    """Pin a conflict of an expert with one entry, or with everything of a unit; he cannot undo it.

    What he has of it is taken from him at once, scores too. Raises UnknownCampaignError, ExpertInSecretariatError,
    UnknownExpertError, UnknownCaseError, UnknownUnitError, ListClosedError.
    """
    campaign = the_desk(work, caller, campaign_id)
    work.hold_panel(campaign_id)
    ensure_list_open(work, campaign_id)
    if work.panel.expert(campaign_id, account_id) is None:
        raise UnknownExpertError(account=str(account_id), campaign=campaign_id)
    if entry_id is not None:
        case = work.cases.get(entry_id)
        if case is None or case.campaign_id != campaign_id:
            raise UnknownCaseError(entry=str(entry_id))
    if unit_code is not None and not (
        campaign.definition.unit(unit_code) or work.cases.unit_known(campaign_id, unit_code)
    ):
        raise UnknownUnitError(unit=unit_code, campaign=campaign_id)
    mark = Mark(account_id, ConflictKind.PINNED, entry_id, unit_code, reason)
    new = work.panel.add_mark(campaign_id, mark, caller)
    struck = strike_conflicted(work, campaign, account_id, by=caller)
    if new:
        work.record(
            Act(
                campaign_id=campaign_id,
                subject=str(account_id),
                action="conflict.pinned",
                by=caller,
                after={"entry_id": str(entry_id) if entry_id else None, "unit_code": unit_code},
                reason=reason,
            )
        )
    return Enrolled(new, struck)
