"""Whom a unit may recommend, within which places, and what it must say for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.campaign import CLAIMS, CampaignDefinition, Category
from contracts.events import UnitRef
from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import Entry, public_unit, split_private
from services.intake.domain.errors import UnknownFieldError
from services.intake.domain.readiness import findings_of
from services.intake.domain.recommending import first_texts, needs_place, objections_to, quota_used
from services.intake.domain.revisions import content_of, digest_of
from tests.unit.intake.builders import campaign, entry

POSTS = ["工作人员", "联络员", "馆长"]


def changed(**changes: Any) -> Campaign:
    """The campaign of these tests: posts, a justification, and what the test changes in its category."""
    raw = campaign().definition.model_dump(mode="json")
    raw["units"] = [
        {"code": "unit-a", "name": "甲市图书馆（总馆）", "aliases": ["甲图"]},
        {"code": "unit-b", "name": "乙馆", "kind": "committee"},
    ]
    category = raw["categories"][0]
    category["fields"] += [
        {"key": "post", "kind": "choice", "label": {"zh": "身份", "en": "Post"}, "required": False, "options": POSTS},
        {"key": "reason", "kind": "text", "label": {"zh": "理由", "en": "Reason"}, "required": False},
        {
            "key": "rate",
            "kind": "number",
            "label": {"zh": "比率", "en": "Rate"},
            "required": False,
            "measure": {"minimum": 0, "maximum": 100, "base": 60, "target": 80},
        },
    ]
    category |= {
        "post_field": "post",
        "quota_exempt_posts": ["联络员"],
        "warn_posts": ["馆长"],
        "justification_field": "reason",
        **changes,
    }
    return Campaign(CampaignDefinition.model_validate(raw), 1)


def found(given: Entry, within: Campaign | None = None) -> list[tuple[str, str]]:
    definition = (within or changed()).definition
    unit = replace(given, unit=UnitRef(code="unit-a", name="甲市图书馆（总馆）"))
    return [(f.slug, f.place) for f in objections_to(unit, definition.categories[0], definition)]


def texts(**fields: str) -> Entry:
    return entry(fields={"title": "标题", "article": "正文。", **fields})


@pytest.mark.parametrize(
    "written",
    ["甲市图书馆（总馆）", " 甲市图书馆 ", "甲市 图书馆(总馆)", "甲市图书馆【总馆】", "甲图", "UNIT-A", "ｕｎｉｔ－ａ"],
)
def test_a_unit_is_known_however_its_name_is_typed(written: str) -> None:
    assert found(texts(library=written)) == [("recommends-itself", "library")]


@pytest.mark.parametrize("written", ["", "乙馆", "甲市少年儿童图书馆", "甲", "（总馆）"])
def test_another_library_may_be_recommended(written: str) -> None:
    assert found(texts(library=written)) == []


def test_a_unit_may_recommend_itself_where_the_category_does_not_forbid_it() -> None:
    assert found(texts(library="甲图"), changed(never_itself=False)) == []


def test_an_entry_without_a_free_place_says_so_unless_its_post_is_exempt() -> None:
    crowded = replace(texts(post="工作人员"), places=2, crowded=True)
    assert found(crowded) == [("quota-used", "post")]
    assert found(replace(texts(post=" 联络员 "), places=2, crowded=True)) == []
    assert found(replace(crowded, crowded=False)) == []
    assert found(replace(crowded, slot=1)) == []


def test_who_needs_a_place() -> None:
    category = changed().definition.categories[0]
    assert needs_place(replace(texts(), places=2), category), "a post that is not chosen yet counts"
    assert needs_place(replace(texts(post="馆长"), places=2), category)
    assert not needs_place(replace(texts(post="联络员"), places=2), category)
    assert not needs_place(replace(texts(), places=2, slot=2), category)
    assert not needs_place(replace(texts(), places=None), category)


def test_the_refusal_of_a_quota_names_who_needs_no_place() -> None:
    refused = quota_used(changed().definition.categories[0], 2)
    assert "最多推荐 2 项" in refused.zh
    assert "联络员不占名额" in refused.zh
    assert "不占名额" not in quota_used(campaign().definition.categories[0], 1).zh


def test_a_post_recommended_only_in_exception_needs_a_reason() -> None:
    assert found(texts(post="馆长")) == [("post-needs-justification", "reason")]
    assert found(texts(post="馆长", reason=" \n ")) == [("post-needs-justification", "reason")]
    assert found(texts(post="馆长", reason="分管联盟工作")) == []
    assert found(texts(post="工作人员")) == []
    assert found(texts(post="馆长"), changed(justification_field=None)) == [], "nowhere to write one"


def test_a_new_entry_begins_with_a_post_of_its_category() -> None:
    category = changed().definition.categories[0]
    assert first_texts(category, None) == {}
    assert first_texts(category, "联络员") == {"post": "联络员"}
    with pytest.raises(UnknownFieldError, match="工作人员"):
        first_texts(category, "司机")
    with pytest.raises(UnknownFieldError):
        first_texts(campaign().definition.categories[0], "联络员")


def claiming(require: str = "at-least", **more: Any) -> Campaign:
    conditions = [{"key": key, "label": {"zh": f"条件{key}", "en": key}} for key in ("one", "two", "three")]
    least = 2 if require == "at-least" else 1
    return changed(conditions=[{"require": require, "least": least, "conditions": conditions, "claimed": True, **more}])


@pytest.mark.parametrize(
    ("require", "claims", "enough"),
    [("at-least", "one", False), ("at-least", "three one", True), ("any", "", False), ("any", "two", True),
     ("all", "one two", False), ("all", "two three one", True)],
)  # fmt: skip
def test_claimed_conditions_must_be_enough(require: str, claims: str, *, enough: bool) -> None:
    said = found(texts(**{CLAIMS: claims}), claiming(require))
    assert said == ([] if enough else [("too-few-claims", CLAIMS)])


def test_conditions_of_another_kind_of_library_are_not_asked_for() -> None:
    of_committees = claiming(unit_kinds=["committee"])
    assert found(texts(library="甲市少年儿童图书馆"), of_committees) == []
    assert found(texts(library="乙馆"), of_committees) == [("too-few-claims", CLAIMS)]
    assert found(texts(**{CLAIMS: "one four"}), claiming()) == [("too-few-claims", CLAIMS), ("unknown-claims", CLAIMS)]


def test_claims_are_saved_only_where_they_are_asked_for() -> None:
    assert split_private(claiming().definition.categories[0], {CLAIMS: "one"}) == ({CLAIMS: "one"}, {})
    with pytest.raises(UnknownFieldError):
        split_private(changed().definition.categories[0], {CLAIMS: "one"})


def test_claims_are_part_of_what_is_submitted() -> None:
    content = content_of(texts(**{CLAIMS: "two one"}), 1)
    assert content["claims"] == ["one", "two"]
    assert CLAIMS not in content["fields"]
    assert digest_of(content) != digest_of(content_of(texts(), 1))
    assert "claims" not in content_of(texts(), 1)


@pytest.mark.parametrize(
    ("text", "slug"),
    [("0", None), ("100", None), ("72.5", None), ("-0.1", "number-too-small"), ("100.01", "number-too-large")],
)
def test_a_measure_bounds_its_number(text: str, slug: str | None) -> None:
    category: Category = changed().definition.categories[0]
    assert [f.slug for f in findings_of(texts(rate=text), category)] == ([slug] if slug else [])


def test_a_measure_says_how_far_the_way_to_the_target_is_done() -> None:
    rule = changed().definition.categories[0].field("rate")
    assert rule is not None
    assert rule.measure is not None
    assert [rule.measure.achieved(actual) for actual in (60, 70, 80, 90)] == [0, 0.5, 1, 1.5]
    assert rule.measure.model_copy(update={"base": None}).achieved(40) == 0.5
    assert rule.measure.model_copy(update={"target": None}).achieved(40) is None
    assert rule.measure.model_copy(update={"base": 80}).achieved(80) == 1


def test_an_anonymous_recommender_is_known_elsewhere_by_code_alone() -> None:
    hidden = changed(anonymous=True).definition.categories[0]
    assert public_unit(entry(), hidden) == UnitRef(code="unit-a", name="编号 unit-a")
    assert public_unit(entry(), changed().definition.categories[0]).name == "甲馆"
