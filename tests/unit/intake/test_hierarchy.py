"""Who stands above whom, and progress by it."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts.campaign import CampaignDefinition
from contracts.campaign_loader import shipped
from contracts.events import UnitRef
from services.intake.domain.campaigns import Campaign, parse_definition
from services.intake.domain.entries import State
from services.intake.domain.hierarchy import Hierarchy
from services.intake.domain.imports import Unit
from services.intake.domain.progress import Order, Tally, UnitStanding, Wanted, progress_of
from services.intake.domain.sums import Sum, sums_of
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


def test_what_a_definition_says_of_its_units_counts_where_nothing_was_imported() -> None:
    shaanxi = shipped("shaanxi-2024")
    hierarchy = Hierarchy.of([Unit("sanyuan", "三原县图书馆", parent="yanan"), Unit("chunhua", "淳化馆")])

    joined = hierarchy.with_listed(shaanxi.units)

    assert [unit.name for unit in joined.above("xingping")] == ["咸阳市委员馆"]
    assert joined.above("sanyuan")[0].code == "yanan"
    assert joined.above("chunhua")[0].code == "xianyang"
    assert joined.units["chunhua"].name == "淳化馆"


def begun(code: str, state: State, count: int = 1, category: str = "note") -> Tally:
    return Tally(UnitRef(code=code, name=code), category, state, count, datetime(2026, 1, 1, tzinfo=UTC))


def summed(*tallies: Tally, hierarchy: Hierarchy = FAMILY) -> list[Sum]:
    campaign = Campaign(parse_definition(definition()), 1)
    return list(sums_of(campaign, progress_of(campaign, tallies, hierarchy)))


def test_units_are_summed_below_each_who_stands_above_and_all_together() -> None:
    own = begun("xy", State.SUBMITTED, 2)
    sums = summed(
        own, begun("unit-b", State.ELIGIBLE), begun("unit-c", State.DRAFT, 3), begun("unit-a", State.RETURNED)
    )

    told = [(one.head.code if one.head else one.whole.value, one.units, one.not_begun, one.sent) for one in sums]
    assert told == [("lm", 3, 0, 3), ("xy", 3, 0, 3), ("others", 1, 0, 0), ("all", 4, 0, 3)]
    assert [unit.code for unit in sums[1].above] == ["lm"]
    assert (sums[1].counts[State.DRAFT], sums[3].counts[State.RETURNED]) == (3, 1)
    assert [(one.key, one.sent) for one in sums[3].categories] == [("note", 3), ("story", 0), ("pair", 0)]


def test_the_sums_of_those_below_nobody_make_the_whole() -> None:
    family = Hierarchy.of(
        [
            *(Unit(code, code, parent="xy" if code == "unit-b" else None) for code in ("unit-a", "unit-b", "unit-c")),
            Unit("xy", "咸阳市图书馆"),
        ]
    )
    sums = summed(begun("unit-a", State.DRAFT), begun("unit-b", State.SUBMITTED, 4), hierarchy=family)

    *parts, whole = [one for one in sums if not one.above]
    assert [one.name[0] for one in sums] == ["咸阳市图书馆", "其他单位（未列上下级）", "合计"]
    assert sum(one.units for one in parts) == whole.units == 3
    assert sum(one.not_begun for one in parts) == whole.not_begun == 1
    for state in State:
        assert sum(one.counts[state] for one in parts) == whole.counts[state]


def test_without_a_hierarchy_there_is_the_whole_alone() -> None:
    assert [one.whole.value for one in summed(hierarchy=Hierarchy())] == ["all"]
