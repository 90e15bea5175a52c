"""Who stands above whom, and progress by it."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.campaign import CampaignDefinition
from contracts.events import UnitRef
from services.intake.domain.campaigns import Campaign, parse_definition
from services.intake.domain.entries import State
from services.intake.domain.hierarchy import Hierarchy
from services.intake.domain.imports import Unit
from services.intake.domain.progress import Order, Tally, UnitStanding, Wanted, progress_of
from tests.integration.intake.desk import definition

FAMILY = Hierarchy.of(
    [
        Unit("lm", "联盟", "alliance"),
        Unit("xy", "咸阳市图书馆", "committee", parent="lm"),
        Unit("unit-b", "单位 unit-b", "unit", parent="xy"),
        Unit("unit-c", "单位 unit-c", "unit", parent="xy"),
        Unit("branch-of-c", "分馆", "branch", parent="unit-c"),
    ]
)


def codes(wanted: Wanted) -> list[str]:
    units = progress_of(Campaign(parse_definition(definition()), 1), [], FAMILY)
    return [unit.unit.code for unit in wanted.among(units)]


def test_the_units_above_are_named_the_nearest_first() -> None:
    assert [unit.code for unit in FAMILY.above("branch-of-c")] == ["unit-c", "xy", "lm"]
    assert FAMILY.above("lm") == FAMILY.above("nobody") == ()
    ring = Hierarchy.of([Unit("a", "甲", parent="b"), Unit("b", "乙", parent="a"), Unit("c", "丙", parent="gone")])
    assert [unit.code for unit in ring.above("a")] == ["b"]
    assert ring.above("c") == ()


def test_units_are_narrowed_to_those_below_one_and_sorted_by_who_stands_above() -> None:
    assert codes(Wanted(under="xy")) == codes(Wanted(under="lm")) == ["unit-b", "unit-c"]
    assert codes(Wanted(under="unit-b")) == []
    assert codes(Wanted()) == ["unit-a", "unit-b", "unit-c"]
    assert codes(Wanted(order=Order.ABOVE)) == ["unit-b", "unit-c", "unit-a"]


def waiting_for_branches() -> CampaignDefinition:
    raw = definition() | {"unit_kinds": [{"key": "branch", "title": {"zh": "分馆", "en": "Branch"}}], "units": []}
    for category in raw["categories"]:
        category["recommenders"] = ["branch"]
    return parse_definition(raw)


def test_imported_units_of_a_kind_that_is_listed_nowhere_are_waited_for() -> None:
    begun = Tally(UnitRef(code="own", name="自来"), "note", State.DRAFT, 1, datetime(2026, 1, 1, tzinfo=UTC))

    branch, other = progress_of(Campaign(waiting_for_branches(), 1), [begun], FAMILY)

    assert branch.unit.name == "分馆"
    assert branch.standings == {UnitStanding.NOT_BEGUN}
    assert branch.is_under("lm")
    assert (other.unit.code, other.above) == ("own", ())
