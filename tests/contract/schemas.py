"""What the contract tests share: where the contracts stand, validation by JSON Schema, values drawn from a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

import contracts

CONTRACTS = Path(contracts.__path__[0])
FORMATS = FormatChecker(("uuid",))


def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS.checks("date-time", raises=ValueError)(_is_instant)


def schema(name: str) -> dict[str, Any]:
    """A committed schema."""
    loaded: dict[str, Any] = json.loads((CONTRACTS / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def validator(of: Mapping[str, Any]) -> Draft202012Validator:
    """A validator that checks formats too."""
    return Draft202012Validator(of, format_checker=FORMATS)


def examples() -> list[Path]:
    """Every example of an event."""
    return sorted((CONTRACTS / "examples").glob("*/*.json"))


_CHARACTERS = st.characters(exclude_categories=["Cs"])
_TEXT = st.text(_CHARACTERS, max_size=12)
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])
_INSTANTS = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2199, 1, 1), timezones=_ZONES)  # noqa: DTZ001 - bounds are naive
_PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), _TEXT)


def values(part: Mapping[str, Any], root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema allows: as much of JSON Schema as the contracts use."""
    if "$ref" in part:
        return st.deferred(lambda: values(root["$defs"][part["$ref"].rsplit("/", 1)[-1]], root))
    if "anyOf" in part:
        return st.one_of([values(option, root) for option in part["anyOf"]])
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    return {
        "object": _objects,
        "array": _arrays,
        "string": _strings,
        "integer": _integers,
        "number": _numbers,
        "boolean": _booleans,
        "null": _nothing,
    }[part["type"]](part, root)


def _booleans(_part: Mapping[str, Any], _root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return st.booleans()


def _objects(part: Mapping[str, Any], root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    properties = part.get("properties")
    if properties is None:
        inner = part.get("additionalProperties", True)
        return st.dictionaries(_TEXT, _PLAIN if inner is True else values(inner, root), max_size=3)
    required = set(part.get("required", ()))
    known = {name: values(of, root) for name, of in properties.items()}
    return st.fixed_dictionaries(
        {name: of for name, of in known.items() if name in required},
        optional={name: of for name, of in known.items() if name not in required},
    )


def _arrays(part: Mapping[str, Any], root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    least = part.get("minItems", 0)
    return st.lists(values(part["items"], root), min_size=least, max_size=least + 2)


def _strings(part: Mapping[str, Any], _root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if part.get("format") == "uuid":
        return st.uuids().map(str)
    if part.get("format") == "date-time":
        return _INSTANTS.map(datetime.isoformat)
    if "pattern" in part:
        return st.from_regex(part["pattern"], fullmatch=True)
    return st.text(_CHARACTERS, min_size=part.get("minLength", 0), max_size=part.get("maxLength", 12))


def _integers(part: Mapping[str, Any], _root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return st.integers(part.get("minimum", -(2**40)), part.get("maximum", 2**40))


def _numbers(part: Mapping[str, Any], _root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return st.floats(part.get("minimum"), part.get("maximum"), allow_nan=False, allow_infinity=False)


def _nothing(_part: Mapping[str, Any], _root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    return st.none()
