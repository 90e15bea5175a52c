"""The part of a transaction that is about entries: their states, texts and materials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from contracts.events import Finding, MaterialFacts, ObjectRef, Rendition, UnitRef
from services.intake.domain.documents.papers import Past
from services.intake.domain.entries import Entry, Material, MaterialState, Place, Receipt, Saved, State
from services.intake.domain.happenings import Happening
from services.intake.domain.progress import Tally
from services.intake.domain.texts import Earlier
from services.intake.ports.values import (
    Kept,
    Listed,
    Sheet,
    Submitted,
)


class EntryRows(Protocol):
    """Entries, their texts, revisions and materials."""

    # entries
    def entry(self, entry_id: UUID, unit_code: str | None, *, lock: bool = False) -> Entry | None:
        """With its materials and texts; None if there is none, or none of this unit. Locked until the end, if asked."""
        ...

    def add_entry(
        self,
        place: Place,
        unit: UnitRef,
        by: UUID,
        at: datetime,
        quota: int | None,
        *,
        texts: Mapping[str, str],
        exempt: bool,
    ) -> bool:
        """In one of the unit's places; in none if exempt or without a quota. False if all are taken."""
        ...

    def place_entry(self, entry_id: UUID, *, exempt: bool) -> int | None:
        """Give an entry whose row is locked one of its unit's places, or its place back if it is exempt.

        Returns the place; None if it is exempt, needs none, or all are taken.
        """
        ...

    def entries(
        self, campaign_id: str, unit_code: str | None, after: int | None, limit: int, *, state: State | None
    ) -> Sequence[Listed]: ...

    def tallies(self, campaign_id: str) -> Sequence[Tally]:
        """How many entries stand where, by unit and category."""
        ...

    def receipt_of_version(self, entry_id: UUID, version: int) -> Receipt | None:
        """The receipt of the revision that was submitted at this version."""
        ...

    def next_running_number(self, campaign_id: str, category: str) -> int: ...

    def add_revision(self, entry: Entry, receipt: Receipt, content: Mapping[str, Any], by: UUID) -> None: ...

    def revision(self, entry_id: UUID, revision: int) -> tuple[Mapping[str, str], Mapping[str, str]] | None:
        """The texts of a submission: those that travelled, and personal contact data."""
        ...

    def revisions(self, entry_id: UUID) -> Sequence[Submitted]:
        """Every submission of an entry, the last one first."""
        ...

    # texts
    def write_texts(self, entry: Entry, sheet: Sheet, marks: Mapping[str, Saved]) -> None:
        """Merge texts into a locked entry as its next version."""
        ...

    def keep_texts(self, entry_id: UUID, earlier: Iterable[Earlier], private: Iterable[str]) -> None:
        """Into the history, once each; those of the fields named `private` encrypted."""
        ...

    def earlier_texts(
        self, entry_id: UUID, after: int | None, limit: int, *, field: str | None = None
    ) -> Sequence[Kept]:
        """The history of an entry, or of one of its fields, newest first."""
        ...

    def earlier_text(self, entry_id: UUID, seq: int) -> Kept | None: ...
    def names_of(self, accounts: Iterable[UUID]) -> Mapping[UUID, str]: ...

    def set_state(
        self,
        entry: Entry,
        state: State,
        *,
        mend_by: datetime | None = None,
        findings: Iterable[Finding] = (),
        new_version: bool = False,
    ) -> None: ...

    # materials
    def material(self, material_id: UUID, unit_code: str | None, *, lock: bool = False) -> Material | None:
        """With `lock`, its entry is locked too, and first."""
        ...

    def add_material(self, material: Material, by: UUID) -> None: ...

    def set_material(
        self,
        material_id: UUID,
        state: MaterialState,
        *,
        size: int | None = None,
        arrived: bool = False,
        findings: Iterable[Finding] = (),
        object_ref: ObjectRef | None = None,
        facts: MaterialFacts | None = None,
        round_: int | None = None,
    ) -> None: ...

    def uploads_waiting(self, campaign_id: str, unit_code: str, *, at_most: int) -> int:
        """A unit's uploads that media has not judged yet, this transaction's included; counted to `at_most` + 1."""
        ...

    def uploads_unjudged(self) -> tuple[int, float]:
        """How many uploads of all units wait for a verdict, and for how many seconds the oldest has; 0 if none does."""
        ...

    def remove_material(self, material: Material) -> None:
        """Taken out, and for a while remembered as it was."""
        ...

    def restore_material(self, material: Material, position: int) -> bool:
        """As it was before it was removed. False if it is cleaned away by now."""
        ...

    def judge_removed(
        self,
        material: Material,
        state: MaterialState,
        object_ref: ObjectRef | None,
        facts: MaterialFacts | None,
        findings: Iterable[Finding],
        *,
        round_: int,
    ) -> None:
        """The verdict on a file that was removed in between: what it would be if it were put back."""
        ...

    def set_renditions(self, material_id: UUID, renditions: Iterable[Rendition], placeholder: str) -> None: ...

    def set_round(self, material_id: UUID, round_: int) -> None:
        """A later round was heard of that changes nothing here."""
        ...

    def inherit(self, material_id: UUID, of: UUID) -> None:
        """From now on a file shares the object of that one."""
        ...

    def heirs(self, material_id: UUID) -> Sequence[Material]:
        """Files of later entries that share this one's object."""
        ...

    def set_inspection(self, material_id: UUID, warnings: Iterable[Finding], playable: str | None) -> None: ...

    def set_caption(self, material_id: UUID, caption: str) -> None: ...

    def place_materials(self, material_ids: Sequence[UUID]) -> None:
        """Number them in this order, from 0."""
        ...

    def to_clean(self, older_than: timedelta, limit: int) -> Sequence[Material]:
        """What is of no use any more, untouched for so long and still in quarantine.

        Uploads that were never completed, removed and rejected materials.
        """
        ...

    def cleaned(self, material_id: UUID) -> bool:
        """Its object is gone from quarantine. False if the material has come to life in between."""
        ...

    def happenings(
        self, campaign_id: str, unit_code: str | None, entry_id: UUID | None, after: int | None, limit: int
    ) -> Sequence[tuple[int, Happening]]: ...

    def messages(self, unit_code: str, after: int | None, limit: int) -> Sequence[tuple[int, Happening]]:
        """What happened to a unit, and to all in the campaigns in which it has entries; newest first."""
        ...

    # papers
    def past(self, entry_id: UUID, revision: int) -> Past | None:
        """A submission as it was."""
        ...

    def entry_of_number(self, number: str) -> UUID | None:
        """The entry that a receipt number was given to."""
        ...

    def materials_by_id(self, ids: Sequence[UUID]) -> Mapping[UUID, Material]:
        """Also those that were taken out since."""
        ...
