"""The two shipped campaigns say what their notices say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.campaign import CampaignDefinition, Category
from contracts.campaign_loader import shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
BOTH = ("cls-2017", "shaanxi-2024")


@pytest.fixture(scope="module")
def cls() -> CampaignDefinition:
    return shipped("cls-2017")


@pytest.fixture(scope="module")
def shaanxi() -> CampaignDefinition:
    return shipped("shaanxi-2024")


def category(definition: CampaignDefinition, key: str) -> Category:
    found = definition.category(key)
    assert found is not None
    return found


def test_cls_invites_34_units_of_32_regions(cls: CampaignDefinition) -> None:
    assert len(cls.units) == 34
    regions = {unit.region for unit in cls.units if unit.region}
    assert len(regions) == 32  # 31 provinces and the Xinjiang production corps
    assert {unit.code for unit in cls.units if not unit.region} == {"gjtsg", "ggwhfzzx"}  # national institutions


@pytest.mark.parametrize(
    ("code", "name", "region"),
    [
        ("bjwhj", "北京市文化局", "北京市"),
        ("nmgwh", "内蒙古自治区文化厅", "内蒙古自治区"),
        ("shxwht", "陕西省文化厅", "陕西省"),
        ("xjbtwhj", "新疆生产建设兵团文化广播电视局", "新疆生产建设兵团"),
    ],
)
def test_cls_units_have_the_region_in_their_name(cls: CampaignDefinition, code: str, name: str, region: str) -> None:
    unit = cls.unit(code)
    assert unit is not None
    assert (unit.name, unit.region) == (name, region)


def test_cls_closes_with_the_last_day_of_august_2017(cls: CampaignDefinition) -> None:
    end = datetime(2017, 9, 1, tzinfo=SHANGHAI)
    assert cls.calendar.online_deadline == cls.calendar.ends == cls.calendar.paper_deadline == end


@pytest.mark.parametrize("key", ["story", "service", "innovation"])
def test_cls_category_asks_for_the_notices_materials(cls: CampaignDefinition, key: str) -> None:
    rules = category(cls, key)
    assert rules.quota_per_unit == 1
    photo, video = rules.material("photo"), rules.material("video")
    assert photo is not None
    assert video is not None
    assert (photo.formats, photo.min_count, photo.max_count, photo.max_bytes) == (("JPEG",), 1, 10, 2 * 1024 * 1024)
    assert (video.min_count, video.max_seconds) == (0, 180)
    assert set(video.pixel_sizes) == {(1920, 1080), (1280, 720)}
    limits = {field.key: field.max_zi for field in rules.fields if field.max_zi is not None}
    assert limits == {"article": 3000, "summary": 200}
    assert {field.key for field in rules.fields if field.private} == {"person_in_charge", "mobile", "email"}
    assert ("case_name" in {field.key for field in rules.fields}) == (key == "innovation")


def ticked(rules: Category, keys: set[str]) -> bool:
    return all(rule.met_by(frozenset(keys)) for rule in rules.conditions)


def test_cls_story_needs_all_of_the_first_four_and_one_of_the_second(cls: CampaignDefinition) -> None:
    rules = category(cls, "story")
    basics = {"truth", "vivid", "people", "noticed"}
    assert not ticked(rules, basics)
    for one in ("image", "honoured", "direction", "care"):
        assert ticked(rules, basics | {one})
        assert not ticked(rules, basics - {"vivid"} | {one})


def test_cls_service_needs_any_of_four(cls: CampaignDefinition) -> None:
    rules = category(cls, "service")
    assert not ticked(rules, set())
    for one in ("hardship", "pioneering", "contribution", "responsibility"):
        assert ticked(rules, {one})


def test_cls_innovation_needs_all_of_four(cls: CampaignDefinition) -> None:
    rules = category(cls, "innovation")
    four = {"novelty", "effect", "influence", "transferability"}
    assert ticked(rules, four)
    for one in four:
        assert not ticked(rules, four - {one})


def test_shaanxi_assesses_2024_and_closes_with_8_april_2025(shaanxi: CampaignDefinition) -> None:
    assert (shaanxi.assessed_from, shaanxi.assessed_to) == (date(2024, 1, 1), date(2024, 12, 31))
    assert shaanxi.calendar.online_deadline == datetime(2025, 4, 9, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("key", "recommenders", "quota", "cap"),
    [
        ("collective", {"committee", "office", "working-group"}, 1, 15),
        ("special-collective", {"working-group"}, None, None),
        ("individual", {"committee"}, 2, 32),
        ("case", {"committee", "working-group"}, None, None),
    ],
)
def test_shaanxi_award_has_its_recommenders_quota_and_cap(
    shaanxi: CampaignDefinition, key: str, recommenders: set[str], quota: int | None, cap: int | None
) -> None:
    rules = category(shaanxi, key)
    assert (set(rules.recommenders), rules.quota_per_unit, rules.cap) == (recommenders, quota, cap)


def test_shaanxi_collective_is_never_the_committee_library_itself(shaanxi: CampaignDefinition) -> None:
    rules = category(shaanxi, "collective")
    assert rules.never_itself
    assert rules.subject_field == "unit_name"
    assert rules.quota_kinds == ("committee",)
    kinds = [rule.unit_kinds for rule in rules.conditions]
    assert [len(rule.conditions) for rule in rules.conditions] == [2, 1]
    assert kinds == [(), ("committee",)]


def test_shaanxi_individual_exempts_the_liaison_and_warns_of_directors(shaanxi: CampaignDefinition) -> None:
    rules = category(shaanxi, "individual")
    deeds = rules.field("deeds")
    assert deeds is not None
    assert deeds.max_zi == 500
    assert (rules.quota_exempt_posts, rules.warn_posts) == (("联盟联络员",), ("馆长",))


def test_shaanxi_opinions_go_from_the_unit_to_the_alliance(shaanxi: CampaignDefinition) -> None:
    chain = ("unit", "committee", "alliance")
    assert [opinion.title.zh for opinion in shaanxi.opinions] == [
        "单位申报意见",
        "委员馆推荐意见",
        "联盟工作委员会审定意见",
    ]
    for key in ("collective", "special-collective", "individual"):
        assert category(shaanxi, key).opinion_chain == chain


def test_shaanxi_members_stand_under_the_committee_library_of_their_city(shaanxi: CampaignDefinition) -> None:
    members = [unit for unit in shaanxi.units if unit.kind == "member"]
    assert len(members) == 22
    for member in members:
        parent = shaanxi.unit(member.parent or "")
        assert parent is not None
        assert (parent.kind, parent.region) == ("committee", member.region)


@pytest.mark.parametrize("name", BOTH)
def test_campaign_reminds_at_14_7_3_1_days_and_2_hours(name: str) -> None:
    before = [rule for rule in shipped(name).reminders if rule.anchor == "online_deadline"]
    days = {14, 7, 3, 1}
    assert {rule.offset for rule in before} == {timedelta(days=-n) for n in days} | {timedelta(hours=-2)}
    for rule in before:
        assert rule.offset + rule.useful_for < timedelta(0), f"{rule.key} could come after the deadline"


def test_cls_last_reminder_goes_to_units_with_nothing_submitted(cls: CampaignDefinition) -> None:
    (last,) = (rule for rule in cls.reminders if rule.key == "two-hours-before")
    assert (last.offset, last.audience) == (timedelta(hours=-2), "units-with-nothing-submitted")


@pytest.mark.parametrize("name", BOTH)
def test_campaign_panel_has_three_experts_who_recuse_themselves(name: str) -> None:
    panel = shipped(name).panel
    assert panel is not None
    assert panel.experts_per_entry == 3
    assert set(panel.recuse) == {"own-organisation", "own-region"}
    assert sum(criterion.weight for criterion in panel.criteria) == 100


@pytest.mark.parametrize("name", BOTH)
def test_campaign_survives_the_bus(name: str) -> None:
    definition = shipped(name)
    assert CampaignDefinition.from_event(definition.model_dump(mode="json")) == definition


def test_plan_has_the_twelve_indicators_with_their_bases_and_targets() -> None:
    (report,) = shipped("plan-2020").categories
    measures = {field.label.zh: field.measure for field in report.fields if field.measure is not None}
    assert len(measures) == 12
    loans, digital = measures["文献外借册次"], measures["县均公共图书馆数字资源"]
    assert loans is not None
    assert (loans.base, loans.target, loans.unit.zh if loans.unit else "") == (5.09, 8, "亿册次")
    assert digital is not None
    assert (digital.base, digital.target) == (None, 5)


def test_photo_contest_takes_anonymous_individuals_whom_nobody_lists() -> None:
    contest = shipped("reading-photos")
    (photo,) = contest.categories
    assert contest.units == ()
    assert (photo.recommenders, photo.quota_per_unit, photo.anonymous) == (("individual",), 3, True)
    assert {field.key for field in photo.fields if field.private} == {"author", "mobile"}
    assert all(rule.claimed for rule in photo.conditions)
