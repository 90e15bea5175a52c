"""The record of acts: who did what, when, to what, and why. It is only ever added to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """An account that acts, as its token named it at that moment."""

    account_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `by` is absent where an event, not a person, made the change; the database's clock says when."""

    campaign_id: str
    subject: str
    """What it is about: an entry's id, an expert's account, or the campaign's id."""
    action: str
    by: Actor | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
