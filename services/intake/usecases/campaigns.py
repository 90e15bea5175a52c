"""Campaigns: opened from a definition, amended or closed with a reason, exported as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from contracts.campaign_writer import to_yaml
from contracts.events import CampaignAmendedV1, CampaignPublishedV1
from services.intake.domain import campaigns as rules
from services.intake.domain.campaigns import Act, Amendment, Campaign
from services.intake.domain.errors import CampaignExistsError, NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.ports import CampaignState, CampaignVersion, Ports, Transaction

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
        state = _locked(tx, campaign_id)
        amended = rules.amend(state.campaign, amendment)
        return _amended(tx, caller, replace(state, campaign=amended), amendment.act, amendment.reason, tx.now())


def close_campaign(ports: Ports, caller: Caller, campaign_id: str, reason: str) -> CampaignState:
    """Nothing is accepted from now on, by the database's clock. Raises NotFoundError, WrongStateError."""
    with ports.store.begin() as tx:
        state = _locked(tx, campaign_id)
        now = tx.now()
        closed = rules.close(state.campaign, now)
        return _amended(tx, caller, replace(state, campaign=closed), Act.CLOSED, reason, now)


def _locked(tx: Transaction, campaign_id: str) -> CampaignState:
    state = tx.campaign(campaign_id, lock=True)
    if state is None:
        raise NotFoundError
    return state


def _amended(
    tx: Transaction, caller: Caller, state: CampaignState, act: Act, reason: str, now: datetime
) -> CampaignState:
    campaign = state.campaign
    tx.amend_campaign(campaign, act, reason, caller.account_id, now)
    event = CampaignAmendedV1(
        campaign_id=campaign.id,
        version=campaign.version,
        definition=campaign.definition.model_dump(mode="json"),
        extensions=campaign.extensions,
        reason=reason,
        amended_at=now,
    )
    tx.emit(event, subject=campaign.id)
    log.info("campaign.amended", campaign=campaign.id, version=campaign.version, act=act, by=str(caller.account_id))
    return state


def find_campaign(ports: Ports, campaign_id: str) -> CampaignState:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
    if state is None:
        raise NotFoundError
    return state


@dataclass(frozen=True, slots=True)
class Record:
    """A campaign with everything that was ever done to it, newest first."""

    state: CampaignState
    versions: Sequence[CampaignVersion]


def campaign_record(ports: Ports, campaign_id: str) -> Record:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
        if state is None:
            raise NotFoundError
        return Record(state, tx.campaign_versions(campaign_id))


def export_campaign(ports: Ports, campaign_id: str, version: int | None = None) -> str:
    """The definition as YAML, as it stands or stood at a version, with that version and its extensions as comments.

    Raises NotFoundError.
    """
    with ports.store.begin() as tx:
        state = tx.campaign(campaign_id)
        campaign = state.campaign if state and version is None else tx.campaign_version(campaign_id, version or 0)
        if campaign is None:
            raise NotFoundError
    zone = campaign.definition.zone
    notes = [f"version {campaign.version}"]
    for extension in campaign.extensions:
        until = extension.cutoff.astimezone(zone).isoformat()
        notes.append(f"extension {extension.unit_code} until {until}: {extension.reason}")
    return to_yaml(campaign.definition, notes)


def list_campaigns(ports: Ports) -> Sequence[CampaignState]:
    """Newest first."""
    with ports.store.begin() as tx:
        return tx.campaigns()
