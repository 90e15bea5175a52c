"""The contracts fit the committed baseline, and every kind of breaking change is found."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.compat.__main__ import BASELINE, main
from contracts.compat.baseline import Contracts, breaks, current, load, save

Change = Callable[[dict[str, Any], dict[str, Any]], None]


@pytest.fixture(scope="module")
def now() -> Contracts:
    return current()


def changed(contracts: Contracts, change: Change) -> Contracts:
    """The contracts with a change to (schemas, catalogue)."""
    schemas: dict[str, Any] = copy.deepcopy(dict(contracts.schemas))
    catalogue: dict[str, Any] = copy.deepcopy(dict(contracts.catalogue))
    change(schemas, catalogue)
    return Contracts(schemas, catalogue)


def submitted(schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas["entry.submitted.v1"]
    return found


def test_contracts_fit_the_committed_baseline() -> None:
    assert main([]) == 0


def test_baseline_holds_everything_that_is_published(now: Contracts) -> None:
    assert load(BASELINE) == now, "accept additions into the baseline: `python -m contracts.compat --accept`"
    assert now.schemas
    assert now.catalogue


def remove_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    del submitted(schemas)["properties"]["digest"]
    submitted(schemas)["required"].remove("digest")


def rename_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    properties = submitted(schemas)["properties"]
    properties["heading"] = properties.pop("title")
    submitted(schemas)["required"].remove("title")


def remove_optional_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    del schemas["entry.withdrawn.v1"]["properties"]["reason"]


def remove_nested_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    del submitted(schemas)["$defs"]["UnitRef"]["properties"]["region"]


def require_old_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["entry.withdrawn.v1"]["required"].append("reason")


def require_new_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["channel"] = {"type": "string"}
    submitted(schemas)["required"].append("channel")


def require_nested_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["$defs"]["UnitRef"]["required"].append("region")


def stop_requiring(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["required"].remove("title")


def change_type(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["receipt_number"]["type"] = "integer"


def allow_null(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["title"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def forbid_null(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["envelope"]["properties"]["causationid"]["anyOf"].pop()


def narrow_pattern(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["campaign_id"]["pattern"] = "^[a-z]+$"


def add_pattern(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["category"]["pattern"] = "^[a-z]+$"


def narrow_enum(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["opinion.given.v1"]["properties"]["verdict"]["enum"].remove("refused")


def widen_enum(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["opinion.given.v1"]["properties"]["verdict"]["enum"].append("postponed")


def raise_minimum(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["revision"]["minimum"] = 2


def lower_minimum(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["revision"]["minimum"] = 0


def lower_maximum(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["envelope"]["properties"]["subject"]["maxLength"] = 100


def add_limit(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["title"]["maxLength"] = 100


def demand_items(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["materials"]["minItems"] = 1


def change_items(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["entry.eligible.v1"]["properties"]["conditions"]["items"] = {"type": "integer"}


def change_format(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["submitted_at"]["format"] = "date"


def change_default(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    schemas["entry.withdrawn.v1"]["properties"]["reason"]["default"] = "?"


def close_object(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["additionalProperties"] = False


def narrow_values(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["fields"]["additionalProperties"] = {"type": "integer"}


def misspell_keyword(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["aditionalProperties"] = False


def remove_definition_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    del schemas["campaign-definition"]["$defs"]["Category"]["properties"]["cap"]


def remove_envelope_schema(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    del schemas["envelope"]


def remove_event(schemas: dict[str, Any], catalogue: dict[str, Any]) -> None:
    del schemas["entry.withdrawn.v1"], catalogue["entry.withdrawn.v1"]


def change_producer(_: dict[str, Any], catalogue: dict[str, Any]) -> None:
    catalogue["entry.withdrawn.v1"]["producer"] = "review"


def remove_consumer(_: dict[str, Any], catalogue: dict[str, Any]) -> None:
    catalogue["entry.withdrawn.v1"]["consumers"].remove("notify")


def succeed_for_some(schemas: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """A second version that one of the consumers does not take."""
    catalogue["entry.withdrawn.v2"] = {"producer": "intake", "consumers": ["review"]}
    schemas["entry.withdrawn.v2"] = schemas["entry.withdrawn.v1"]
    remove_event(schemas, catalogue)


BREAKING: list[tuple[Change, str]] = [
    (remove_field, "entry.submitted.v1.digest: the field was removed or renamed"),
    (rename_field, "entry.submitted.v1.title: the field was removed or renamed"),
    (remove_optional_field, "entry.withdrawn.v1.reason: the field was removed or renamed"),
    (remove_nested_field, "entry.submitted.v1.unit.region: the field was removed or renamed"),
    (require_old_field, "entry.withdrawn.v1.reason: the field is now required"),
    (require_new_field, "entry.submitted.v1.channel: the field is new and now required"),
    (require_nested_field, "entry.submitted.v1.unit.region: the field is now required"),
    (stop_requiring, "entry.submitted.v1.title: the field is no longer required"),
    (change_type, "entry.submitted.v1.receipt_number: type changed from 'string' to 'integer'"),
    (allow_null, "entry.submitted.v1.title: what may stand here changed from string to string or null"),
    (forbid_null, "envelope.causationid: anyOf changed"),
    (narrow_pattern, "entry.submitted.v1.campaign_id: pattern changed"),
    (add_pattern, "entry.submitted.v1.category: pattern '^[a-z]+$' was added, which narrows"),
    (narrow_enum, "opinion.given.v1.verdict: the values allowed changed (gone: ['refused'], added: [])"),
    (widen_enum, "opinion.given.v1.verdict: the values allowed changed (gone: [], added: ['postponed'])"),
    (raise_minimum, "entry.submitted.v1.revision: minimum went from 1 to 2, which narrows it"),
    (lower_minimum, "entry.submitted.v1.revision: minimum went from 1 to 0, which widens it"),
    (lower_maximum, "envelope.subject: maxLength went from 200 to 100, which narrows it"),
    (add_limit, "entry.submitted.v1.title: maxLength 100 was added, which narrows"),
    (demand_items, "entry.submitted.v1.materials: minItems 1 was added, which narrows"),
    (change_items, "entry.eligible.v1.conditions[]: type changed from 'string' to 'integer'"),
    (change_format, "entry.submitted.v1.submitted_at: format changed"),
    (change_default, "entry.withdrawn.v1.reason: the default changed"),
    (close_object, "entry.submitted.v1: additionalProperties False was added, which narrows"),
    (narrow_values, "entry.submitted.v1.fields/additionalProperties: type changed"),
    (misspell_keyword, "entry.submitted.v1/aditionalProperties is no keyword"),
    (remove_definition_field, "campaign-definition.categories[].cap: the field was removed or renamed"),
    (remove_envelope_schema, "envelope: the schema was removed"),
    (remove_event, "entry.withdrawn.v1: the event was removed, and no later version"),
    (change_producer, "entry.withdrawn.v1: the producer changed from intake to review"),
    (remove_consumer, "entry.withdrawn.v1: notify no longer consumes it"),
    (succeed_for_some, "entry.withdrawn.v1: notify no longer consumes it"),
]


@pytest.mark.parametrize(("change", "sentence"), BREAKING, ids=lambda value: getattr(value, "__name__", ""))
def test_breaking_change_is_found_and_not_accepted(
    now: Contracts, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change, sentence: str
) -> None:
    save(tmp_path, now)
    broken = changed(now, change)
    assert any(found.startswith(sentence) for found in breaks(now, broken)), list(breaks(now, broken))
    assert main([], folder=tmp_path, now=broken) == 1
    assert main(["--accept"], folder=tmp_path, now=broken) == 1
    assert sentence in capsys.readouterr().err
    assert load(tmp_path) == now


def add_optional_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["properties"]["channel"] = {"type": "string", "default": ""}


def add_optional_nested_field(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["$defs"]["UnitRef"]["properties"]["kind"] = {"type": "string", "default": "unit"}


def describe_better(schemas: dict[str, Any], _: dict[str, Any]) -> None:
    submitted(schemas)["description"] = "Better said."
    submitted(schemas)["properties"]["digest"]["description"] = "Also here."


def add_event(schemas: dict[str, Any], catalogue: dict[str, Any]) -> None:
    schemas["paper.received.v1"] = {"type": "object", "properties": {}}
    catalogue["paper.received.v1"] = {"producer": "review", "consumers": ["notify"]}


def add_consumer(_: dict[str, Any], catalogue: dict[str, Any]) -> None:
    catalogue["assessment.assigned.v1"]["consumers"].append("intake")


def succeed_beside(schemas: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """A second version beside the first: consumers may move over one by one."""
    schemas["entry.withdrawn.v2"] = {"type": "object", "properties": {}}
    catalogue["entry.withdrawn.v2"] = {"producer": "intake", "consumers": ["notify", "review"]}
    catalogue["entry.withdrawn.v1"]["consumers"].remove("notify")


def succeed_wholly(schemas: dict[str, Any], catalogue: dict[str, Any]) -> None:
    """The first version goes when every consumer takes the second."""
    succeed_beside(schemas, catalogue)
    remove_event(schemas, catalogue)


@pytest.mark.parametrize(
    "change",
    [
        add_optional_field,
        add_optional_nested_field,
        describe_better,
        add_event,
        add_consumer,
        succeed_beside,
        succeed_wholly,
    ],
)
def test_compatible_change_passes_and_is_accepted(now: Contracts, tmp_path: Path, change: Change) -> None:
    save(tmp_path, now)
    grown = changed(now, change)
    assert grown != now
    assert list(breaks(now, grown)) == []
    assert main(["--accept"], folder=tmp_path, now=grown) == 0
    assert load(tmp_path) == grown
