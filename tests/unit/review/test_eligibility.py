"""Eligibility: conditions, materials, findings, one ruling per revision, events for the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contracts.campaign import Condition, ConditionRule, Text
from contracts.events import EntryEligibleV1, EntryIneligibleV1, EntryReturnedV1
from services.review.domain.cases import CaseState, Verdict
from services.review.domain.eligibility import ensure_conditions_met
from services.review.domain.errors import (
    AlreadyDecidedError,
    CaseWithdrawnError,
    ConditionsNotMetError,
    ExpertInSecretariatError,
    FindingsMissingError,
    MaterialsNotAcceptedError,
    MendByPassedError,
    StaleRevisionError,
    UnknownCampaignError,
    UnknownCaseError,
    UnknownConditionError,
)
from services.review.usecases import eligibility, following
from tests.unit.review.builders import (
    NOW,
    OTHER_SECRETARY,
    SECRETARY,
    accepted,
    actor,
    an_id,
    definition,
    expert,
    finding,
    material,
    rejected,
    submitted,
    withdrawn,
)
from tests.unit.review.fakes import FakeWork
from tests.unit.review.steps import enrol, rule, submit

TEXT = Text(zh="条件", en="condition")


def _rule(require: str, least: int, keys: str, kinds: tuple[str, ...] = ()) -> ConditionRule:
    conditions = tuple(Condition(key=key, label=TEXT) for key in keys)
    return ConditionRule.model_validate(
        {"require": require, "least": least, "conditions": conditions, "unit_kinds": kinds}
    )


@pytest.mark.parametrize(
    ("require", "least", "ticked", "met"),
    [
        ("all", 1, "abcd", True),
        ("all", 1, "abc", False),
        ("any", 1, "d", True),
        ("any", 1, "", False),
        ("at-least", 2, "ac", True),
        ("at-least", 2, "c", False),
    ],
)
def test_rule_is_met_by_enough_conditions(require: str, least: int, ticked: str, *, met: bool) -> None:
    rules = [_rule(require, least, "abcd")]
    if met:
        ensure_conditions_met(rules, ticked)
    else:
        with pytest.raises(ConditionsNotMetError) as refused:
            ensure_conditions_met(rules, ticked)
        assert refused.value.findings[0].figures["given"] == len(ticked)


def test_every_unmet_rule_is_named() -> None:
    with pytest.raises(ConditionsNotMetError) as refused:
        ensure_conditions_met([_rule("all", 1, "ab"), _rule("any", 1, "cd"), _rule("any", 1, "e")], "e")
    assert [f.figures["conditions"] for f in refused.value.findings] == [["a", "b"], ["c", "d"]]


def test_condition_of_another_category_is_refused() -> None:
    with pytest.raises(UnknownConditionError):
        ensure_conditions_met([_rule("any", 1, "ab")], ["a", "z"])


def test_kinds_of_library_have_different_standards() -> None:
    whole = definition(
        units=[
            {"code": "m", "name": "成员馆", "kind": "member"},
            {"code": "c", "name": "委员馆", "kind": "committee", "aliases": ["市图书馆"]},
            {"code": "o", "name": "联盟办", "kind": "office"},
        ]
    )
    category = whole.categories[0].model_copy(
        update={"conditions": (_rule("all", 1, "ab", ("member",)), _rule("all", 1, "abc", ("committee",)))}
    )
    assert [len(r.conditions) for r in whole.conditions_for(category, {}, "m")] == [2]
    assert [len(r.conditions) for r in whole.conditions_for(category, {}, "c")] == [3]
    assert whole.conditions_for(category, {}, "unlisted") == ()

    named = category.model_copy(update={"subject_field": "library"})
    about = {"library": " 市 图书馆（总馆）"}
    assert [len(r.conditions) for r in whole.conditions_for(named, about, "o")] == [3], "the library it is about counts"
    assert whole.conditions_for(named, {"library": "不在名单的馆"}, "c") == ()


def test_eligible_revision_is_announced_with_its_conditions(work: FakeWork) -> None:
    entry_id = submit(work)
    case = rule(work)

    assert case.state is CaseState.ELIGIBLE
    (event,) = work.of_type(EntryEligibleV1)
    assert isinstance(event, EntryEligibleV1)
    assert (event.entry_id, event.revision, event.conditions) == (entry_id, 1, ("true", "vivid", "image", "honour"))
    assert event.decided_at == NOW
    act = work.acts[-1]
    assert (act.by, act.action, act.before["state"], act.after["state"]) == (
        SECRETARY,
        "case.eligible",
        "open",
        "eligible",
    )


def test_returned_revision_names_a_day(work: FakeWork) -> None:
    submit(work)
    rule(work, verdict=Verdict.RETURN)
    (event,) = work.of_type(EntryReturnedV1)
    assert isinstance(event, EntryReturnedV1)
    assert event.mend_by == NOW + timedelta(days=7)
    assert event.findings == (finding(),)


def test_ineligible_revision_carries_its_findings(work: FakeWork) -> None:
    submit(work)
    rule(work, verdict=Verdict.INELIGIBLE)
    (event,) = work.of_type(EntryIneligibleV1)
    assert isinstance(event, EntryIneligibleV1)
    assert event.findings == (finding(),)


@pytest.mark.parametrize("verdict", [Verdict.INELIGIBLE, Verdict.RETURN])
def test_refusal_without_a_reason_is_refused(work: FakeWork, verdict: Verdict) -> None:
    submit(work)
    with pytest.raises(FindingsMissingError):
        eligibility.rule(work, SECRETARY, eligibility.Rule(an_id("entry-1"), 1, verdict))
    assert work.events == []


def test_day_in_the_past_is_refused(work: FakeWork) -> None:
    submit(work)
    asked = eligibility.Rule(an_id("entry-1"), 1, Verdict.RETURN, findings=[finding()], mend_by=NOW)
    with pytest.raises(MendByPassedError):
        eligibility.rule(work, SECRETARY, asked)


def test_pending_material_holds_eligibility_back(work: FakeWork) -> None:
    following.entry_submitted(work, submitted(materials=(material("a"), material("b"))))
    following.material_judged(work, accepted("a"))
    with pytest.raises(MaterialsNotAcceptedError) as refused:
        rule(work)
    assert [f.place for f in refused.value.findings] == [f"material:{an_id('b')}"]

    following.material_judged(work, accepted("b"))
    assert rule(work).state is CaseState.ELIGIBLE


def test_rejected_material_holds_eligibility_back(work: FakeWork) -> None:
    following.entry_submitted(work, submitted(materials=(material("a", accepted=True),)))
    following.material_judged(work, rejected("a"))
    with pytest.raises(MaterialsNotAcceptedError):
        rule(work)


def test_material_that_was_taken_out_does_not_hold_it_back(work: FakeWork) -> None:
    following.entry_submitted(work, submitted(materials=(material("a"), material("b"))))
    following.material_judged(work, rejected("b"))
    following.entry_submitted(work, submitted(revision=2, materials=(material("a", accepted=True),)))
    assert rule(work, revision=2).state is CaseState.ELIGIBLE


def test_decision_on_an_older_revision_is_refused(work: FakeWork) -> None:
    submit(work, revision=1)
    submit(work, revision=2)
    with pytest.raises(StaleRevisionError) as refused:
        rule(work, revision=1)
    assert refused.value.figures == {"given": 1, "current": 2}


def test_decision_on_a_revision_that_has_not_arrived_is_refused(work: FakeWork) -> None:
    submit(work)
    with pytest.raises(StaleRevisionError):
        rule(work, revision=2)


def test_second_decision_reads_who_made_the_first(work: FakeWork) -> None:
    submit(work)
    rule(work)
    asked = eligibility.Rule(an_id("entry-1"), 1, Verdict.INELIGIBLE, findings=[finding()])
    with pytest.raises(AlreadyDecidedError) as refused:
        eligibility.rule(work, OTHER_SECRETARY, asked)
    assert refused.value.figures["decided_by"] == SECRETARY.name
    assert refused.value.figures["decided_at"] == NOW
    assert len(work.events) == 1


def test_withdrawn_entry_is_not_ruled_on(work: FakeWork) -> None:
    submit(work)
    following.entry_withdrawn(work, withdrawn())
    with pytest.raises(CaseWithdrawnError):
        rule(work)


def test_entry_that_nobody_submitted_is_unknown(work: FakeWork) -> None:
    with pytest.raises(UnknownCaseError):
        rule(work, "never heard of")
    following.entry_withdrawn(work, withdrawn("a draft", 0))
    with pytest.raises(UnknownCaseError):
        rule(work, "a draft")


def test_case_without_definition_waits() -> None:
    work = FakeWork()
    submit(work)
    with pytest.raises(UnknownCampaignError):
        rule(work)


def test_member_of_the_panel_does_not_rule(work: FakeWork) -> None:
    submit(work)
    both = expert("身兼二职")
    enrol(work, both)
    asked = eligibility.Rule(an_id("entry-1"), 1, Verdict.ELIGIBLE, conditions=["true"])
    with pytest.raises(ExpertInSecretariatError):
        eligibility.rule(work, actor(both), asked)


def test_time_of_a_ruling_is_the_databases(work: FakeWork) -> None:
    submit(work)
    work.clock = datetime(2026, 9, 20, tzinfo=UTC)
    rule(work)
    revision = work.cases.revision(an_id("entry-1"), 1)
    assert revision is not None
    assert revision.ruling is not None
    assert revision.ruling.at == datetime(2026, 9, 20, tzinfo=UTC)
