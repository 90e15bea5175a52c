"""What came of watching videos through, on PostgreSQL."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from contracts.events import MaterialInspectedV1, MaterialRenderedV1, ObjectRef
from infra.bus.messages import Message
from infra.bus.outbox import Outbox, effect
from infra.store import Database
from services.media.domain import Inspection, State
from services.media.store import SERVICE
from services.media.store.tables import BUS, inspections, materials


class SqlInspections:
    """services.media.inspecting.Inspections; a delivery is a Message of the bus."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(SERVICE, BUS)

    def waiting(self, material_id: UUID) -> ObjectRef | None:
        found = (
            select(materials.c.object)
            .outerjoin(inspections, inspections.c.material_id == materials.c.material_id)
            .where(
                materials.c.material_id == material_id,
                materials.c.state != State.REJECTED,
                # Only what lasts has seconds: a video, whatever its campaign calls this kind of file.
                materials.c.facts["seconds"].as_float().is_not(None),
                inspections.c.material_id.is_(None),
            )
        )
        with self._database.read() as connection:
            held = connection.execute(found).scalar_one_or_none()
        return ObjectRef.model_validate(held) if held is not None else None

    def settle(self, delivery: Message[Any]) -> None:
        with effect(self._database, BUS, delivery):
            pass

    def record(self, delivery: Message[MaterialRenderedV1], inspection: Inspection) -> bool:
        rendered = delivery.data
        warnings = [warning.model_dump(mode="json") for warning in inspection.warnings]
        with effect(self._database, BUS, delivery) as connection:
            taken = connection.execute(
                insert(inspections)
                .values(
                    material_id=rendered.material_id,
                    outcome=inspection.outcome,
                    warnings=warnings,
                    playable=inspection.playable,
                    seconds=inspection.seconds,
                )
                .on_conflict_do_nothing()
                .returning(inspections.c.inspected_at)
            ).first()
            if taken is None:
                return False
            event = MaterialInspectedV1(
                material_id=rendered.material_id,
                entry_id=rendered.entry_id,
                campaign_id=rendered.campaign_id,
                kind=rendered.kind,
                warnings=inspection.warnings,
                playable=inspection.playable,
                seconds=inspection.seconds,
                inspected_at=taken.inspected_at,
            )
            self._outbox.add(connection, event, subject=str(rendered.entry_id))
        return True
