"""Submissions as they were, for what is printed and packed of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from services.intake.domain.documents.papers import Past, PastMaterial
from services.intake.domain.entries import Material, Receipt
from services.intake.store.entries import Cipher
from services.intake.store.materials import material_of
from services.intake.store.tables import ENTRIES, MATERIALS, REVISIONS


class PaperRows:
    """The part of a transaction that documents and archives read."""

    connection: Connection
    cipher: Cipher

    def past(self, entry_id: UUID, revision: int) -> Past | None:
        row = self.connection.execute(
            select(REVISIONS).where(REVISIONS.c.entry_id == entry_id, REVISIONS.c.revision == revision)
        ).one_or_none()
        if row is None:
            return None
        return Past(
            Receipt(row.receipt_number, row.revision, row.digest, row.submitted_at),
            row.content["fields"],
            {key: self.cipher.open(text) for key, text in row.private.items()},
            tuple(
                PastMaterial(UUID(held["material_id"]), held["kind"], held["name"], held["position"], held["bytes"])
                for held in row.content["materials"]
            ),
        )

    def materials_by_id(self, ids: Sequence[UUID]) -> dict[UUID, Material]:
        rows = self.connection.execute(select(MATERIALS).where(MATERIALS.c.material_id.in_(ids))).mappings()
        return {material.material_id: material for material in (material_of(dict(row)) for row in rows)}

    def entry_of_number(self, number: str) -> UUID | None:
        found: UUID | None = self.connection.execute(
            select(ENTRIES.c.entry_id).where(ENTRIES.c.receipt_number == number)
        ).scalar_one_or_none()
        return found
