"""How far each unit of a campaign is: who has not begun, who writes, who has submitted, who mends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts.campaign.names import plain_name
from contracts.events import Extension, UnitRef
from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import State
from services.intake.domain.hierarchy import Hierarchy
from services.intake.domain.imports import Unit


class UnitStanding(StrEnum):
    """What a list of units can be narrowed to; a unit may stand in several."""

    NOT_BEGUN = "not-begun"
    DRAFTS = "drafts"
    SUBMITTED = "submitted"
    RETURNED = "returned"


STANDING_WORDS: dict[UnitStanding, tuple[str, str]] = {
    UnitStanding.NOT_BEGUN: ("未开始", "not begun"),
    UnitStanding.DRAFTS: ("有草稿", "drafts"),
    UnitStanding.SUBMITTED: ("已提交", "submitted"),
    UnitStanding.RETURNED: ("退回修改", "returned"),
}
_IN = {UnitStanding.DRAFTS: {State.DRAFT}, UnitStanding.RETURNED: {State.RETURNED}}
SENT = frozenset({State.SUBMITTED, State.ELIGIBLE, State.INELIGIBLE})
"""Out of the unit's hands."""


class Order(StrEnum):
    """What the list is sorted by: the definition's own order, the units above, the region, the change, the number."""

    LISTED = "listed"
    ABOVE = "above"
    REGION = "region"
    CHANGED = "changed"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many entries of one unit stand in one state of one category, and when the last of them changed."""

    unit: UnitRef
    category: str
    state: State
    count: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """One unit. `place` is where it stands in the definition's list; those not listed come after, by code."""

    unit: UnitRef
    kind: str | None
    place: int
    tallies: tuple[Tally, ...]
    extension: Extension | None
    above: tuple[Unit, ...] = ()
    """The units above it, the nearest first."""

    def is_under(self, code: str) -> bool:
        """Whether that unit stands above this one, however far."""
        return any(unit.code == code for unit in self.above)

    @property
    def counts(self) -> Counter[State]:
        return _counted(self.tallies)

    def in_category(self, key: str) -> Counter[State]:
        return _counted(tally for tally in self.tallies if tally.category == key)

    @property
    def changed_at(self) -> datetime | None:
        return max((tally.changed_at for tally in self.tallies), default=None)

    @property
    def sent(self) -> int:
        return sum(count for state, count in self.counts.items() if state in SENT)

    @property
    def standings(self) -> frozenset[UnitStanding]:
        held = {state for state, count in self.counts.items() if count and state is not State.WITHDRAWN}
        if not held:
            return frozenset({UnitStanding.NOT_BEGUN})
        return frozenset(
            standing
            for standing in UnitStanding
            if standing is not UnitStanding.NOT_BEGUN and held & _IN.get(standing, set(SENT))
        )


def _counted(tallies: Iterable[Tally]) -> Counter[State]:
    counts: Counter[State] = Counter()
    for tally in tallies:
        counts[tally.state] += tally.count
    return counts


_NO_HIERARCHY = Hierarchy()


def progress_of(
    campaign: Campaign, tallies: Iterable[Tally], hierarchy: Hierarchy = _NO_HIERARCHY
) -> list[UnitProgress]:
    """Every unit that is invited to some category, and every other one that has begun something.

    Invited are those that the definition lists, and of a kind of which it lists none those that were imported.
    """
    definition = campaign.definition
    by_unit: dict[str, list[Tally]] = {}
    for tally in tallies:
        by_unit.setdefault(tally.unit.code, []).append(tally)
    recommenders = {kind for category in definition.categories for kind in category.recommenders}
    invited = [unit for unit in definition.units if unit.kind in recommenders or unit.code in by_unit]
    found = [
        UnitProgress(
            UnitRef(code=unit.code, name=unit.name, region=unit.region),
            unit.kind,
            place,
            tuple(by_unit.pop(unit.code, ())),
            campaign.extension(unit.code),
            hierarchy.above(unit.code),
        )
        for place, unit in enumerate(invited)
    ]
    unlisted = recommenders - {unit.kind for unit in definition.units}
    listed = {unit.code for unit in definition.units}
    others = {code: unit for code, unit in hierarchy.units.items() if unit.kind in unlisted and code not in listed}
    for place, code in enumerate(sorted(by_unit.keys() | others.keys()), len(found)):
        held = tuple(by_unit.get(code, ()))
        ref = held[0].unit if held else UnitRef(code=code, name=others[code].name, region=others[code].region)
        found.append(UnitProgress(ref, None, place, held, campaign.extension(code), hierarchy.above(code)))
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which units, in which order."""

    standing: UnitStanding | None = None
    search: str = ""
    region: str = ""
    order: Order = Order.LISTED
    under: str = ""
    """The code of a unit: only those below it."""

    def among(self, units: Iterable[UnitProgress], after: tuple[str | int, ...] | None = None) -> list[UnitProgress]:
        """Those wanted, sorted; only those behind the key `after`, if there is one."""
        found = [unit for unit in units if self._wants(unit) and (after is None or self.key(unit) > after)]
        return sorted(found, key=self.key)

    def key(self, unit: UnitProgress) -> tuple[str | int, ...]:
        """What the unit is sorted by; its place makes it unique, so that a page can begin behind it."""
        first: str | int = 0
        if self.order is Order.REGION:
            first = unit.unit.region
        elif self.order is Order.ABOVE:
            first = "/".join(one.code for one in reversed(unit.above)) or "~"  # those below nobody come last
        elif self.order is Order.CHANGED:
            first = -round(unit.changed_at.timestamp() * 1_000_000) if unit.changed_at else 0
        elif self.order is Order.SENT:
            first = -unit.sent
        return first, unit.place

    @property
    def shape(self) -> tuple[type[str | int], ...]:
        """The types of the parts of a key."""
        return (str if self.order in {Order.REGION, Order.ABOVE} else int), int

    def _wants(self, unit: UnitProgress) -> bool:
        text = plain_name(self.search)
        return (
            (self.standing is None or self.standing in unit.standings)
            and (not self.under or unit.is_under(self.under))
            and (not self.region or unit.unit.region == self.region)
            and (not text or text in plain_name(unit.unit.name) or text in plain_name(unit.unit.code))
        )


@dataclass(frozen=True, slots=True)
class CategoryNumbers:
    """How many entries of a category stand where; withdrawn ones apart."""

    key: str
    drafts: int
    sent: int
    returned: int
    withdrawn: int

    @property
    def whole(self) -> int:
        return self.drafts + self.sent + self.returned


def numbers_of(campaign: Campaign, units: Sequence[UnitProgress]) -> Iterator[CategoryNumbers]:
    """For each category of the definition."""
    for category in campaign.definition.categories:
        counts: Counter[State] = Counter()
        for unit in units:
            counts += unit.in_category(category.key)
        yield CategoryNumbers(
            category.key,
            counts[State.DRAFT],
            sum(counts[state] for state in SENT),
            counts[State.RETURNED],
            counts[State.WITHDRAWN],
        )


def standings_of(units: Iterable[UnitProgress]) -> Mapping[UnitStanding, int]:
    """How many units stand where."""
    counts = Counter(standing for unit in units for standing in unit.standings)
    return {standing: counts[standing] for standing in UnitStanding}
