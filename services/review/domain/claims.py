"""A claim: somebody of the secretariat works on a case, so that nobody else does. It runs out by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.review.domain.acts import Actor

LEASE = timedelta(minutes=15)
"""So long a claim lasts after its holder last looked at the case or did something to it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on a case, and until when nobody else may."""

    entry_id: UUID
    by: Actor
    until: datetime

    def keeps_out(self, other: Actor, now: datetime) -> bool:
        """Whether somebody may not rule on the case, since another is at work on it."""
        return self.by.account_id != other.account_id and now < self.until
