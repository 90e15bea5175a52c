"""What is announced: the public notice of a proposed list, and the decision with the final one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.review.domain.acts import Actor
from services.review.domain.selection import Candidate


@dataclass(frozen=True, slots=True)
class Notice:
    """A proposed list that stands open for objections (公示)."""

    campaign_id: str
    opens_at: datetime
    closes_at: datetime
    places: Mapping[str, int]
    listed: tuple[Candidate, ...]
    by: Actor
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The final list (表彰决定); published once, kept whole."""

    campaign_id: str
    number: str
    issuer: str
    places: Mapping[str, int]
    listed: tuple[Candidate, ...]
    by: Actor
    published_at: datetime
