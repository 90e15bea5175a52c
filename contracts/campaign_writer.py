"""Writing a campaign definition as YAML that `load_definition` reads back as the same campaign."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from contracts.campaign import CampaignDefinition

_WIDTH = 120


def to_yaml(definition: CampaignDefinition, notes: Sequence[str] = ()) -> str:
    """The definition without what is left at its defaults, in the models' order; each note is a comment on top."""
    from ruamel.yaml import YAML  # an api starts without it: a campaign is written down twice a year

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None  # what holds no lists or mappings stands on one line
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keep the order; the stub says None
    yaml.width = _WIDTH
    text = StringIO()
    text.writelines(f"# {' '.join(note.split())}\n" for note in notes)
    yaml.dump(definition.model_dump(mode="json", exclude_defaults=True), text)
    return text.getvalue()
