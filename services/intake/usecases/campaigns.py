"""Campaigns: opened from a definition, amended with a reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from contracts.events import CampaignAmendedV1, CampaignPublishedV1
from services.intake.domain import campaigns as rules
from services.intake.domain.campaigns import Amendment, Campaign
from services.intake.domain.errors import CampaignExistsError, NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.ports import CampaignState, Ports

log = structlog.get_logger(__name__)


def open_campaign(ports: Ports, caller: Caller, raw: Mapping[str, Any]) -> CampaignState:
    """Raises BadDefinitionError, CampaignExistsError."""
    definition = rules.parse_definition(raw)
    with ports.store.begin() as tx:
        now = tx.now()
        if not tx.add_campaign(definition, caller.account_id, now):
            raise CampaignExistsError(
                f"活动 {definition.id} 已存在。如需调整日程，请使用修订；如为新活动，请换一个 id。",
                f"A campaign {definition.id} exists; amend its calendar, or give the new one another id.",
            )
        event = CampaignPublishedV1(
            campaign_id=definition.id, version=1, definition=definition.model_dump(mode="json"), published_at=now
        )
        tx.emit(event, subject=definition.id)
    log.info("campaign.opened", campaign=definition.id, by=str(caller.account_id))
    return CampaignState(Campaign(definition, 1), now)


def amend_campaign(ports: Ports, caller: Caller, campaign_id: str, amendment: Amendment) -> CampaignState:
    """Raises NotFoundError, BadDefinitionError."""
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id, lock=True)
        if state is None:
            raise NotFoundError
        amended = rules.amend(state.campaign, amendment)
        now = tx.now()
        tx.amend_campaign(amended, amendment.reason, caller.account_id, now)
        event = CampaignAmendedV1(
            campaign_id=campaign_id,
            version=amended.version,
            definition=amended.definition.model_dump(mode="json"),
            extensions=amended.extensions,
            reason=amendment.reason,
            amended_at=now,
        )
        tx.emit(event, subject=campaign_id)
    log.info("campaign.amended", campaign=campaign_id, version=amended.version, by=str(caller.account_id))
    return replace(state, campaign=amended)


def find_campaign(ports: Ports, campaign_id: str) -> CampaignState:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
    if state is None:
        raise NotFoundError
    return state


def list_campaigns(ports: Ports) -> Sequence[CampaignState]:
    """Newest first."""
    with ports.store.begin() as tx:
        return tx.campaigns()
