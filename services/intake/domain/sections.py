"""An entry as a task list: its parts, and how far each is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.campaign import CLAIMS, Category, ConditionRule, FieldRule, Text
from contracts.events import Finding
from services.intake.domain.entries import Entry, State


class Progress(StrEnum):
    """How far a part of an entry is."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    MEND = "mend"


MISSING = frozenset({"missing-field", "too-few-materials", "upload-unfinished", "too-few-claims"})
"""Findings that only say that something is still to come."""

TEXTS = Text(zh="文字材料", en="Texts")
CONDITIONS = Text(zh="符合的条件", en="Conditions that hold")
CONTACT = Text(zh="联系方式", en="Contact")
MATERIALS = Text(zh="照片、视频等材料", en="Photos, video, files")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the editor: fields under one heading, the conditions that the unit claims, or the materials."""

    key: str
    title: Text
    fields: tuple[FieldRule, ...] = ()
    claims: tuple[ConditionRule, ...] = ()
    materials: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the texts that are written here."""
        return (CLAIMS,) if self.claims else tuple(rule.key for rule in self.fields)

    def holds(self, place: str) -> bool:
        """Whether a finding at this place belongs here."""
        if self.materials:
            return place.startswith(("materials.", "material:"))
        return place in self.keys


def sections_of(category: Category, rules: Iterable[ConditionRule] = ()) -> tuple[Section, ...]:
    """In the order of the form. Personal contact data stand apart: they go where nobody reviews.

    `rules` are the rules of conditions that bind the entry (CampaignDefinition.conditions_for).
    """
    headings: dict[str, Text] = {}
    texts: dict[str, list[FieldRule]] = {}
    for rule in category.fields:
        if not rule.private:
            heading = rule.section or TEXTS
            headings.setdefault(heading.zh, heading)
            texts.setdefault(heading.zh, []).append(rule)
    contact = tuple(rule for rule in category.fields if rule.private)
    claims = tuple(rule for rule in rules if rule.claimed)
    sections = [
        Section("texts" if title == TEXTS.zh else f"texts-{number}", headings[title], tuple(fields))
        for number, (title, fields) in enumerate(texts.items(), 1)
    ]
    if claims:
        sections.append(Section("claims", CONDITIONS, claims=claims))
    if contact:
        sections.append(Section("contact", CONTACT, contact))
    if category.materials:
        sections.append(Section("materials", MATERIALS, materials=True))
    return tuple(sections)


def progress_of(section: Section, entry: Entry, problems: Iterable[Finding]) -> Progress:
    """Something wrong, or found wrong by the secretariat and not touched since, comes before everything else."""
    own = [finding for finding in problems if section.holds(finding.place)]
    if any(finding.slug not in MISSING for finding in own) or open_findings(section, entry):
        return Progress.MEND
    begun = any(entry.texts.get(key, "").strip() for key in section.keys) or (
        section.materials and bool(entry.materials)
    )
    if not own and (begun or section.materials or not any(rule.required for rule in section.fields)):
        return Progress.DONE
    return Progress.DOING if begun else Progress.TODO


def open_findings(section: Section, entry: Entry) -> list[Finding]:
    """What a returned entry was returned for in this part; a text that was changed since counts as mended."""
    if entry.state is not State.RETURNED:
        return []
    return [f for f in entry.findings if section.holds(f.place) and not _is_mended(entry, f.place)]


def _is_mended(entry: Entry, place: str) -> bool:
    """Whether the text at this place was saved after the last submission."""
    saved, receipt = entry.saved.get(place), entry.receipt
    return saved is not None and receipt is not None and saved.at > receipt.submitted_at


def by_place(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    """Findings under the place they are about; those about the whole entry under `entry`."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.place, []).append(finding)
    return found


def elsewhere(findings: Iterable[Finding], sections: Iterable[Section]) -> list[Finding]:
    """Those that belong to none of the parts, e.g. a condition that the secretariat did not find met."""
    parts = tuple(sections)
    return [finding for finding in findings if not any(part.holds(finding.place) for part in parts)]
