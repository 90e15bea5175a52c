"""The 2017 campaign with its own rules, and a calendar around now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.campaign import CampaignDefinition
from contracts.campaign_loader import CAMPAIGNS, load_definition

REMINDER = "two-hours-before"
"""The reminder rule that falls due while the run is on."""


def definition_for(stamp: str) -> CampaignDefinition:
    """The shipped definition under an id of its own. Its calendar is set when it is opened."""
    return load_definition(CAMPAIGNS / "cls-2017.yaml").model_copy(update={"id": f"cls-2017-demo-{stamp}"})


def around_now(definition: CampaignDefinition, lead: timedelta) -> CampaignDefinition:
    """Opened yesterday; the reminder of two hours before the deadline falls due `lead` from now."""
    now = datetime.now(UTC).replace(microsecond=0)
    rule = next(rule for rule in definition.reminders if rule.key == REMINDER)
    calendar = {
        "opens": now - timedelta(days=1),
        "online_deadline": now + lead - rule.offset,
        "paper_deadline": now + timedelta(days=7),
        "review_due": now + timedelta(days=10),
        "mend_days": definition.calendar.mend_days,
        "stages": [stage.model_copy(update={"ends": None}) for stage in definition.calendar.stages],
    }
    return CampaignDefinition.model_validate({**definition.model_dump(), "calendar": calendar})
