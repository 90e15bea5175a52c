"""What the secretariat watches: the progress of a campaign by unit and by category; whom an amendment would touch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.intake.domain import campaigns as rules
from services.intake.domain.campaigns import Amendment, Campaign
from services.intake.domain.errors import NotFoundError
from services.intake.domain.hierarchy import Hierarchy
from services.intake.domain.permissions import Caller
from services.intake.domain.progress import (
    CategoryNumbers,
    UnitProgress,
    UnitStanding,
    Wanted,
    numbers_of,
    progress_of,
    standings_of,
)
from services.intake.domain.sums import Sum, sums_of
from services.intake.ports import CampaignState, Listed, Ports, Transaction

_MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign at one moment, by the database's clock."""

    state: CampaignState
    at: datetime
    units: Sequence[UnitProgress]
    numbers: Sequence[CategoryNumbers]
    standings: Mapping[UnitStanding, int]
    sums: Sequence[Sum]
    """By who stands above whom; the last is of all."""

    def among(self, wanted: Wanted) -> Progress:
        """The same of the units that are wanted alone, in their order.

        How many stand where is told of all that fit but for their standing, so that each may be chosen next.
        """
        campaign, units = self.state.campaign, wanted.among(self.units)
        standings = standings_of(replace(wanted, standing=None).among(self.units))
        return Progress(
            self.state, self.at, units, tuple(numbers_of(campaign, units)), standings, tuple(sums_of(campaign, units))
        )


def read_progress(ports: Ports, campaign_id: str) -> Progress:
    """Raises NotFoundError."""
    with ports.store.begin() as tx:
        return _progress(tx, campaign_id)


def _progress(tx: Transaction, campaign_id: str) -> Progress:
    state = tx.campaign(campaign_id)
    if state is None:
        raise NotFoundError
    campaign = state.campaign
    hierarchy = Hierarchy.of(tx.units()).with_listed(campaign.definition.units)
    units = progress_of(campaign, tx.tallies(campaign_id), hierarchy)
    numbers, sums = tuple(numbers_of(campaign, units)), tuple(sums_of(campaign, units))
    return Progress(state, tx.now(), units, numbers, standings_of(units), sums)


def read_members(ports: Ports, caller: Caller, campaign_id: str) -> tuple[CampaignState, list[UnitProgress]]:
    """How far the units below the caller's own are: numbers alone, nothing that they write. Raises NotFoundError."""
    progress = read_progress(ports, campaign_id)
    return progress.state, [unit for unit in progress.units if unit.is_under(caller.own_unit)]


@dataclass(frozen=True, slots=True)
class UnitRecord:
    """One unit in a campaign, with everything that it has begun."""

    state: CampaignState
    unit: UnitProgress
    entries: Sequence[Listed]


def read_unit(ports: Ports, campaign_id: str, unit_code: str) -> UnitRecord:
    """Raises NotFoundError, also for a unit that has nothing to do with the campaign."""
    with ports.store.begin() as tx:
        progress = _progress(tx, campaign_id)
        unit = next((one for one in progress.units if one.unit.code == unit_code), None)
        if unit is None:
            raise NotFoundError
        return UnitRecord(progress.state, unit, tx.entries(campaign_id, unit_code, None, _MOST_ENTRIES, state=None))


@dataclass(frozen=True, slots=True)
class Preview:
    """What an amendment would do: the campaign after it, and whom it touches."""

    before: Progress
    after: Campaign
    touched: Sequence[UnitProgress]
    """Units whose own end would move."""
    shut_out: Sequence[UnitProgress]
    """Of these, units with drafts or returned entries whose end would lie in the past."""

    @property
    def sent(self) -> int:
        """Entries that are submitted already and stay as they are."""
        return sum(unit.sent for unit in self.before.units)


def preview_amendment(ports: Ports, campaign_id: str, amendment: Amendment) -> Preview:
    """Raises NotFoundError, BadDefinitionError."""
    with ports.store.begin() as tx:
        progress = _progress(tx, campaign_id)
    return _preview(progress, rules.amend(progress.state.campaign, amendment))


def preview_closing(ports: Ports, campaign_id: str) -> Preview:
    """Raises NotFoundError, WrongStateError."""
    with ports.store.begin() as tx:
        progress = _progress(tx, campaign_id)
    return _preview(progress, rules.close(progress.state.campaign, progress.at))


def _preview(progress: Progress, after: Campaign) -> Preview:
    before = progress.state.campaign
    touched = [unit for unit in progress.units if before.ends_for(unit.unit.code) != after.ends_for(unit.unit.code)]
    writing = {UnitStanding.DRAFTS, UnitStanding.RETURNED}
    shut_out = [unit for unit in touched if after.ends_for(unit.unit.code) <= progress.at and unit.standings & writing]
    return Preview(progress, after, touched, shut_out)
