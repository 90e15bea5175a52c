"""Codes by which a forgotten password is replaced: made here, where mailboxes are known, and mailed.

The bus carries a code's digest alone. The code stands sealed in the store until its mail has gone out, then nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

GOOD_FOR = timedelta(minutes=30)
"""So long a code can be used, and is worth mailing."""
ANSWERED_WITHIN = timedelta(hours=1)
"""A request that is older when it arrives is not answered: whoever sent it has asked again, or given up."""


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """A code that was made; `sealed` holds it, readable with the contact key, for the mail that takes it out."""

    request_id: UUID
    account_id: UUID
    letter_id: UUID
    sealed: str
    issued_at: datetime
    expires_at: datetime


def is_stale(requested_at: datetime, now: datetime) -> bool:
    """Whether a request comes too late to be answered."""
    return now - requested_at > ANSWERED_WITHIN
