"""What requests bring: every field bounded, nothing unknown passed over in silence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from infra.web.fields import Line, one_line, storable
from services.review.domain.cases import Verdict

MOST_FINDINGS = 20
MOST_EXPERTS_CATEGORIES = 50
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"

CampaignId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$", examples=["cls-2017"])]
CategoryKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
CategoryQuery = Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="A category's key.")]
ConditionKey = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(one_line)]
UnitCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), AfterValidator(storable)]
"""A few sentences."""
Comment = Annotated[str, StringConstraints(max_length=5000, strip_whitespace=True), AfterValidator(storable)]
Score = Annotated[object, WithJsonSchema({"type": "integer", "minimum": 0})]
"""Checked against the rubric by the domain, which names the criterion and its range."""
BegunScore = Annotated[object, WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}]})]
CriterionKey = Annotated[str, StringConstraints(min_length=1, max_length=80)]


def _imaginable(value: datetime) -> datetime:
    """Within some centuries: a time at the end of the calendar cannot be moved to another zone."""
    if not _EARLIEST.timestamp() <= value.timestamp() < _LATEST.timestamp():
        raise ValueError("年份应在 2000 至 2199 之间。 | The year must be from 2000 to 2199.")
    return value.astimezone(UTC)


_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
Instant = Annotated[AwareDatetime, Field(strict=False), AfterValidator(_imaginable)]


def _line_or_nothing(value: str) -> str:
    return one_line(value) if value.strip() else ""


class Body(BaseModel):
    """A request's body; a misspelt key is refused."""

    model_config = ConfigDict(extra="forbid")


Words = Annotated[str, StringConstraints(max_length=100, strip_whitespace=True), AfterValidator(storable)]
"""What is searched for."""


class FindingBody(Body):
    """Why an entry is returned or ineligible, in words for its unit."""

    slug: Annotated[str, StringConstraints(pattern=_SLUG, max_length=60)] = "secretariat"
    zh: Prose
    en: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True), AfterValidator(storable)] = Field(
        default="", description="The Chinese sentence stands for it if absent."
    )
    place: Annotated[str, StringConstraints(max_length=100), AfterValidator(one_line)] = Field(
        default="entry", description="A field's key, `material:<uuid>`, or `entry`."
    )


class EligibilityBody(Body):
    """The secretariat's ruling on one revision."""

    revision: int = Field(strict=True, ge=1, le=2**31 - 1, description="The revision that was looked at.")
    verdict: Verdict
    conditions: list[ConditionKey] = Field(default=[], max_length=100, description="Conditions that are met.")
    findings: list[FindingBody] = Field(default=[], max_length=MOST_FINDINGS)
    mend_by: Instant | None = Field(
        default=None, description="Until when a returned entry can be mended; the definition's mend_days if absent."
    )


class ReleaseBody(Body):
    """Which drafts are released."""

    entry_ids: list[UUID] = Field(min_length=1, max_length=200)


class NextBody(Body):
    """Among which cases the next one is looked for."""

    category: CategoryKey | None = None
    words: Words = ""
    skipped: UUID | None = Field(default=None, description="A case that comes last of all: the one just put aside.")


class ClaimBody(Body):
    """How a case is taken."""

    take_over: bool = Field(default=False, description="Also from somebody else who works on it.")


PaperCodeText = Annotated[
    str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True), AfterValidator(storable)
]


class PaperBody(Body):
    """What the form's QR code says (an address), or the number that is printed on it."""

    code: PaperCodeText


class ExpertBody(Body):
    """An expert for the campaign's panel. Sending one again corrects what is known of him."""

    account_id: UUID
    name: Line
    organisation: Line = Field(description="Whose entries the expert must not touch.")
    region: Annotated[str, StringConstraints(max_length=100), AfterValidator(_line_or_nothing)] = Field(
        default="", description="Province or city whose entries the expert must not touch, e.g. 陕西."
    )
    categories: list[CategoryKey] = Field(
        default=[], max_length=MOST_EXPERTS_CATEGORIES, description="What the expert weighs; everything if empty."
    )


class ConflictBody(Body):
    """A conflict that the secretariat pins: with one entry, or with everything of a unit."""

    account_id: UUID
    entry_id: UUID | None = None
    unit_code: UnitCode | None = None
    reason: Prose

    @model_validator(mode="after")
    def _about_one(self) -> Self:
        if (self.entry_id is None) == (self.unit_code is None):
            raise ValueError("请在 entry_id 和 unit_code 中只填一项。 | Give one of entry_id and unit_code.")
        return self


class ScoresBody(Body):
    """An expert's scores: a whole number for each criterion."""

    scores: dict[CriterionKey, Score] = Field(max_length=100)
    comment: Comment = ""


class BegunBody(Body):
    """What an expert has of his scores so far; a criterion may be missing or null."""

    scores: dict[CriterionKey, BegunScore] = Field(default={}, max_length=100)
    comment: Comment = ""


class RecusalBody(Body):
    """Why an expert steps back, or abstains."""

    reason: Prose


class _CutBody(Body):
    per_category: dict[CategoryKey, Annotated[int, Field(strict=True, ge=0, le=100_000)]] = Field(
        default={}, max_length=100, description="Places by category; the definition's cap where absent."
    )
    chosen: list[UUID] = Field(
        default=[], max_length=10_000, description="Where equals stand at the cut: those who are listed."
    )


class NoticeBody(_CutBody):
    """A proposed list, and how long it stands open for objections."""

    opens_at: Instant | None = Field(default=None, description="At once if absent.")
    closes_at: Instant


class DecisionBody(_CutBody):
    """The final list's number and issuer."""

    number: Annotated[str, StringConstraints(max_length=100), AfterValidator(one_line)]
    issuer: Annotated[str, StringConstraints(max_length=200), AfterValidator(one_line)]
