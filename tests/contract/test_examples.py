"""Every example fits its schema and its model; nothing is without an example, and no example without an event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.campaign import CampaignDefinition
from contracts.catalog import CATALOG
from contracts.envelope import MAX_EVENT_BYTES, Envelope, source_of
from contracts.events import EVENTS
from tests.contract.schemas import CONTRACTS, examples, schema, validator

ROWS = {row.event.TYPE: row for row in CATALOG}


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def read(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("path", examples(), ids=name)
def test_example_fits_its_schemas(path: Path) -> None:
    event = read(path)
    validator(schema("envelope")).validate(event)
    validator(schema(path.parent.name)).validate(event["data"])


@pytest.mark.parametrize("path", examples(), ids=name)
def test_example_fits_its_models(path: Path) -> None:
    envelope = Envelope.model_validate_json(path.read_text(encoding="utf-8"))
    row = ROWS[path.parent.name]
    assert envelope.type == row.event.TYPE
    assert envelope.source == source_of(row.producer)
    row.event.model_validate(envelope.data)
    assert len(envelope.model_dump_json(exclude_none=True).encode()) <= MAX_EVENT_BYTES


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_event_has_a_minimal_and_a_full_example(event: str) -> None:
    folder = CONTRACTS / "examples" / event
    of = schema(event)
    minimal, full = read(folder / "minimal.json")["data"], read(folder / "full.json")["data"]
    assert set(minimal) == set(of["required"])
    assert set(full) == set(of["properties"])


def test_no_example_is_an_orphan() -> None:
    folders = {path.name for path in (CONTRACTS / "examples").iterdir() if path.is_dir()}
    assert folders == set(EVENTS)
    files = {path.name for path in (CONTRACTS / "examples").iterdir() if path.is_file()}
    assert files == {"counting.json"}


def test_event_ids_of_examples_are_unique() -> None:
    ids = [read(path)["id"] for path in examples()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("path", [p for p in examples() if p.parent.name.startswith("campaign.")], ids=name)
def test_definition_in_an_example_is_one(path: Path) -> None:
    definition = read(path)["data"]["definition"]
    validator(schema("campaign-definition")).validate(definition)
    CampaignDefinition.from_event(definition)


def test_example_that_lies_is_refused() -> None:
    """The checks above can fail."""
    event = read(CONTRACTS / "examples" / "entry.submitted.v1" / "full.json")
    for key, value in [("entry_id", "7"), ("submitted_at", "2017-08-30T10:00:00"), ("revision", 0), ("digest", "0")]:
        broken = {**event["data"], key: value}
        assert not validator(schema("entry.submitted.v1")).is_valid(broken), key
