"""The texts of an entry: each is saved over a version of its own, and none that was ever typed is lost.

Every save names, for each text, the version of the entry that it was typed over. Texts that nobody else has touched
since never stand in each other's way; where somebody has, the save is refused and both texts are kept. What is saved
over is kept too, thinned: of one person who types on, one text in each five minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.intake.domain.entries import Entry, Saved
from services.intake.domain.errors import StaleVersionError

RUN = timedelta(minutes=5)
"""Saves of one text by one person within so long leave one earlier text behind."""
MOST_KEPT = 200
"""Earlier texts of one field that are kept; the oldest go first."""


class Why(StrEnum):
    """Why an earlier text is in the history."""

    REPLACED = "replaced"
    SET_ASIDE = "set-aside"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A text that is no longer, or never became, the entry's: what it was, whose, and when it was written.

    `version`: of the entry, at which it was saved; of one that was set aside, over which it was typed.
    """

    field: str
    text: str
    version: int
    by: UUID
    at: datetime
    why: Why


def bases(version: int, versions: Mapping[str, int], texts: Iterable[str]) -> dict[str, int]:
    """What each text was typed over: the version named for it, else the one that stands for all."""
    return {key: versions.get(key, version) for key in texts}


def changed(entry: Entry, texts: Mapping[str, str]) -> dict[str, str]:
    """Those texts that the entry does not hold already."""
    return {key: text for key, text in texts.items() if entry.texts.get(key, "") != text}


def in_conflict(entry: Entry, texts: Mapping[str, str], over: Mapping[str, int]) -> list[str]:
    """The texts that differ from what somebody has saved since; also those over a version that never was."""
    found = []
    for key in changed(entry, texts):
        saved = entry.saved.get(key)
        if over[key] > entry.version or (saved is not None and saved.version > over[key]):
            found.append(key)
    return found


def runs_on(saved: Saved | None, by: UUID, now: datetime) -> bool:
    """Whether a save belongs to the same person's same spell of writing as the one before."""
    return saved is not None and saved.by == by and now - saved.since < RUN


def replaced(entry: Entry, keys: Iterable[str]) -> list[Earlier]:
    """The saved texts of these fields, to be kept."""
    return [
        Earlier(key, entry.texts[key], saved.version, saved.by, saved.at, Why.REPLACED)
        for key in keys
        if entry.texts.get(key) and (saved := entry.saved.get(key)) is not None
    ]


def set_aside(texts: Mapping[str, str], over: Mapping[str, int], by: UUID, now: datetime) -> list[Earlier]:
    """Texts that could not be saved, to be kept beside those that were."""
    return [Earlier(key, text, over[key], by, now, Why.SET_ASIDE) for key, text in texts.items() if text]


@dataclass(frozen=True, slots=True)
class Saving:
    """What a save does: the new marks of its texts, and the texts that it replaces and that are to be kept."""

    marks: dict[str, Saved]
    kept: list[Earlier]


def saving(entry: Entry, keys: Iterable[str], by: UUID, now: datetime, *, keep_all: bool = False) -> Saving:
    """How these texts are saved as the entry's next version. `keep_all`: what they replace is kept in any case."""
    marks: dict[str, Saved] = {}
    ends: list[str] = []
    for key in keys:
        before = entry.saved.get(key)
        going_on = before is not None and runs_on(before, by, now) and not keep_all
        since = before.since if before is not None and going_on else now
        marks[key] = Saved(entry.version + 1, by, since, now)
        if not going_on:
            ends.append(key)
    return Saving(marks, replaced(entry, ends))


def stale(
    entry: Entry,
    given: Mapping[str, str],
    names: Mapping[UUID, str] | None = None,
    hidden: AbstractSet[str] = frozenset(),
) -> StaleVersionError:
    """The refusal that keeps both texts: for each field that differs, the caller's and the saved one.

    Of `hidden` fields, whose texts this caller may not read, it shows neither: what is brought back is not his own.
    """
    conflicts = []
    for key, text in changed(entry, given).items():
        saved = entry.saved.get(key)
        conflicts.append(
            {
                "field": key,
                "yours": None if key in hidden else text,
                "saved": None if key in hidden else entry.texts.get(key, ""),
                "version": saved.version if saved else entry.version,
                "saved_by": (names or {}).get(saved.by) if saved else None,
                "saved_at": saved.at.isoformat() if saved else None,
            }
        )
    return StaleVersionError(
        f"此材料已在别处保存到版本 {entry.version}。两份文字都在下面，请对照后以新版本号再次保存。",
        f"The entry was saved elsewhere as version {entry.version}. "
        "Both texts are here: compare them and save again with the new version.",
        version=entry.version,
        conflicts=conflicts,
    )
