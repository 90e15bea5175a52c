"""Ending sessions: here, and by event in every other service, which has only their access tokens to go by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from contracts.events import SessionEndedV1
from services.intake.ports import Transaction

Why = Literal[
    "signed-out", "ended-by-owner", "new-password", "second-factor-reset", "account-changed", "account-disabled"
]
_IN_ONE_EVENT = 500


def end_sessions(
    tx: Transaction, account_id: UUID, why: Why, *, only: UUID | None = None, but: UUID | None = None
) -> Sequence[UUID]:
    """End an account's sessions: all, one, or all but one; which were ended."""
    ended = tx.end_sessions(account_id, why, only=only, but=but)
    for first in range(0, len(ended), _IN_ONE_EVENT):
        event = SessionEndedV1(
            account_id=account_id,
            session_ids=tuple(ended[first : first + _IN_ONE_EVENT]),
            reason=why,
            ended_at=tx.now(),
        )
        tx.emit(event, subject=str(account_id))
    return ended
