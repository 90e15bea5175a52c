"""Media's database, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.campaign import MaterialRule
from contracts.events import (
    Event,
    MaterialAcceptedV1,
    MaterialPlace,
    MaterialRejectedV1,
    MaterialRenderedV1,
    MaterialUploadedV1,
    ObjectRef,
)
from infra.bus.messages import Message
from infra.bus.outbox import Outbox, effect
from infra.store import Database
from services.media import metrics
from services.media.domain import CampaignRules, Command, RulesUnknownError, State, Verdict, after
from services.media.renditions import Shown
from services.media.resemblance import Candidate, Looks, Resemblances
from services.media.store.likeness import PLACE, Likenesses, place_of, tell_pairs
from services.media.store.tables import BUS, campaign_rules, captures, materials

SERVICE = "media"
_MOST_KNOWN = 64


class SqlStore:
    """services.media.ports.Store; a delivery is a Message of the bus."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outbox = Outbox(SERVICE, BUS)
        self._known: dict[tuple[str, int], CampaignRules] = {}
        self._likenesses = Likenesses(database)

    def rules(self, campaign_id: str, version: int) -> CampaignRules:
        known = self._known.get((campaign_id, version))
        if known is not None:  # a version never changes
            return known
        found = select(campaign_rules.c.rules).where(
            campaign_rules.c.campaign_id == campaign_id, campaign_rules.c.version == version
        )
        with self._database.read() as connection:
            row = connection.execute(found).scalar_one_or_none()
        if row is None:
            raise RulesUnknownError(f"the rules of {campaign_id} in version {version} have not arrived yet")
        rules = {(one["category"], one["rule"]["key"]): MaterialRule.model_validate(one["rule"]) for one in row}
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        return self._known.setdefault((campaign_id, version), CampaignRules(campaign_id, version, rules))

    def keep_rules(self, delivery: Message[Any], rules: CampaignRules) -> None:
        row = [
            {"category": category, "rule": rule.model_dump(mode="json")} for (category, _), rule in rules.rules.items()
        ]
        with effect(self._database, BUS, delivery) as connection:
            connection.execute(
                insert(campaign_rules)
                .values(campaign_id=rules.campaign_id, version=rules.version, rules=row)
                .on_conflict_do_nothing()
            )

    def state(self, material_id: UUID) -> State | None:
        with self._database.read() as connection:
            found = connection.execute(select(materials.c.state).where(materials.c.material_id == material_id)).scalar()
        return State(found) if found is not None else None

    def settle(self, delivery: Message[Any]) -> None:
        with effect(self._database, BUS, delivery):
            pass

    def record(self, delivery: Message[MaterialUploadedV1], verdict: Verdict) -> bool:
        upload = delivery.data
        judgement = verdict.judgement
        with metrics.STEPS.labels("record").time(), effect(self._database, BUS, delivery) as connection:
            taken = connection.execute(
                insert(materials)
                .values(
                    material_id=upload.material_id,
                    entry_id=upload.entry_id,
                    campaign_id=upload.campaign_id,
                    campaign_version=upload.campaign_version,
                    category=upload.category,
                    unit_code=upload.unit_code,
                    kind=upload.kind,
                    state=after(None, judgement.command),
                    upload=upload.object.model_dump(mode="json"),
                    object=verdict.object.model_dump(mode="json") if verdict.object else None,
                    facts=judgement.facts.model_dump(mode="json") if judgement.facts else None,
                    findings=[finding.model_dump(mode="json") for finding in judgement.findings],
                )
                .on_conflict_do_nothing()
                .returning(materials.c.judged_at)
            ).first()
            if taken is None:
                return False
            about = {
                "material_id": upload.material_id,
                "entry_id": upload.entry_id,
                "campaign_id": upload.campaign_id,
                "kind": upload.kind,
                "judged_at": taken.judged_at,
            }
            event: Event
            if judgement.command is Command.ACCEPT:
                event = MaterialAcceptedV1.model_validate({**about, "object": verdict.object, "facts": judgement.facts})
            else:
                told = {"findings": judgement.findings, "unit_code": upload.unit_code, "name": upload.name}
                event = MaterialRejectedV1.model_validate({**about, **told})
            self._outbox.add(connection, event, subject=str(upload.entry_id))
        return True

    def identify(self, material_id: UUID, sha256: str, looks: Looks | None) -> None:
        with self._database.begin() as connection:
            connection.execute(
                update(materials)
                .where(materials.c.material_id == material_id, materials.c.state == State.ACCEPTED)
                .values(sha256=sha256)
            )
            if looks is not None and looks.telling:
                self._likenesses.keep(connection, sha256, looks)

    def candidates(self, looks: Looks, own: str) -> tuple[list[Candidate], bool]:
        return self._likenesses.candidates(looks, own)

    def places(self, digests: Sequence[str], own: UUID) -> list[MaterialPlace]:
        return self._likenesses.places(digests, own)

    def forget_captures(self, older_than: timedelta) -> int:
        with self._database.begin() as connection:
            return connection.execute(
                delete(captures).where(captures.c.read_at < func.clock_timestamp() - older_than)
            ).rowcount

    def rendered(self, delivery: Message[MaterialAcceptedV1], shown: Shown, alike: Resemblances) -> None:
        accepted = delivery.data
        with effect(self._database, BUS, delivery) as connection:
            made = connection.execute(
                update(materials)
                .where(materials.c.material_id == accepted.material_id, materials.c.state == State.ACCEPTED)
                .values(
                    state=after(State.ACCEPTED, Command.RENDER),
                    rendition=shown.main,
                    renditions=[rendition.model_dump(mode="json") for rendition in shown.renditions],
                    rendered_at=func.clock_timestamp(),
                )
                .returning(*PLACE, materials.c.rendered_at)
            ).first()
            if made is None:  # another copy of the event was quicker
                return
            event = MaterialRenderedV1(
                material_id=accepted.material_id,
                entry_id=accepted.entry_id,
                campaign_id=accepted.campaign_id,
                kind=accepted.kind,
                renditions=shown.renditions,
                placeholder=shown.placeholder,
                rendered_at=made.rendered_at,
            )
            self._outbox.add(connection, event, subject=str(accepted.entry_id))
            if shown.captured is not None:
                told = shown.captured.model_dump()
                connection.execute(
                    insert(captures).values(material_id=accepted.material_id, **told).on_conflict_do_nothing()
                )
            self._tell_pairs(connection, made, alike)

    def previewed(self, delivery: Message[MaterialAcceptedV1], key: str, alike: Resemblances) -> None:
        with effect(self._database, BUS, delivery) as connection:
            made = connection.execute(
                update(materials)
                .where(materials.c.material_id == delivery.data.material_id, materials.c.state == State.ACCEPTED)
                .values(state=after(State.ACCEPTED, Command.RENDER), rendition=key, rendered_at=func.clock_timestamp())
                .returning(*PLACE, materials.c.rendered_at)
            ).first()
            if made is not None:
                self._tell_pairs(connection, made, alike)

    def _tell_pairs(self, connection: Connection, made: Row[Any], alike: Resemblances) -> None:
        for resembled in tell_pairs(connection, place_of(made), alike, made.rendered_at):
            self._outbox.add(connection, resembled, subject=str(made.entry_id))

    def rule_of(self, material_id: UUID) -> MaterialRule | None:
        columns = (materials.c.campaign_id, materials.c.campaign_version, materials.c.category, materials.c.kind)
        with self._database.read() as connection:
            row = connection.execute(select(*columns).where(materials.c.material_id == material_id)).first()
        if row is None:
            return None
        return self.rules(row.campaign_id, row.campaign_version).rule(row.category, row.kind)

    def upload_of(self, material_id: UUID) -> ObjectRef | None:
        with self._database.read() as connection:
            found = connection.execute(
                select(materials.c.upload).where(materials.c.material_id == material_id)
            ).scalar()
        return ObjectRef.model_validate(found) if found is not None else None
