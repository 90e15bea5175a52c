"""Notify's own picture of entries and of experts' work, built from events in whatever order they come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class EntryState(StrEnum):
    """Where an entry stands, as far as reminders and letters need to know."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    WITHDRAWN = "withdrawn"


_RANK = {
    EntryState.SUBMITTED: 1,
    EntryState.RETURNED: 2,
    EntryState.ELIGIBLE: 2,
    EntryState.INELIGIBLE: 2,
}


@dataclass(frozen=True, slots=True)
class EntryRecord:
    """One entry. `changed_at` is when the event says the state was reached; `receipt_number` may come later."""

    entry_id: UUID
    campaign_id: str
    unit_code: str
    unit_name: str
    category: str
    revision: int
    state: EntryState
    changed_at: datetime
    title: str = ""
    receipt_number: str = ""
    mend_by: datetime | None = None
    exempt: bool = False
    """Whether it is about somebody whose post does not count against the quota."""


def supersedes(news: EntryRecord, known: EntryRecord | None) -> bool:
    """Whether the news are newer than what is known: withdrawn is final; then revision; then verdict."""
    if known is None:
        return True
    if known.state is EntryState.WITHDRAWN:
        return False
    if news.state is EntryState.WITHDRAWN:
        return True
    return (news.revision, _RANK[news.state], news.changed_at) > (
        known.revision,
        _RANK[known.state],
        known.changed_at,
    )


def merged(news: EntryRecord, known: EntryRecord | None) -> EntryRecord:
    """What is known after the news: the newer of the two, with what only the other one told."""
    if known is None:
        return news
    newer, older = (news, known) if supersedes(news, known) else (known, news)
    return replace(
        newer,
        title=newer.title or older.title,
        receipt_number=newer.receipt_number or older.receipt_number,
        # Only a submission tells the post; of two submissions, the newer one does.
        exempt=newer.exempt if newer.state is EntryState.SUBMITTED else newer.exempt or older.exempt,
    )


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """One expert's work on one entry; `submitted_at` is set once it is done, `revoked_at` once it is nobody's."""

    assessment_id: UUID
    campaign_id: str
    entry_id: UUID
    expert_id: UUID
    category: str = ""
    due_at: datetime | None = None
    assigned_at: datetime | None = None
    submitted_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the expert still has to do it."""
        return self.submitted_at is None and self.revoked_at is None
