"""What answers to the secretariat hold, beyond cases: how far it is, what was released, papers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.campaign import Text
from contracts.events import UnitRef
from services.review.domain.cases import CaseState
from services.review.domain.papers import PaperStanding


class StandingView(BaseModel):
    """How many cases of a category are in a state."""

    category: str
    state: CaseState
    cases: int


class CampaignStanding(BaseModel):
    """A campaign as review has it, and how far its eligibility review is."""

    campaign_id: str
    title: Text
    standing: list[StandingView]
    drafts: int = Field(description="Rulings that wait for their release.")
    claimed: int = Field(description="Cases that somebody works on at this moment.")


class RefusedRelease(BaseModel):
    """Why a draft was not released; the others were."""

    entry_id: UUID
    slug: str
    zh: str
    en: str


class ReleaseView(BaseModel):
    """What became of each draft that was to be released."""

    released: list[UUID]
    refused: list[RefusedRelease]


class PaperCopyView(BaseModel):
    """A paper that came, and how it stands to what was submitted."""

    entry_id: UUID
    receipt_number: str
    title: str
    unit: UnitRef
    revision: int | None = Field(description="That the paper's code names; null where its number alone was given.")
    current_revision: int
    standing: PaperStanding
    registered_at: datetime


class MissingPaper(BaseModel):
    """An entry without a paper of its present revision."""

    entry_id: UUID
    receipt_number: str
    title: str
    unit: UnitRef
    category: str
    revision: int
