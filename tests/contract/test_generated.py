"""Schemas and the AsyncAPI document are what the models and the catalogue say; a stale or misspelt one is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from contracts.compat.lint import unknown_keywords
from contracts.events import EVENTS
from contracts.generate.__main__ import generated, main, stale, write
from tests.contract.schemas import CONTRACTS, schema

NAMES = sorted([*EVENTS, "envelope", "campaign-definition"])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Generated files that a test may spoil."""
    write(tmp_path, generated())
    return tmp_path


def test_generated_files_are_current() -> None:
    assert stale(CONTRACTS, generated()) == [], "run `python -m contracts.generate`"


def test_generating_twice_gives_the_same() -> None:
    assert generated() == generated()


def test_check_finds_a_changed_a_missing_and_an_orphaned_file(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"], root=copy) == 0
    (copy / "schemas" / "entry.submitted.v1.json").write_text("{}")
    (copy / "asyncapi.yaml").unlink()
    (copy / "schemas" / "entry.forgotten.v1.json").write_text("{}")
    assert main(["--check"], root=copy) == 1
    said = capsys.readouterr().err
    assert "schemas/entry.submitted.v1.json differs from the models" in said
    assert "asyncapi.yaml is missing" in said
    assert "schemas/entry.forgotten.v1.json belongs to no event" in said
    assert main([], root=copy) == 0
    assert main(["--check"], root=copy) == 0


def test_every_event_has_a_schema_and_every_schema_a_model() -> None:
    assert [path.stem for path in sorted((CONTRACTS / "schemas").iterdir())] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_valid_and_every_keyword_is_heeded(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    assert list(unknown_keywords(schema(name), name)) == []
    assert schema(name)["$id"] == f"urn:laurel:schema:{name}"


def test_misspelt_keyword_is_found_at_any_depth() -> None:
    spoilt = json.loads(json.dumps(schema("entry.submitted.v1")))
    spoilt["aditionalProperties"] = False
    spoilt["$defs"]["UnitRef"]["properties"]["code"]["minLenght"] = 1
    spoilt["properties"]["materials"]["items"]["Title"] = "x"
    spoilt["required"].append("ghost")
    found = list(unknown_keywords(spoilt, "x"))
    assert len(found) == 4
    assert any("aditionalProperties" in sentence for sentence in found)
    assert any("code/minLenght" in sentence for sentence in found)
    assert any("materials/items/Title" in sentence for sentence in found)
    assert any("'ghost'" in sentence for sentence in found)


def test_event_schemas_let_later_fields_pass() -> None:
    """Readers ignore what they do not know; otherwise no optional field could ever be added."""
    for name in EVENTS:
        assert '"additionalProperties": false' not in json.dumps(schema(name))
