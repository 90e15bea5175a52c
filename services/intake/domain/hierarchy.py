"""Who stands above whom: member library, committee library, alliance; a branch below its library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from contracts.campaign import Unit as ListedUnit
from services.intake.domain.imports import Unit


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """The units as they were imported, by code."""

    units: Mapping[str, Unit] = field(default_factory=dict)

    @classmethod
    def of(cls, units: Iterable[Unit]) -> Self:
        return cls({unit.code: unit for unit in units})

    def with_listed(self, listed: Iterable[ListedUnit]) -> Self:
        """With what a campaign's definition says of its units; what was imported is newer and stands before it."""
        units = dict(self.units)
        for unit in listed:
            known = units.get(unit.code, Unit(unit.code, unit.name, unit.kind, unit.region))
            units[unit.code] = known if known.parent is not None else replace(known, parent=unit.parent)
        return type(self)(units)

    def above(self, code: str) -> tuple[Unit, ...]:
        """The units above this one, the nearest first. A ring, which no import lets in, ends where it began."""
        found: dict[str, Unit] = {}
        unit = self.units.get(code)
        while unit is not None and unit.parent is not None and unit.parent not in {code, *found}:
            unit = self.units.get(unit.parent)
            if unit is not None:
                found[unit.code] = unit
        return tuple(found.values())
