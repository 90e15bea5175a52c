"""Campaigns, entries, assessments: what notify knows from events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.campaign import CampaignDefinition
from contracts.events import Extension, ListedEntry
from services.notify.domain.entries import AssessmentRecord, EntryRecord, EntryState
from services.notify.ports import CampaignRecord
from services.notify.store.session import Session
from services.notify.store.tables import assessments, campaigns, entries, list_parts


class Picture(Session):
    """See services.notify.ports.Store."""

    def lock_campaign(self, campaign_id: str) -> CampaignRecord | None:
        self._lock(f"campaign:{campaign_id}")
        return self.campaign(campaign_id)

    def campaign(self, campaign_id: str) -> CampaignRecord | None:
        version = self.connection.execute(
            select(campaigns.c.version).where(campaigns.c.campaign_id == campaign_id)
        ).scalar_one_or_none()
        if version is None:
            return None
        key = (campaign_id, version)
        if key not in self.known:
            row = self.connection.execute(select(campaigns).where(campaigns.c.campaign_id == campaign_id)).one()
            # Read by the version that stands in this very row: another may have been saved in between.
            self.known[campaign_id, row.version] = CampaignRecord(
                definition=CampaignDefinition.from_event(row.definition),
                version=row.version,
                known_at=row.known_at,
                extensions=tuple(Extension.model_validate(item) for item in row.extensions),
            )
            key = (campaign_id, row.version)
        return self.known[key]

    def save_campaign(self, record: CampaignRecord) -> None:
        values = {
            "campaign_id": record.definition.id,
            "version": record.version,
            "definition": record.definition.model_dump(mode="json"),
            "extensions": [extension.model_dump(mode="json") for extension in record.extensions],
            "known_at": record.known_at,
        }
        self._upsert(campaigns, "campaign_id", values)

    def lock_entry(self, entry_id: UUID) -> EntryRecord | None:
        self._lock(f"entry:{entry_id}")
        return self.entry(entry_id)

    def entry(self, entry_id: UUID) -> EntryRecord | None:
        row = self.connection.execute(select(entries).where(entries.c.entry_id == entry_id)).one_or_none()
        return None if row is None else entry_of(row)

    def save_entry(self, record: EntryRecord) -> None:
        self._upsert(entries, "entry_id", asdict(record) | {"state": record.state.value})

    def entries_of_unit(self, campaign_id: str, unit_code: str) -> list[EntryRecord]:
        query = select(entries).where(entries.c.campaign_id == campaign_id, entries.c.unit_code == unit_code)
        return [entry_of(row) for row in self.connection.execute(query)]

    def units_with_entries(self, campaign_id: str) -> dict[str, datetime]:
        query = (
            select(entries.c.unit_code, func.min(entries.c.changed_at))
            .where(entries.c.campaign_id == campaign_id)
            .group_by(entries.c.unit_code)
        )
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def withdrawn_entries(self, campaign_id: str) -> frozenset[UUID]:
        query = select(entries.c.entry_id).where(
            entries.c.campaign_id == campaign_id, entries.c.state == EntryState.WITHDRAWN.value
        )
        return frozenset(self.connection.execute(query).scalars())

    def save_assessment(self, record: AssessmentRecord) -> AssessmentRecord:
        news = insert(assessments).values(**asdict(record))
        known = self.connection.execute(
            news.on_conflict_do_update(
                index_elements=["assessment_id"],
                set_={
                    "category": func.coalesce(func.nullif(news.excluded.category, ""), assessments.c.category),
                    "due_at": func.coalesce(news.excluded.due_at, assessments.c.due_at),
                    "assigned_at": func.coalesce(news.excluded.assigned_at, assessments.c.assigned_at),
                    "submitted_at": func.coalesce(news.excluded.submitted_at, assessments.c.submitted_at),
                    "revoked_at": func.coalesce(news.excluded.revoked_at, assessments.c.revoked_at),
                },
            ).returning(assessments)
        ).one()
        return AssessmentRecord(**known._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it

    def assessments(self, campaign_id: str, expert_id: UUID | None = None) -> list[AssessmentRecord]:
        query = select(assessments).where(assessments.c.campaign_id == campaign_id)
        if expert_id is not None:
            query = query.where(assessments.c.expert_id == expert_id)
        return [AssessmentRecord(**row._mapping) for row in self.connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name for it

    def add_list_part(self, name: str, part: int, listed: Sequence[ListedEntry]) -> list[tuple[ListedEntry, ...]]:
        self._lock(f"list:{name}")
        body = [entry.model_dump(mode="json") for entry in listed]
        news = insert(list_parts).values(list=name, part=part, listed=body)
        self.connection.execute(news.on_conflict_do_nothing())
        query = select(list_parts.c.listed).where(list_parts.c.list == name).order_by(list_parts.c.part)
        return [
            tuple(ListedEntry.model_validate(entry) for entry in found)
            for found in self.connection.execute(query).scalars()
        ]

    def _upsert(self, table: Any, key: str, values: dict[str, Any]) -> None:
        news = insert(table).values(**values)
        others = {name: news.excluded[name] for name in values if name != key}
        self.connection.execute(news.on_conflict_do_update(index_elements=[key], set_=others))


def entry_of(row: Row[Any]) -> EntryRecord:
    """An entry from its row."""
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return EntryRecord(**values | {"state": EntryState(values["state"])})
