"""Notes beside a unit or an expert: what the secretariat should know of its mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Note:
    """A reminder that went out, or a message that did not arrive."""

    recipient: str
    """A unit's code or an account's id; never an address."""
    kind: Literal["reminder-sent", "message-bounced"]
    text: str
    """The reminder rule's key, or why the message bounced."""
    at: datetime
    campaign_id: str | None = None
