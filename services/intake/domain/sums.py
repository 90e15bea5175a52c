"""The numbers of units taken together: below each committee library, below the alliance, and all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import State
from services.intake.domain.imports import Unit
from services.intake.domain.progress import SENT, CategoryNumbers, UnitProgress, UnitStanding, numbers_of, standings_of


class Whole(StrEnum):
    """What a sum is of."""

    UNDER = "under"
    """One unit and everybody below it."""
    OTHERS = "others"
    """Those who stand below nobody and above nobody."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Sum:
    """Some units of a campaign taken together. `head` is the unit that they stand below, `above` those above it."""

    whole: Whole
    units: int
    not_begun: int
    counts: Counter[State]
    categories: tuple[CategoryNumbers, ...]
    head: Unit | None = None
    above: tuple[Unit, ...] = ()

    @property
    def sent(self) -> int:
        return sum(self.counts[state] for state in SENT)

    @property
    def name(self) -> tuple[str, str]:
        if self.head is not None:
            return self.head.name, ""
        return ("合计", "Total") if self.whole is Whole.ALL else ("其他单位（未列上下级）", "Others, below nobody")


def sums_of(campaign: Campaign, units: Sequence[UnitProgress]) -> Iterator[Sum]:
    """One for each unit that has others below it, each below the one above it; then the others; then all.

    A unit counts with those below it: a committee library's own entries are its city's, too. So the sums of those who
    stand below nobody, with the others, make the whole.
    """
    heads, below = _heads(units), _below(units)
    for path in sorted(heads):
        head, above = heads[path]
        yield _sum(campaign, Whole.UNDER, below[head.code], head, above)
    codes = {head.code for head, _ in heads.values()}
    others = [unit for unit in units if not unit.above and unit.unit.code not in codes]
    if heads and others:
        yield _sum(campaign, Whole.OTHERS, others)
    yield _sum(campaign, Whole.ALL, units)


def _heads(units: Sequence[UnitProgress]) -> dict[tuple[str, ...], tuple[Unit, tuple[Unit, ...]]]:
    """Whoever stands above somebody, with those above him, by the codes from the top down."""
    found = {}
    for unit in units:
        for at, head in enumerate(unit.above):
            above = unit.above[at + 1 :]
            found[(*(one.code for one in reversed(above)), head.code)] = head, above
    return found


def _below(units: Sequence[UnitProgress]) -> dict[str, list[UnitProgress]]:
    """By code, the unit itself and everybody below it."""
    found: dict[str, list[UnitProgress]] = {}
    for unit in units:
        for code in (unit.unit.code, *(one.code for one in unit.above)):
            found.setdefault(code, []).append(unit)
    return found


def _sum(
    campaign: Campaign,
    whole: Whole,
    units: Sequence[UnitProgress],
    head: Unit | None = None,
    above: tuple[Unit, ...] = (),
) -> Sum:
    counts: Counter[State] = Counter()
    for unit in units:
        counts += unit.counts
    not_begun = standings_of(units)[UnitStanding.NOT_BEGUN]
    return Sum(whole, len(units), not_begun, counts, tuple(numbers_of(campaign, units)), head, above)
