"""Who is on the list: so many places in each category, never more than its cap, and no silent cut through a tie."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contracts.campaign import CampaignDefinition
from contracts.envelope import MAX_EVENT_BYTES
from contracts.events import Finding, ListedEntry, UnitRef
from services.review.domain.errors import (
    ChoiceInvalidError,
    DiffersFromNoticeError,
    OverCapError,
    PlacesMissingError,
    TieAtTheCutError,
    UnknownCategoryError,
)

PART_BYTES = MAX_EVENT_BYTES * 3 // 4
"""Listed entries in one event take at most this; the rest of its 64 KiB is for what stands around them."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ranked entry that may be listed. `total` is its exact total, e.g. `271/3`, for the record."""

    entry_id: UUID
    category: str
    rank: int
    unit: UnitRef
    title: str
    receipt_number: str
    total: str

    def listed(self) -> ListedEntry:
        """As the public sees it."""
        return ListedEntry(
            entry_id=self.entry_id,
            category=self.category,
            rank=self.rank,
            unit=self.unit,
            title=self.title,
            receipt_number=self.receipt_number,
        )


def places_of(definition: CampaignDefinition, asked: Mapping[str, int], present: Collection[str]) -> dict[str, int]:
    """How many may be listed in each category: the number asked for, else the cap.

    `present`: categories that have eligible entries. Raises UnknownCategoryError, PlacesMissingError, OverCapError.
    """
    known = {category.key: category for category in definition.categories}
    unknown = sorted(set(asked).difference(known))
    if unknown:
        raise UnknownCategoryError(given="、".join(unknown), allowed="、".join(known))
    places: dict[str, int] = {}
    missing: list[Finding] = []
    over: list[Finding] = []
    for key, category in known.items():
        given = asked.get(key, category.cap)
        if given is None:
            if key in present:
                missing.append(
                    Finding(
                        slug="places-missing",
                        zh=f"“{category.title.zh}”未给出名额。",
                        en=f"No number of places for {category.title.en}.",
                        place=f"per_category.{key}",
                    )
                )
            continue
        if category.cap is not None and given > category.cap:
            over.append(
                Finding(
                    slug="over-cap",
                    zh=f"“{category.title.zh}”名额 {given} 项，超过上限 {category.cap} 项。",
                    en=f"{given} places for {category.title.en}; at most {category.cap} are allowed.",
                    place=f"per_category.{key}",
                    figures={"given": given, "allowed": category.cap},
                )
            )
        places[key] = given
    if missing:
        raise PlacesMissingError(findings=missing)
    if over:
        raise OverCapError(findings=over)
    return places


def within_notice(asked: Mapping[str, int], noticed: Mapping[str, int]) -> dict[str, int]:
    """Places of a decision that follows a notice: never more than stood in it. Raises DiffersFromNoticeError."""
    more = {key: number for key, number in asked.items() if number > noticed.get(key, 0)}
    if more:
        raise DiffersFromNoticeError(
            findings=[
                Finding(
                    slug="differs-from-notice",
                    zh=f"“{key}”名额 {number} 项，公示时为 {noticed.get(key, 0)} 项。",
                    en=f"{number} places for {key}; the notice had {noticed.get(key, 0)}.",
                    place=f"per_category.{key}",
                    figures={"given": number, "allowed": noticed.get(key, 0)},
                )
                for key, number in sorted(more.items())
            ]
        )
    return {**noticed, **asked}


def select(
    candidates: Iterable[Candidate], places: Mapping[str, int], chosen: Collection[UUID]
) -> tuple[Candidate, ...]:
    """The list: in each category the best, as many as there are places.

    If equal entries stand on both sides of the last place, people must choose: `chosen` names who of them is listed.
    Raises TieAtTheCutError, ChoiceInvalidError.
    """
    by_category: dict[str, list[Candidate]] = {key: [] for key in places}
    for candidate in candidates:
        if candidate.category in by_category:
            by_category[candidate.category].append(candidate)
    listed: list[Candidate] = []
    choices = set(chosen)
    for key, number in places.items():
        ordered = sorted(by_category[key], key=lambda c: (c.rank, c.receipt_number, c.entry_id))
        here, used = _cut(key, ordered, number, choices)
        listed.extend(here)
        choices -= used
    if choices:
        raise ChoiceInvalidError(given=len(choices), needed=0, category="—")
    return tuple(listed)


def _cut(
    category: str, ordered: Sequence[Candidate], number: int, chosen: Collection[UUID]
) -> tuple[list[Candidate], set[UUID]]:
    """The first `number`, and which of the choices were needed for that."""
    if number >= len(ordered) or number == 0 or ordered[number - 1].rank != ordered[number].rank:
        return list(ordered[:number]), set()
    last = ordered[number - 1].rank
    above = [candidate for candidate in ordered if candidate.rank < last]
    tied = [candidate for candidate in ordered if candidate.rank == last]
    left = number - len(above)
    picked = [candidate for candidate in tied if candidate.entry_id in chosen]
    figures: dict[str, Any] = {"category": category, "places": number, "tied": len(tied), "left": left}
    if not picked:
        raise TieAtTheCutError(findings=[_tied(candidate) for candidate in tied], **figures)
    if len(picked) != left:
        raise ChoiceInvalidError(given=len(picked), needed=left, category=category)
    return above + picked, {candidate.entry_id for candidate in picked}


def _tied(candidate: Candidate) -> Finding:
    return Finding(
        slug="tied",
        zh=f"《{candidate.title}》（{candidate.unit.name}，{candidate.receipt_number}）并列第 {candidate.rank} 名。",
        en=f"{candidate.title} ({candidate.unit.name}, {candidate.receipt_number}) shares rank {candidate.rank}.",
        place=f"entry:{candidate.entry_id}",
        figures={"rank": candidate.rank, "total": candidate.total},
    )


def in_parts(listed: Iterable[Candidate]) -> list[tuple[ListedEntry, ...]]:
    """The public list in parts that fit into an event each: a list of any length is published whole."""
    parts: list[list[ListedEntry]] = []
    room = 0
    for entry in (candidate.listed() for candidate in listed):
        size = len(entry.model_dump_json().encode()) + 1
        if size > room:
            parts.append([])
            room = PART_BYTES
        parts[-1].append(entry)
        room -= size
    return [tuple(part) for part in parts]
