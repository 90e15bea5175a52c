"""JSON Schemas (2020-12) of every event's data, of the envelope and of the campaign definition.

They say what a reader must accept, so a field with a default is optional, and a reader ignores fields it does not know.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from contracts.campaign import CampaignDefinition
from contracts.envelope import Envelope
from contracts.events import EVENTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE, DEFINITION = "envelope", "campaign-definition"

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without the titles that only repeat the names of fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the overridden method's own signature
        return False


def schema_of(name: str, model: type[BaseModel]) -> Schema:
    """The schema of one model, with an id of its own."""
    return {
        "$schema": DIALECT,
        "$id": f"urn:laurel:schema:{name}",
        **model.model_json_schema(mode="validation", schema_generator=_Plain),
    }


def all_schemas() -> dict[str, Schema]:
    """Every schema by its name; the file is `<name>.json`."""
    models: dict[str, type[BaseModel]] = {**EVENTS, ENVELOPE: Envelope, DEFINITION: CampaignDefinition}
    return {name: schema_of(name, models[name]) for name in sorted(models)}
