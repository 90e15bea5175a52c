"""Materials in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from contracts.events import Finding, MaterialFacts, ObjectRef
from services.intake.domain.entries import Material, MaterialState
from services.intake.store.tables import ENTRIES, MATERIALS

_CLOCK = func.clock_timestamp()


class MaterialRows:
    """The material part of a transaction."""

    connection: Connection

    def material(self, material_id: UUID, unit_code: str | None, *, lock: bool = False) -> Material | None:
        query = select(MATERIALS).where(MATERIALS.c.material_id == material_id)
        if unit_code is not None:
            query = query.join(ENTRIES).where(ENTRIES.c.unit_code == unit_code)
        row = self.connection.execute(query).mappings().one_or_none()
        if row is None or not lock:
            return material_of(dict(row)) if row else None
        locked = select(ENTRIES.c.entry_id).where(ENTRIES.c.entry_id == row["entry_id"]).with_for_update()
        self.connection.execute(locked)
        return material_of(dict(self.connection.execute(query).mappings().one()))

    def add_material(self, material: Material, by: UUID) -> None:
        self.connection.execute(
            insert(MATERIALS).values(
                material_id=material.material_id,
                entry_id=material.entry_id,
                kind=material.kind,
                name=material.name,
                position=material.position,
                state=material.state.value,
                bucket=material.bucket,
                key=material.key,
                size=material.size,
                begun_by=by,
                upload_until=material.upload_until,
            )
        )

    def set_material(
        self,
        material_id: UUID,
        state: MaterialState,
        *,
        size: int | None = None,
        findings: Iterable[Finding] = (),
        object_ref: ObjectRef | None = None,
        facts: MaterialFacts | None = None,
    ) -> None:
        values: dict[str, Any] = {
            "state": state.value,
            "findings": [finding.model_dump(mode="json") for finding in findings],
            "changed_at": _CLOCK,
        }
        if size is not None:
            values["size"] = size
        if object_ref is not None and facts is not None:
            values |= {"object": object_ref.model_dump(mode="json"), "facts": facts.model_dump(mode="json")}
        self.connection.execute(update(MATERIALS).where(MATERIALS.c.material_id == material_id).values(**values))

    def to_clean(self, older_than: timedelta, limit: int) -> Sequence[Material]:
        waiting = (MaterialState.UPLOADING.value, MaterialState.REMOVED.value)
        query = (
            select(MATERIALS)
            .where(
                MATERIALS.c.cleaned_at.is_(None),
                MATERIALS.c.state.in_(waiting),
                MATERIALS.c.changed_at < _CLOCK - older_than,
            )
            .order_by(MATERIALS.c.changed_at)
            .limit(limit)
        )
        return [material_of(dict(row)) for row in self.connection.execute(query).mappings()]

    def cleaned(self, material_id: UUID) -> bool:
        done = self.connection.execute(
            update(MATERIALS)
            .where(
                MATERIALS.c.material_id == material_id,
                or_(
                    MATERIALS.c.state == MaterialState.REMOVED.value,
                    and_(MATERIALS.c.state == MaterialState.UPLOADING.value, MATERIALS.c.upload_until < _CLOCK),
                ),
            )
            .values(state=MaterialState.REMOVED.value, cleaned_at=_CLOCK)
        )
        return done.rowcount == 1


def material_of(row: Mapping[str, Any]) -> Material:
    """From a row, or from one in JSON, where ids and times are texts."""
    until = row["upload_until"]
    return Material(
        material_id=UUID(str(row["material_id"])),
        entry_id=UUID(str(row["entry_id"])),
        kind=row["kind"],
        name=row["name"],
        position=row["position"],
        state=MaterialState(row["state"]),
        bucket=row["bucket"],
        key=row["key"],
        size=row["size"],
        upload_until=until if isinstance(until, datetime) else datetime.fromisoformat(until),
        findings=tuple(Finding.model_validate(raw) for raw in row["findings"]),
        object=ObjectRef.model_validate(row["object"]) if row["object"] else None,
        facts=MaterialFacts.model_validate(row["facts"]) if row["facts"] else None,
    )
