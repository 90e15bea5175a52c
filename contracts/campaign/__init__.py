"""The campaign definition: everything that differs between campaigns, as data.

A definition is written in YAML (contracts/campaigns/*.yaml, read by contracts.campaign_loader), checked by these
models, travels on the bus as JSON in campaign.published.v1, and is read by every service from its own copy.
"""

from contracts.campaign.calendar import Calendar, Stage
from contracts.campaign.categories import Category, Condition, ConditionRule, FieldRule, MaterialRule, Measure
from contracts.campaign.definition import MAX_DEFINITION_BYTES, CampaignDefinition
from contracts.campaign.documents import Box, DocumentRule, EnclosureRule, SummaryRule, SummarySection
from contracts.campaign.parts import Key, Part, Text
from contracts.campaign.people import Criterion, Opinion, PanelRules, ReminderRule, Unit, UnitKind
from contracts.campaign.rules import CLAIMS, Flaw, claims_of

__all__ = [
    "CLAIMS",
    "MAX_DEFINITION_BYTES",
    "Box",
    "Calendar",
    "CampaignDefinition",
    "Category",
    "Condition",
    "ConditionRule",
    "Criterion",
    "DocumentRule",
    "EnclosureRule",
    "FieldRule",
    "Flaw",
    "Key",
    "MaterialRule",
    "Measure",
    "Opinion",
    "PanelRules",
    "Part",
    "ReminderRule",
    "Stage",
    "SummaryRule",
    "SummarySection",
    "Text",
    "Unit",
    "UnitKind",
    "claims_of",
]
