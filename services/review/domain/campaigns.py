"""What review keeps of a campaign: its definition as intake last published it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.campaign import CampaignDefinition, PanelRules
from contracts.events import Extension
from services.review.domain.errors import NoPanelError


@dataclass(frozen=True, slots=True)
class Campaign:
    """A version of a campaign."""

    campaign_id: str
    version: int
    definition: CampaignDefinition
    extensions: tuple[Extension, ...] = ()

    @property
    def panel(self) -> PanelRules:
        """How experts weigh entries. Raises NoPanelError if nobody does in this campaign."""
        if self.definition.panel is None:
            raise NoPanelError(campaign=self.campaign_id)
        return self.definition.panel

    @property
    def review_due(self) -> datetime | None:
        """When experts' scores are due."""
        return self.definition.calendar.review_due
