"""What the progress of a campaign answers, version 1."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from contracts.events import Extension
from infra.web.paging import Page
from services.intake.domain.entries import State
from services.intake.domain.progress import CategoryNumbers, UnitProgress, UnitStanding
from services.intake.domain.sums import Sum, Whole
from services.intake.usecases.progress import Preview, Progress


class UnitProgressOut(BaseModel):
    unit_code: str
    unit_name: str
    region: str
    kind: str | None = Field(description="As the definition lists it; null for a unit that it does not list.")
    standings: list[UnitStanding]
    counts: dict[State, int]
    sent: int = Field(description="Entries out of the unit's hands: submitted, eligible or not.")
    by_category: dict[str, dict[State, int]]
    changed_at: datetime | None
    extension: Extension | None
    above: list[str] = Field(default=[], description="Codes of the units above it, the nearest first.")

    @classmethod
    def of(cls, unit: UnitProgress) -> UnitProgressOut:
        return cls(
            unit_code=unit.unit.code,
            unit_name=unit.unit.name,
            region=unit.unit.region,
            kind=unit.kind,
            standings=sorted(unit.standings),
            counts=dict(unit.counts),
            sent=unit.sent,
            by_category={
                key: dict(unit.in_category(key)) for key in sorted({tally.category for tally in unit.tallies})
            },
            changed_at=unit.changed_at,
            extension=unit.extension,
            above=[one.code for one in unit.above],
        )


class CategoryNumbersOut(BaseModel):
    category: str
    drafts: int
    sent: int
    returned: int
    withdrawn: int

    @classmethod
    def of(cls, one: CategoryNumbers) -> CategoryNumbersOut:
        return cls(category=one.key, drafts=one.drafts, sent=one.sent, returned=one.returned, withdrawn=one.withdrawn)


class SumOut(BaseModel):
    """Units taken together, e.g. those of one committee library with itself."""

    of: Whole = Field(description="`under`: a unit and all below it; `others`: those below and above nobody; `all`.")
    unit_code: str | None = Field(description="Whom they stand below; null for `others` and `all`.")
    unit_name: str | None
    above: list[str] = Field(description="Codes of the units above that one, the nearest first.")
    units: int
    not_begun: int
    counts: dict[State, int]
    sent: int
    categories: list[CategoryNumbersOut]

    @classmethod
    def of_sum(cls, one: Sum) -> SumOut:
        return cls(
            of=one.whole,
            unit_code=one.head.code if one.head else None,
            unit_name=one.head.name if one.head else None,
            above=[unit.code for unit in one.above],
            units=one.units,
            not_begun=one.not_begun,
            counts=dict(one.counts),
            sent=one.sent,
            categories=[CategoryNumbersOut.of(numbers) for numbers in one.categories],
        )


class MatchingOut(BaseModel):
    """The numbers of the units that fit the filters."""

    units: int
    standings: dict[UnitStanding, int] = Field(description="Of the units that fit but for `standing`.")
    categories: list[CategoryNumbersOut]
    sums: list[SumOut]

    @classmethod
    def of(cls, progress: Progress) -> MatchingOut:
        return cls(
            units=len(progress.units),
            standings=dict(progress.standings),
            categories=[CategoryNumbersOut.of(one) for one in progress.numbers],
            sums=[SumOut.of_sum(one) for one in progress.sums],
        )


class CampaignProgressOut(Page[UnitProgressOut]):
    """A page of units, with the numbers of the whole campaign."""

    campaign_id: str
    version: int
    at: datetime
    units: int
    standings: dict[UnitStanding, int] = Field(description="How many units stand where; one may stand in several.")
    categories: list[CategoryNumbersOut]
    sums: list[SumOut] = Field(
        default=[], description="For each unit with others below it, from the top down; then the others; last of all."
    )

    matching: MatchingOut | None = Field(default=None, description="The same of the units that fit the filters.")

    @classmethod
    def of(cls, progress: Progress, page: Page[UnitProgressOut], narrowed: Progress) -> CampaignProgressOut:
        campaign = progress.state.campaign
        return cls(
            items=page.items,
            next=page.next,
            campaign_id=campaign.id,
            version=campaign.version,
            at=progress.at,
            units=len(progress.units),
            standings=dict(progress.standings),
            categories=[CategoryNumbersOut.of(one) for one in progress.numbers],
            sums=[SumOut.of_sum(one) for one in progress.sums],
            matching=MatchingOut.of(narrowed),
        )


class TouchedOut(BaseModel):
    """A unit whose own end would move."""

    unit_code: str
    unit_name: str
    ends_before: datetime
    ends_after: datetime
    shut_out: bool = Field(description="It has drafts or returned entries, and its end would lie in the past.")


class AmendmentPreviewOut(BaseModel):
    """What an amendment would do. What is submitted already stays as it is, judged by the version of then."""

    campaign_id: str
    version: int = Field(description="The version that it would make.")
    touched: list[TouchedOut]
    submitted: int

    @classmethod
    def of(cls, preview: Preview) -> AmendmentPreviewOut:
        before = preview.before.state.campaign
        shut_out = {unit.unit.code for unit in preview.shut_out}
        return cls(
            campaign_id=before.id,
            version=preview.after.version,
            touched=[
                TouchedOut(
                    unit_code=unit.unit.code,
                    unit_name=unit.unit.name,
                    ends_before=before.ends_for(unit.unit.code),
                    ends_after=preview.after.ends_for(unit.unit.code),
                    shut_out=unit.unit.code in shut_out,
                )
                for unit in preview.touched
            ],
            submitted=preview.sent,
        )
