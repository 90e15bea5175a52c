"""An assessment: one expert's work on one entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class AssessmentState(StrEnum):
    """Where an assessment stands. Only the first two count; the others are kept for the record."""

    ASSIGNED = "assigned"
    SUBMITTED = "submitted"
    RECUSED = "recused"
    ABSTAINED = "abstained"
    STRUCK = "struck"


class AssessmentCommand(StrEnum):
    """The expert submits, recuses himself, or cannot judge; an assessment is struck when its ground is gone."""

    SUBMIT = "submit"
    RECUSE = "recuse"
    ABSTAIN = "abstain"
    STRIKE = "strike"


_S, _C = AssessmentState, AssessmentCommand

TRANSITIONS: Mapping[tuple[AssessmentState, AssessmentCommand], AssessmentState] = {
    (_S.ASSIGNED, _C.SUBMIT): _S.SUBMITTED,
    (_S.ASSIGNED, _C.RECUSE): _S.RECUSED,
    (_S.SUBMITTED, _C.RECUSE): _S.RECUSED,  # noticed late: the scores no longer count
    (_S.ASSIGNED, _C.ABSTAIN): _S.ABSTAINED,
    (_S.ASSIGNED, _C.STRIKE): _S.STRUCK,
    (_S.SUBMITTED, _C.STRIKE): _S.STRUCK,
}
"""(state, command) → state. What is not here is refused."""

LIVE = (AssessmentState.ASSIGNED, AssessmentState.SUBMITTED)


class StrikeReason(StrEnum):
    """Why an assessment lost its ground."""

    WITHDRAWN = "entry-withdrawn"
    NEW_REVISION = "new-revision"
    CONFLICT = "conflict"
    ACCOUNT_DISABLED = "account-disabled"


def after(state: AssessmentState, command: AssessmentCommand) -> AssessmentState | None:
    """The state that follows, or None if the command is refused in this state."""
    return TRANSITIONS.get((state, command))


@dataclass(frozen=True, slots=True)
class Assessment:
    """One expert's work on one revision of one entry."""

    assessment_id: UUID
    campaign_id: str
    entry_id: UUID
    category: str
    expert_id: UUID
    revision: int
    due_at: datetime
    assigned_at: datetime
    state: AssessmentState = AssessmentState.ASSIGNED
    scores: Mapping[str, int] | None = None
    """Those handed in; before that, what its expert has so far, which is shown to him alone and never counted."""
    comment: str = ""
    submitted_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""
    """Why it was recused, abstained from or struck."""

    @property
    def live(self) -> bool:
        return self.state in LIVE
