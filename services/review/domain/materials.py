"""Verdicts on materials, as media gives them; they arrive in any order, also before the entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.events import (
    Finding,
    MaterialAcceptedV1,
    MaterialFacts,
    MaterialInspectedV1,
    MaterialRef,
    MaterialRejectedV1,
    MaterialRenderedV1,
    ObjectRef,
    Rendition,
)
from contracts.storage import stem_of, video_of

MaterialState = Literal["pending", "accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class MaterialVerdict:
    """What became of one material. `judged_at` is absent where only the entry, not media itself, has told us."""

    material_id: UUID
    entry_id: UUID
    state: Literal["accepted", "rejected"]
    object: ObjectRef | None = None
    facts: MaterialFacts | None = None
    findings: tuple[Finding, ...] = ()
    judged_at: datetime | None = None

    def outweighs(self, other: MaterialVerdict) -> bool:
        """Whether this verdict replaces the other: media's word over hearsay, later over earlier, no over yes."""
        return self._weight() > other._weight()

    def _weight(self) -> tuple[bool, float, bool]:
        at = self.judged_at
        return (at is not None, at.timestamp() if at else 0.0, self.state == "rejected")


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is shown of a file, and of every other material that is the same file. `stem` says which file it is."""

    stem: str
    renditions: tuple[Rendition, ...]
    placeholder: str = ""

    @classmethod
    def of(cls, event: MaterialRenderedV1) -> Pictures:
        return cls(stem_of(event.renditions[0].key), event.renditions, event.placeholder)


def stem_for(material_id: UUID, verdict: MaterialVerdict | None) -> str:
    """Under which stem the pictures of a material stand, if there are any."""
    facts = verdict.facts if verdict else None
    return (facts.sha256 if facts else None) or str(material_id)


@dataclass(frozen=True, slots=True)
class Doubt:
    """What an accepted material breaks since it was judged again; nothing where it fits again. The last round holds."""

    material_id: UUID
    round: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What media found when it watched a video through: advice, no verdict. `playable`: where its copy stands."""

    material_id: UUID
    warnings: tuple[Finding, ...] = ()
    playable: str | None = None

    @classmethod
    def of(cls, event: MaterialInspectedV1) -> Inspection:
        return cls(event.material_id, event.warnings, event.playable)


def inspected_as(material_id: UUID, verdict: MaterialVerdict | None) -> UUID:
    """The material as which a video was watched: a file that was taken over into a new entry keeps its first copy."""
    first = video_of(verdict.object.key) if verdict and verdict.object else None
    return first or material_id


def verdict_of(event: MaterialAcceptedV1 | MaterialRejectedV1) -> MaterialVerdict:
    """Media's own word."""
    if isinstance(event, MaterialAcceptedV1):
        return MaterialVerdict(
            event.material_id, event.entry_id, "accepted", event.object, event.facts, judged_at=event.judged_at
        )
    return MaterialVerdict(
        event.material_id, event.entry_id, "rejected", findings=event.findings, judged_at=event.judged_at
    )


def verdicts_in(entry_id: UUID, materials: Iterable[MaterialRef]) -> tuple[MaterialVerdict, ...]:
    """Verdicts that a submission already knew of."""
    return tuple(
        MaterialVerdict(material.material_id, entry_id, "accepted", material.object, material.facts)
        for material in materials
        if material.state == "accepted"
    )
