"""Campaign definitions on PostgreSQL."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from contracts.campaign import CampaignDefinition
from contracts.events import Extension
from services.review.domain.campaigns import Campaign
from services.review.store import tables
from services.review.store.rows import plain

_AT = tables.campaigns.c.campaign_id == bindparam("campaign")
_VERSION = select(tables.campaigns.c.version).where(_AT)


class SqlCampaigns:
    """`known` keeps definitions that this process has read: a version never changes, and reading one takes a while."""

    def __init__(self, connection: Connection, known: MutableMapping[tuple[str, int], Campaign]) -> None:
        self._connection = connection
        self._known = known

    def get(self, campaign_id: str) -> Campaign | None:
        table = tables.campaigns
        which = {"campaign": campaign_id}
        version = self._connection.execute(_VERSION, which).scalar_one_or_none()
        if version is None:
            return None
        if (campaign_id, version) in self._known:
            return self._known[campaign_id, version]
        row = self._connection.execute(select(table).where(_AT), which).one()
        campaign = Campaign(
            campaign_id,
            row.version,
            CampaignDefinition.from_event(row.definition),
            tuple(Extension.model_validate(item) for item in row.extensions),
        )
        for older in [key for key in self._known if key[0] == campaign_id]:
            self._known.pop(older, None)
        self._known[campaign_id, row.version] = campaign
        return campaign

    def all(self) -> Sequence[Campaign]:
        known = [self.get(name) for name in self._connection.execute(select(tables.campaigns.c.campaign_id)).scalars()]
        present = [campaign for campaign in known if campaign is not None]
        return sorted(present, key=lambda one: (one.definition.calendar.online_deadline, one.campaign_id), reverse=True)

    def put(self, campaign: Campaign) -> bool:
        table = tables.campaigns
        values = {
            "version": campaign.version,
            "definition": plain(campaign.definition),
            "extensions": plain(campaign.extensions),
            "received_at": func.clock_timestamp(),
        }
        done = self._connection.execute(
            insert(table)
            .values(campaign_id=campaign.campaign_id, **values)
            .on_conflict_do_update(
                index_elements=[table.c.campaign_id], set_=values, where=table.c.version < campaign.version
            )
        )
        return done.rowcount == 1
