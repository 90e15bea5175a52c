"""What comes of judging a material again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contracts.events import Finding, MaterialFacts, ObjectRef
from services.media.domain import Verdict


class Outcome(StrEnum):
    """Of one material."""

    SAME = "same"
    OTHER_FACTS = "other-facts"
    """The same verdict, and something else measured: told, but nothing is sent."""
    OTHER_REASONS = "other-reasons"
    """Still refused, for other reasons."""
    ACCEPTED = "accepted"
    """Was refused, and fits now."""
    DOUBTED = "doubted"
    """Was accepted, and breaks a rule now."""
    CLEARED = "cleared"
    """Was doubted, and fits again."""
    GONE = "gone"
    """Its bytes are not there any more."""
    NOT_JUDGED = "not-judged"
    """No rule, or no bytes that are what was accepted."""


BEGINS_A_ROUND = frozenset({Outcome.ACCEPTED, Outcome.DOUBTED, Outcome.CLEARED})
"""What is told to others, in an event of its own."""
DIFFERENT = BEGINS_A_ROUND | {Outcome.OTHER_FACTS, Outcome.OTHER_REASONS}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which materials are judged again; what is None does not matter."""

    campaign_id: str | None = None
    kind: str | None = None
    accepted: bool | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A material with the verdict that holds."""

    material_id: UUID
    entry_id: UUID
    campaign_id: str
    category: str
    unit_code: str
    kind: str
    round: int
    upload: ObjectRef
    object: ObjectRef | None
    facts: MaterialFacts | None
    findings: tuple[Finding, ...]
    doubts: tuple[Finding, ...]
    judged_at: datetime

    @property
    def accepted(self) -> bool:
        return self.object is not None

    @property
    def slugs(self) -> tuple[str, ...]:
        """What is wrong with it so far."""
        return tuple(sorted(finding.slug for finding in (self.doubts if self.accepted else self.findings)))


def compare(kept: Kept, verdict: Verdict) -> Outcome:
    """What a new verdict on a kept material means."""
    judgement = verdict.judgement
    slugs = tuple(sorted(finding.slug for finding in judgement.findings))
    if not kept.accepted:
        if "missing-file" in slugs and "missing-file" not in kept.slugs:
            return Outcome.GONE
        if judgement.accepted:
            return Outcome.ACCEPTED
        return Outcome.SAME if slugs == kept.slugs else Outcome.OTHER_REASONS
    if not judgement.accepted:
        return Outcome.SAME if slugs == kept.slugs else Outcome.DOUBTED
    if kept.doubts:
        return Outcome.CLEARED
    return Outcome.SAME if _measured(judgement.facts) == _measured(kept.facts) else Outcome.OTHER_FACTS


def _measured(facts: MaterialFacts | None) -> dict[str, object]:
    return facts.model_dump(exclude_none=True, exclude={"sha256"}) if facts else {}
