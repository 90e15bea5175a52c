"""The committed baseline (contracts/baseline): the contracts as last published, and the comparison with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.catalog import CATALOG
from contracts.compat.diff import SchemaDiff
from contracts.compat.lint import unknown_keywords
from contracts.generate.schemas import Schema, all_schemas

CATALOGUE = "catalogue"


@dataclass(frozen=True)
class Contracts:
    """Everything that was or is to be published."""

    schemas: Mapping[str, Schema]
    catalogue: Mapping[str, Mapping[str, Any]]
    """Event type → producer, consumers, and lanes where there are any."""


def current() -> Contracts:
    """The contracts that the models and the catalogue say now."""
    rows: dict[str, dict[str, Any]] = {
        row.event.TYPE: {"producer": row.producer, "consumers": sorted(row.consumers)} for row in CATALOG
    }
    for row in CATALOG:
        if row.lanes:
            rows[row.event.TYPE]["lanes"] = sorted(row.lanes)
    return Contracts(all_schemas(), rows)


def load(folder: Path) -> Contracts:
    """The contracts committed in a folder; none if it does not exist."""
    files = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    return Contracts(catalogue=files.pop(CATALOGUE, {}), schemas=files)


def save(folder: Path, contracts: Contracts) -> None:
    """Replace the folder's files by these contracts."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        path.unlink()
    for name, content in {**contracts.schemas, CATALOGUE: contracts.catalogue}.items():
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=name == CATALOGUE) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def breaks(old: Contracts, new: Contracts) -> Iterator[str]:
    """One sentence for each breaking change, and for each keyword that no validator would heed."""
    for name, schema in new.schemas.items():
        yield from unknown_keywords(schema, name)
    for name in sorted(old.schemas.keys() & new.schemas.keys()):
        yield from SchemaDiff(name, old.schemas[name], new.schemas[name]).breaks()
    for name in sorted(old.schemas.keys() - new.schemas.keys() - old.catalogue.keys()):
        yield f"{name}: the schema was removed"
    for name in sorted(old.catalogue):
        yield from _row_breaks(name, old, new)


def _row_breaks(name: str, old: Contracts, new: Contracts) -> Iterator[str]:
    before, after = old.catalogue[name], new.catalogue.get(name)
    successor = _successor(name, new)
    gone = set(before["consumers"]) - set(after["consumers"] if after else ())
    stranded = gone - set(new.catalogue[successor]["consumers"] if successor else ())
    if after is None and successor is None:
        yield f"{name}: the event was removed, and no later version of it is in the catalogue"
    elif stranded:
        yield (
            f"{name}: {', '.join(sorted(stranded))} no longer consumes it and consumes no later version of it; "
            "what is in its queue would never be handled"
        )
    closed = set(before.get("lanes", ())) - set(after.get("lanes", ()) if after else ())
    if after is not None and closed:
        lanes = ", ".join(sorted(closed))
        yield f"{name}: the lanes {lanes} were closed; what is in their queues would never be handled"
    if after is not None and before["producer"] != after["producer"]:
        yield (
            f"{name}: the producer changed from {before['producer']} to {after['producer']}; "
            f"those who listen to laurel.{before['producer']} hear it no more"
        )


def _successor(name: str, contracts: Contracts) -> str | None:
    """The newest later version of an event in the catalogue."""
    stem, version = _version(name)
    later = [other for other in contracts.catalogue if _version(other)[0] == stem and _version(other)[1] > version]
    return max(later, key=lambda other: _version(other)[1], default=None)


def _version(name: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.+)\.v(\d+)", name)
    return (match[1], int(match[2])) if match else (name, 0)
