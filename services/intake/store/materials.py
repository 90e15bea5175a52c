"""Materials in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, and_, case, func, insert, or_, select, update

from contracts.events import Finding, MaterialFacts, ObjectRef, Rendition
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
                begun_at=material.begun_at or _CLOCK,
                upload_until=material.upload_until,
                caption=material.caption,
                upload_id=material.upload_id,
                hint=material.hint,
                heir_of=material.heir_of,
            )
        )

    def inherit(self, material_id: UUID, of: UUID) -> None:
        self._write(material_id, {"heir_of": of})

    def heirs(self, material_id: UUID) -> Sequence[Material]:
        found = select(MATERIALS).where(MATERIALS.c.heir_of == material_id).order_by(MATERIALS.c.begun_at)
        return [material_of(dict(row)) for row in self.connection.execute(found).mappings()]

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
    ) -> None:
        values = {"state": state.value, **_verdict(findings, object_ref, facts)}
        if size is not None:
            values["size"] = size
        if round_ is not None:
            values["round"] = round_
        if arrived:
            values["arrived_at"] = _CLOCK
        self._write(material_id, values)

    def uploads_waiting(self, campaign_id: str, unit_code: str, *, at_most: int) -> int:
        some = (
            select(MATERIALS.c.material_id)
            .join(ENTRIES)
            .where(
                ENTRIES.c.campaign_id == campaign_id,
                ENTRIES.c.unit_code == unit_code,
                MATERIALS.c.state == MaterialState.UPLOADED.value,
            )
            .limit(at_most + 1)
        )
        return self.connection.execute(select(func.count()).select_from(some.subquery())).scalar_one()

    def uploads_unjudged(self) -> tuple[int, float]:
        since = func.extract("epoch", _CLOCK - func.min(MATERIALS.c.arrived_at))
        waiting = select(func.count(), since).where(MATERIALS.c.state == MaterialState.UPLOADED.value)
        count, seconds = self.connection.execute(waiting).one()
        return count, float(seconds or 0.0)

    def remove_material(self, material: Material) -> None:
        self._write(material.material_id, {"state": MaterialState.REMOVED.value, "removed_from": material.state.value})

    def restore_material(self, material: Material, position: int) -> bool:
        done = self.connection.execute(
            update(MATERIALS)
            .where(MATERIALS.c.material_id == material.material_id, MATERIALS.c.cleaned_at.is_(None))
            .values(state=MATERIALS.c.removed_from, removed_from=None, position=position, changed_at=_CLOCK)
        )
        return done.rowcount == 1

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
        values = {"removed_from": state.value, "round": round_, **_verdict(findings, object_ref, facts)}
        self._write(material.material_id, values)

    def set_renditions(self, material_id: UUID, renditions: Iterable[Rendition], placeholder: str) -> None:
        plain = [rendition.model_dump(mode="json") for rendition in renditions]
        self._write(material_id, {"renditions": plain, "placeholder": placeholder})

    def set_round(self, material_id: UUID, round_: int) -> None:
        self._write(material_id, {"round": round_})

    def set_inspection(self, material_id: UUID, warnings: Iterable[Finding], playable: str | None) -> None:
        plain = [warning.model_dump(mode="json") for warning in warnings]
        self._write(material_id, {"warnings": plain, "playable": playable})

    def set_caption(self, material_id: UUID, caption: str) -> None:
        self._write(material_id, {"caption": caption})

    def place_materials(self, material_ids: Sequence[UUID]) -> None:
        for position, material_id in enumerate(material_ids):
            self.connection.execute(
                update(MATERIALS)
                .where(MATERIALS.c.material_id == material_id, MATERIALS.c.position != position)
                .values(position=position, changed_at=_CLOCK)
            )

    def _write(self, material_id: UUID, values: Mapping[str, Any]) -> None:
        statement = update(MATERIALS).where(MATERIALS.c.material_id == material_id)
        self.connection.execute(statement.values(**values, changed_at=_CLOCK))

    def to_clean(self, older_than: timedelta, limit: int) -> Sequence[Material]:
        waiting = (MaterialState.UPLOADING.value, MaterialState.REMOVED.value, MaterialState.REJECTED.value)
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
                    MATERIALS.c.state.in_((MaterialState.REMOVED.value, MaterialState.REJECTED.value)),
                    and_(MATERIALS.c.state == MaterialState.UPLOADING.value, MATERIALS.c.upload_until < _CLOCK),
                ),
            )
            .values(
                state=case(
                    (MATERIALS.c.state == MaterialState.REJECTED.value, MATERIALS.c.state),
                    else_=MaterialState.REMOVED.value,
                ),
                cleaned_at=_CLOCK,
            )
        )
        return done.rowcount == 1


def _verdict(findings: Iterable[Finding], object_ref: ObjectRef | None, facts: MaterialFacts | None) -> dict[str, Any]:
    values: dict[str, Any] = {"findings": [finding.model_dump(mode="json") for finding in findings]}
    if object_ref is not None and facts is not None:
        values |= {"object": object_ref.model_dump(mode="json"), "facts": facts.model_dump(mode="json")}
    return values


def material_of(row: Mapping[str, Any]) -> Material:
    """From a row, or from one in JSON, where ids and times are texts."""
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
        upload_until=_instant(row["upload_until"]),
        findings=tuple(Finding.model_validate(raw) for raw in row["findings"]),
        object=ObjectRef.model_validate(row["object"]) if row["object"] else None,
        facts=MaterialFacts.model_validate(row["facts"]) if row["facts"] else None,
        caption=row["caption"],
        begun_at=_instant(row["begun_at"]),
        arrived_at=_instant(row["arrived_at"]) if row["arrived_at"] else None,
        upload_id=row["upload_id"],
        hint=row["hint"],
        round=row["round"],
        removed_from=MaterialState(row["removed_from"]) if row["removed_from"] else None,
        renditions=tuple(Rendition.model_validate(raw) for raw in row["renditions"] or ()),
        placeholder=row["placeholder"],
        warnings=tuple(Finding.model_validate(raw) for raw in row["warnings"]),
        playable=row["playable"],
        heir_of=UUID(str(row["heir_of"])) if row["heir_of"] else None,
    )


def _instant(given: datetime | str) -> datetime:
    return given if isinstance(given, datetime) else datetime.fromisoformat(given)
