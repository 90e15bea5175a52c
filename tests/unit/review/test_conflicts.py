"""Recusal: own province, own organisation, declared, pinned."""

from __future__ import annotations

import pytest

from contracts.campaign import PanelRules
from contracts.events import UnitRef
from services.review.domain.assessments import AssessmentState
from services.review.domain.conflicts import ConflictKind, Mark, conflicts_of, own_organisation, own_region
from services.review.domain.errors import (
    ExpertInSecretariatError,
    RegionMissingError,
    UnknownAssessmentError,
    UnknownCaseError,
    UnknownCategoryError,
    UnknownExpertError,
    UnknownUnitError,
)
from services.review.usecases import panel, scoring
from tests.unit.review.builders import CAMPAIGN, SECRETARY, actor, an_id, campaign, definition, expert, unit
from tests.unit.review.fakes import FakeWork
from tests.unit.review.steps import assign, enrol, live_of, make_eligible, score

RULES = definition().panel


def _rules() -> PanelRules:
    assert RULES is not None
    return RULES


@pytest.mark.parametrize(
    ("own", "other", "same"),
    [
        ("陕西", "陕西", True),
        ("陕西省", "陕西", True),
        ("陕西省西安市", "陕西", True),
        (" 陕 西 ", "陕西省", True),
        ("内蒙古自治区", "内蒙古", True),
        ("广西壮族自治区", "广西", True),
        ("新疆维吾尔自治区", "新疆", True),
        ("北京市海淀区", "北京", True),
        ("西安", "西安市", True),
        ("Shaanxi", "SHAANXI", True),
        ("陕西", "山西", False),
        ("陕西省西安市", "陕西省宝鸡市", False),
        ("西安", "宝鸡", False),
        ("河南", "河北", False),
        ("P1", "P12", False),
        ("", "", False),
        ("", "陕西", False),
        ("陕西", "", False),
    ],
)
def test_experts_do_not_score_their_own_province(own: str, other: str, *, same: bool) -> None:
    assert own_region(expert("甲", own), UnitRef(code="u", name="单位", region=other)) is same


@pytest.mark.parametrize(
    ("own", "name", "same"),
    [
        ("国家图书馆", "国家图书馆", True),
        ("国家图书馆", "国家图书馆（国家古籍保护中心）", True),
        ("国家图书馆 参考部", "国家图书馆", True),
        ("ＡＢＣ Library", "abc library", True),
        ("gjtsg", "国家图书馆", True),
        ("省图书馆", "省文化厅", False),
        ("示例图书馆1", "示例图书馆12", False),
        ("馆", "馆外服务中心", False),
        ("西安图书馆", "陕西西安图书馆", False),
    ],
)
def test_experts_do_not_score_their_own_organisation(own: str, name: str, *, same: bool) -> None:
    who = expert("甲", "四川", own)
    assert own_organisation(who, UnitRef(code="gjtsg", name=name, region="")) is same


def test_unit_without_a_region_is_in_conflict_by_organisation_alone() -> None:
    national = UnitRef(code="gjtsg", name="国家图书馆", region="")
    found = conflicts_of(expert("甲", "北京", "国家图书馆"), an_id("e"), national, rules=_rules(), marks=())
    assert found == (ConflictKind.OWN_ORGANISATION,)


def test_definition_says_which_rules_hold() -> None:
    lenient = _rules().model_copy(update={"recuse": ()})
    who = expert("甲", "陕西", unit().name)
    assert conflicts_of(who, an_id("e"), unit(), rules=_rules(), marks=()) == (
        ConflictKind.OWN_REGION,
        ConflictKind.OWN_ORGANISATION,
    )
    assert conflicts_of(who, an_id("e"), unit(), rules=lenient, marks=()) == ()


def test_marks_hold_whatever_the_definition_says() -> None:
    lenient = _rules().model_copy(update={"recuse": ()})
    who, other = expert("甲"), expert("乙")
    marks = [
        Mark(who.account_id, ConflictKind.PINNED, unit_code="shx"),
        Mark(who.account_id, ConflictKind.DECLARED, entry_id=an_id("e")),
    ]
    kinds = (ConflictKind.PINNED, ConflictKind.DECLARED)
    assert conflicts_of(who, an_id("e"), unit(), rules=lenient, marks=marks) == kinds
    assert conflicts_of(who, an_id("f"), unit("gs"), rules=lenient, marks=marks) == ()
    assert conflicts_of(other, an_id("e"), unit(), rules=lenient, marks=marks) == ()


