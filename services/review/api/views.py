"""What answers hold."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.campaign import Text
from contracts.events import Finding, ListedEntry, MaterialFacts, UnitRef
from services.review.domain.assessments import AssessmentState
from services.review.domain.cases import CaseState, Verdict
from services.review.domain.conflicts import ConflictKind


class MaterialTally(BaseModel):
    total: int
    accepted: int
    rejected: int
    pending: int


class ScoringProgress(BaseModel):
    """`total` only when all scores are in: missing is not zero."""

    needed: int
    submitted: int
    outstanding: int
    total: str | None = Field(default=None, examples=["87.3333"], description="Out of 100, four decimals.")


class CaseRow(BaseModel):
    """A case in the queue."""

    entry_id: UUID
    campaign_id: str
    category: str
    unit: UnitRef
    title: str
    receipt_number: str
    revision: int
    state: CaseState
    submitted_at: datetime
    materials: MaterialTally
    scoring: ScoringProgress | None
    alike: bool = Field(default=False, description="One of its files resembles another entry's, or another of its own.")


class CheckView(BaseModel):
    """An automatic check, with the evidence it was concluded from."""

    key: str
    result: Literal["pass", "fail", "look"]
    zh: str
    en: str
    place: str
    figures: dict[str, Any]


class PictureView(BaseModel):
    """A picture to show of a file, rebuilt from pixels alone, upright."""

    format: str = Field(description="JPEG, which every browser shows, or WebP.")
    width: int
    height: int
    url: str = Field(description="Fetches it from storage; ends after an hour.")


class MaterialView(BaseModel):
    material_id: UUID
    kind: str
    name: str
    position: int
    state: Literal["pending", "accepted", "rejected"]
    facts: MaterialFacts | None = None
    findings: list[Finding] = []
    url: str | None = Field(default=None, description="Fetches the file from storage; ends after an hour.")
    warnings: list[Finding] = Field(default=[], description="Media's advice about a video; the verdict stands.")
    playable_url: str | None = Field(
        default=None,
        description="Fetches a copy of a video that plays in browsers, where the file itself may not; else `url` does.",
    )
    pictures: list[PictureView] = Field(default=[], description="Each size in each format, once there are any.")
    placeholder: str = Field(default="", description="A few pixels of it, for an <img> until a picture is there.")
    first_page: str | None = Field(
        default=None,
        description="Shows a document's first page, from a moment after its verdict on; ends after an hour.",
    )


class AlikeView(BaseModel):
    """A file of this entry that is the same as another, or shows nearly the same picture: a fact, not a verdict."""

    likeness: Literal["same-file", "near"]
    mirrored: bool
    distance: int | None = Field(description="Bits of 64 in which the hashes of both pictures differ.")
    correlation: float | None = Field(description="Of both thumbnails; 1 is the same.")
    more: bool = Field(description="There are more that resemble it, which are not listed.")
    found_at: datetime
    zh: str
    en: str
    material_id: UUID = Field(description="In this entry's material_list.")
    campaign_id: str = Field(description="From here on: where the other one is.")
    campaign: Text
    category: str
    entry_id: UUID
    unit: UnitRef
    title: str
    receipt_number: str
    state: CaseState = Field(description="A withdrawn entry's file is told of, too.")
    other: MaterialView


class ConditionView(BaseModel):
    key: str
    label: Text


class ConditionRuleView(BaseModel):
    """Of these conditions, at least so many must be met."""

    least: int
    conditions: list[ConditionView]


class RulingView(BaseModel):
    verdict: Verdict
    conditions: list[str]
    findings: list[Finding]
    mend_by: datetime | None
    decided_by: str
    decided_at: datetime


class AssessmentView(BaseModel):
    """An expert's work as the secretariat sees it; scores and comment only when all scores are in."""

    assessment_id: UUID
    expert_id: UUID
    expert: str
    state: AssessmentState
    revision: int
    due_at: datetime
    assigned_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None
    reason: str
    scores: dict[str, int] | None
    comment: str


class NoteView(BaseModel):
    """Something about the mail of a unit or an expert."""

    kind: Literal["reminder-sent", "message-bounced"]
    text: str
    at: datetime


