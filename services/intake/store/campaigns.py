"""Campaigns in PostgreSQL: every version of a definition is kept, and parsed once a process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from contracts.campaign import CampaignDefinition
from contracts.events import Extension
from services.intake.domain.campaigns import Act, Campaign
from services.intake.ports import CampaignState, CampaignVersion
from services.intake.store.tables import ACCOUNTS, CAMPAIGN_VERSIONS, CAMPAIGNS

_KEPT = 256


class Definitions:
    """Parsed campaigns by (id, version). A version never changes once it is committed, so nothing here grows old."""

    def __init__(self) -> None:
        self._parsed: dict[tuple[str, int], Campaign] = {}
        self._newest: dict[str, Campaign] = {}

    def known(self, campaign_id: str, version: int) -> Campaign | None:
        """A version that was asked for before."""
        return self._parsed.get((campaign_id, version))

    def campaign(self, connection: Connection, campaign_id: str, version: int) -> Campaign:
        """A version that has been committed: never ask for one that the same transaction has written."""
        known = self.known(campaign_id, version)
        if known is None:
            row = connection.execute(
                select(CAMPAIGN_VERSIONS.c.definition, CAMPAIGN_VERSIONS.c.extensions).where(
                    CAMPAIGN_VERSIONS.c.campaign_id == campaign_id, CAMPAIGN_VERSIONS.c.version == version
                )
            ).one()
            extensions = tuple(Extension.model_validate(raw) for raw in row.extensions)
            known = Campaign(CampaignDefinition.model_validate(row.definition), version, extensions)
            while len(self._parsed) >= _KEPT:
                self._parsed.pop(next(iter(self._parsed)), None)
            self._parsed[campaign_id, version] = known
            newest = self._newest.get(campaign_id)
            if newest is None or newest.version < version:
                self._newest[campaign_id] = known
        return known

    def definition(self, campaign_id: str) -> CampaignDefinition | None:
        """Some version that was asked for before."""
        newest = self.newest(campaign_id)
        return newest.definition if newest else None

    def newest(self, campaign_id: str) -> Campaign | None:
        """The newest version that was asked for before; there may be a later one by now."""
        return self._newest.get(campaign_id)


class CampaignRows:
    """The campaign part of a transaction."""

    connection: Connection
    definitions: Definitions

    def campaign(self, campaign_id: str, *, lock: bool = False) -> CampaignState | None:
        query = select(CAMPAIGNS).where(CAMPAIGNS.c.campaign_id == campaign_id)
        row = self.connection.execute(query.with_for_update() if lock else query).one_or_none()
        return self._state(row) if row else None

    def campaigns(self) -> Sequence[CampaignState]:
        query = select(CAMPAIGNS).order_by(CAMPAIGNS.c.published_at.desc(), CAMPAIGNS.c.campaign_id)
        return [self._state(row) for row in self.connection.execute(query).all()]

    def add_campaign(self, definition: CampaignDefinition, by: UUID, at: datetime) -> bool:
        done = self.connection.execute(
            pg_insert(CAMPAIGNS)
            .values(campaign_id=definition.id, version=1, published_at=at)
            .on_conflict_do_nothing(index_elements=["campaign_id"])
        )
        if done.rowcount == 0:
            return False
        self._add_version(Campaign(definition, 1), Act.OPENED, "", by, at)
        return True

    def amend_campaign(self, campaign: Campaign, act: Act, reason: str, by: UUID, at: datetime) -> None:
        self._add_version(campaign, act, reason, by, at)
        self._update(campaign.id, version=campaign.version)

    def campaign_version(self, campaign_id: str, version: int) -> Campaign | None:
        known = self.connection.execute(
            select(CAMPAIGN_VERSIONS.c.version).where(
                CAMPAIGN_VERSIONS.c.campaign_id == campaign_id, CAMPAIGN_VERSIONS.c.version == version
            )
        ).one_or_none()
        return self.definitions.campaign(self.connection, campaign_id, version) if known else None

    def campaign_versions(self, campaign_id: str) -> Sequence[CampaignVersion]:
        made = CAMPAIGN_VERSIONS.c
        query = (
            select(made.version, made.act, made.reason, made.made_at, func.coalesce(ACCOUNTS.c.name, "").label("by"))
            .select_from(CAMPAIGN_VERSIONS.outerjoin(ACCOUNTS, ACCOUNTS.c.account_id == made.made_by))
            .where(made.campaign_id == campaign_id)
            .order_by(made.version.desc())
        )
        rows = self.connection.execute(query)
        return [CampaignVersion(row.version, Act(row.act), row.reason, row.by, row.made_at) for row in rows]

    def open_notice(self, campaign_id: str, opens_at: datetime, closes_at: datetime) -> None:
        self._update(campaign_id, notice_opens_at=opens_at, notice_closes_at=closes_at)

    def publish_decision(self, campaign_id: str, number: str, at: datetime) -> None:
        self._update(campaign_id, decision_number=number, decided_at=at)

    def _update(self, campaign_id: str, **values: Any) -> None:
        self.connection.execute(update(CAMPAIGNS).where(CAMPAIGNS.c.campaign_id == campaign_id).values(**values))

    def _add_version(self, campaign: Campaign, act: Act, reason: str, by: UUID, at: datetime) -> None:
        self.connection.execute(
            insert(CAMPAIGN_VERSIONS).values(
                campaign_id=campaign.id,
                version=campaign.version,
                definition=campaign.definition.model_dump(mode="json"),
                extensions=[extension.model_dump(mode="json") for extension in campaign.extensions],
                act=act.value,
                reason=reason,
                made_by=by,
                made_at=at,
            )
        )

    def _state(self, row: Row[Any]) -> CampaignState:
        return CampaignState(
            campaign=self.definitions.campaign(self.connection, row.campaign_id, row.version),
            published_at=row.published_at,
            notice_opens_at=row.notice_opens_at,
            notice_closes_at=row.notice_closes_at,
            decision_number=row.decision_number,
            decided_at=row.decided_at,
        )