PANEL = [expert(name, "四川") for name in ("甲", "乙", "丙", "丁")]


def test_pinned_conflict_takes_the_entry_and_its_scores_away(work: FakeWork) -> None:
    make_eligible(work, "e1", "e2")
    enrol(work, *PANEL)
    assign(work)
    who = next(p for p in PANEL if p.account_id == live_of(work, "e1")[0].expert_id)
    own = score(work, who, "e1")
    done = panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=who.account_id, entry_id=an_id("e1"), reason="亲属")

    assert done.struck == 1
    after = work.assessments.get(own.assessment_id)
    assert after is not None
    assert after.state is AssessmentState.STRUCK
    assert after.scores == {"merit": 80, "reach": 40}  # for the record
    assert an_id("e1") not in {t.case.entry_id for t in scoring.own_queue(work, actor(who), None, 50).tasks}
    with pytest.raises(UnknownAssessmentError):
        scoring.own_paper(work, actor(who), own.assessment_id)
    with pytest.raises(UnknownAssessmentError):
        scoring.submit_scores(work, actor(who), own.assessment_id, {"merit": 1, "reach": 1}, "")


def test_conflict_that_nobody_acted_on_is_hidden_all_the_same(work: FakeWork) -> None:
    make_eligible(work, "e1", "e2")
    enrol(work, *PANEL[:3])
    assign(work)
    who = PANEL[0]
    before = scoring.own_queue(work, actor(who), None, 50)
    work.panel.marked.append((CAMPAIGN, Mark(who.account_id, ConflictKind.PINNED, entry_id=an_id("e1"))))

    assert {t.case.entry_id for t in before.tasks} == {an_id("e1"), an_id("e2")}
    assert {t.case.entry_id for t in scoring.own_queue(work, actor(who), None, 50).tasks} == {an_id("e2")}
    hidden = next(t.assessment.assessment_id for t in before.tasks if t.case.entry_id == an_id("e1"))
    with pytest.raises(UnknownAssessmentError):
        scoring.own_paper(work, actor(who), hidden)
    with pytest.raises(UnknownAssessmentError):
        scoring.recuse(work, actor(who), hidden, "试探")


def test_corrected_region_takes_own_province_away(work: FakeWork) -> None:
    make_eligible(work, "e1", "e2", region="陕西")
    enrol(work, *PANEL[:3])
    assign(work)
    done = panel.enrol(work, SECRETARY, expert("甲", "陕西省"))
    assert (done.new, done.struck) == (False, 2)
    assert scoring.own_queue(work, actor(PANEL[0]), None, 50).tasks == []


def test_pin_names_what_it_does_not_find(work: FakeWork) -> None:
    enrol(work, PANEL[0])
    who = PANEL[0].account_id
    with pytest.raises(UnknownExpertError):
        panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=an_id("nobody"), unit_code="shx", reason="无")
    with pytest.raises(UnknownCaseError):
        panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=who, entry_id=an_id("nothing"), reason="无")
    with pytest.raises(UnknownUnitError):
        panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=who, unit_code="nowhere", reason="无")
    assert panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=who, unit_code="gs", reason="曾任职").new
    assert not panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=who, unit_code="gs", reason="曾任职").new


def test_expert_without_a_region_is_refused_where_regions_are_compared(work: FakeWork) -> None:
    with pytest.raises(RegionMissingError):
        enrol(work, expert("甲", " "))
    rules = _rules().model_dump(mode="json") | {"recuse": ["own-organisation"]}
    work.campaigns.put(campaign(version=2, panel=rules))
    enrol(work, expert("甲", ""))


def test_expert_for_an_unknown_category_is_refused(work: FakeWork) -> None:
    with pytest.raises(UnknownCategoryError):
        enrol(work, expert("甲", categories=("story", "poem")))


def test_expert_does_not_work_in_the_secretariat_of_his_campaign(work: FakeWork) -> None:
    enrol(work, PANEL[0])
    with pytest.raises(ExpertInSecretariatError):
        panel.enrol(work, actor(PANEL[0]), expert("乙"))
    with pytest.raises(ExpertInSecretariatError):
        panel.pin_conflict(
            work, actor(PANEL[0]), CAMPAIGN, account_id=PANEL[0].account_id, unit_code="gs", reason="自请"
        )
