"""A draft: a ruling that its author is ready to stand by, and that no unit hears of before it is released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events import Finding
from services.review.domain.acts import Actor
from services.review.domain.cases import Verdict


@dataclass(frozen=True, slots=True)
class Draft:
    """What is proposed for one revision of an entry; it is void as soon as another revision stands."""

    entry_id: UUID
    revision: int
    verdict: Verdict
    by: Actor
    at: datetime
    conditions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    mend_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many cases of a campaign stand where: `cases` by category and state."""

    cases: Mapping[tuple[str, str], int]
    drafts: int
    claimed: int