class ActView(BaseModel):
    """Who did what, and when. `by` is empty where an event, not a person, made the change."""

    number: int
    at: datetime
    action: str
    by: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


class ClaimView(BaseModel):
    """Who works on a case, and until when nobody else may rule on it."""

    account_id: UUID
    name: str
    until: datetime


class DraftView(BaseModel):
    """A ruling that waits for its release; void if its revision is no longer the one that stands."""

    revision: int
    verdict: Verdict
    conditions: list[str]
    findings: list[Finding]
    mend_by: datetime | None
    drafted_by: str
    drafted_at: datetime


class CaseView(CaseRow):
    """A case with everything about it."""

    fields: dict[str, str]
    digest: str
    submitted_by: UUID
    withdrawn_at: datetime | None
    withdrawal_reason: str
    material_list: list[MaterialView]
    alike_list: list[AlikeView] = Field(default=[], description="What its files resemble, most alike first.")
    checks: list[CheckView]
    conditions: list[ConditionRuleView] = Field(description="What can be ticked; every rule must be met.")
    ruling: RulingView | None
    claim: ClaimView | None = Field(default=None, description="Who works on it now.")
    draft: DraftView | None = Field(default=None, description="A ruling that no unit has heard of yet.")
    assessments: list[AssessmentView]
    notes: list[NoteView]
    record: list[ActView]


class ExpertView(BaseModel):
    """A member of the panel."""

    account_id: UUID
    name: str
    organisation: str
    region: str
    categories: list[str]
    disabled: bool
    assigned: int = Field(description="Entries the expert has, with those submitted.")
    submitted: int
    notes: list[NoteView]


class EnrolledView(BaseModel):
    """`struck`: entries taken from the expert, since a conflict came to light."""

    account_id: UUID
    struck: int


class ConflictView(BaseModel):
    account_id: UUID
    kind: ConflictKind
    entry_id: UUID | None
    unit_code: str | None
    reason: str


class LoadView(BaseModel):
    account_id: UUID
    assigned: int


class AssignmentView(BaseModel):
    """What an assignment did. `assigned` is 0 if nothing was left to do."""

    entries: int
    kept: int
    assigned: int
    struck: int
    loads: list[LoadView]


class TaskView(BaseModel):
    """An entry in an expert's list."""

    assessment_id: UUID
    entry_id: UUID
    campaign_id: str
    category: str
    title: str
    unit: UnitRef
    state: AssessmentState
    due_at: datetime
    assigned_at: datetime
    submitted_at: datetime | None


class CriterionView(BaseModel):
    key: str
    label: Text
    weight: float
    max_score: int


class PaperView(TaskView):
    """What an expert reads and scores, with his own scores."""

    fields: dict[str, str]
    material_list: list[MaterialView]
    alike_list: list[AlikeView] = Field(
        default=[], description="What its files resemble in other work of the caller's."
    )
    criteria: list[CriterionView]
    scores: dict[str, int] | None
    comment: str


class RankedView(BaseModel):
    rank: int
    tied: bool
    total: str = Field(description="Out of 100, four decimals; for people.")
    exact: str = Field(description="The same as a fraction, e.g. 271/3; what ranks are decided on.")
    entry_id: UUID
    title: str
    unit: UnitRef
    receipt_number: str


class IncompleteView(BaseModel):
    """An entry that lacks scores; it has no rank and no total."""

    entry_id: UUID
    title: str
    unit: UnitRef
    receipt_number: str
    submitted: int
    needed: int


class CategoryRankingView(BaseModel):
    category: str
    title: Text
    ranked: list[RankedView]
    incomplete: list[IncompleteView]


class RankingView(BaseModel):
    campaign_id: str
    aggregation: str
    experts_per_entry: int
    categories: list[CategoryRankingView]


class NoticeView(BaseModel):
    """A proposed list that stands open for objections."""

    campaign_id: str
    title: Text
    organiser: Text
    opens_at: datetime
    closes_at: datetime
    listed: list[ListedEntry]


class DecisionView(BaseModel):
    """The final list."""

    campaign_id: str
    title: Text
    organiser: Text
    number: str
    issuer: str
    published_at: datetime
    listed: list[ListedEntry]
