"""A draft: a ruling that its author is ready to stand by, and that no unit hears of before it is released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.review.domain.cases import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft(Ruling):
    """What is proposed for one revision of an entry; it is void as soon as another revision stands.

    Without `mend_by` its day is counted from the release.
    """

    entry_id: UUID
    revision: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How many cases of a campaign stand where: `cases` by category and state."""

    cases: Mapping[tuple[str, str], int]
    drafts: int
    claimed: int
