"""Scores: validated, exact, missing is not zero, ties are ties; nobody reads them before all are in."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.campaign import Criterion, PanelRules, Text
from contracts.events import AssessmentSubmittedV1
from services.review.domain.aggregation import mean, trimmed_mean
from services.review.domain.assessments import TRANSITIONS, AssessmentCommand, AssessmentState, after
from services.review.domain.errors import (
    AlreadySubmittedError,
    ListClosedError,
    ScoresInvalidError,
    UnknownAssessmentError,
)
from services.review.domain.scoring import Rubric, Sheet, exact, rank, shown
from services.review.usecases import ranking, reading, scoring
from services.review.usecases.publishing import Cut, publish_decision
from tests.unit.review.builders import CAMPAIGN, SECRETARY, actor, an_id, expert
from tests.unit.review.fakes import FakeWork
from tests.unit.review.steps import assign, enrol, live_of, make_eligible, score, score_all

TEXT = Text(zh="项", en="criterion")


def _criteria(*shares: tuple[float, int]) -> list[Criterion]:
    return [Criterion(key=f"c{n}", label=TEXT, weight=w, max_score=m) for n, (w, m) in enumerate(shares)]


def _rules(aggregation: str = "mean", k: int = 3) -> PanelRules:
    return PanelRules.model_validate(
        {"experts_per_entry": k, "criteria": _criteria((1, 100)), "aggregation": aggregation}
    )


def _sheet(name: str, *totals: int, outstanding: int = 0) -> Sheet:
    given = {an_id(f"expert {number}"): Fraction(total) for number, total in enumerate(totals)}
    return Sheet(an_id(name), name, given, outstanding)


def test_total_weighs_shares_of_each_maximum() -> None:
    rubric = Rubric(_criteria((0.6, 100), (0.4, 50)))
    assert rubric.total({"c0": 90, "c1": 40}) == Fraction(86)
    assert rubric.total({"c0": 100, "c1": 50}) == 100
    assert rubric.total({"c0": 0, "c1": 0}) == 0


def test_weight_of_a_tenth_is_exactly_a_tenth() -> None:
    rubric = Rubric(_criteria((0.1, 1), (0.2, 1), (0.3, 1)))
    assert rubric.total({"c0": 1, "c1": 1, "c2": 0}) == 50 == rubric.total({"c0": 0, "c1": 0, "c2": 1})


rubrics = st.lists(
    st.tuples(st.sampled_from([0.1, 0.25, 0.3, 1.0, 2.5, 7.0]), st.integers(1, 120)), min_size=1, max_size=5
)


@given(rubrics, st.data())
def test_total_agrees_with_a_second_computation(shares: list[tuple[float, int]], data: st.DataObject) -> None:
    scores = {f"c{n}": data.draw(st.integers(0, most)) for n, (_, most) in enumerate(shares)}
    weights = [Fraction(str(weight)) for weight, _ in shares]
    expected = sum(
        (w * Fraction(scores[f"c{n}"], most) for n, (w, (_, most)) in enumerate(zip(weights, shares, strict=True))),
        Fraction(0),
    )
    assert Rubric(_criteria(*shares)).total(scores) == expected / sum(weights) * 100


@pytest.mark.parametrize(
    ("scores", "slugs"),
    [
        ({"c0": 90}, {"score-missing"}),
        ({}, {"score-missing"}),
        ({"c0": "90", "c1": 40}, {"score-not-whole"}),
        ({"c0": -1, "c1": 40}, {"score-out-of-range"}),
        ({"c0": 101, "c1": 40}, {"score-out-of-range"}),
        ({"c0": 90, "c1": 51}, {"score-out-of-range"}),
        ({"c0": math.nan, "c1": 40}, {"score-not-whole"}),
        ({"c0": math.inf, "c1": 1e308}, {"score-not-whole"}),
        ({"c0": 10**4000, "c1": 40}, {"score-out-of-range"}),
        ({"c0": 90.0, "c1": 40}, {"score-not-whole"}),
        ({"c0": True, "c1": 40}, {"score-not-whole"}),
        ({"c0": None, "c1": [40]}, {"score-missing", "score-not-whole"}),
        ({"c0": 90, "c1": 40, "beauty": 3}, {"criterion-unknown"}),
    ],
)
def test_scores_that_do_not_fit_are_named(scores: dict[str, Any], slugs: set[str]) -> None:
    with pytest.raises(ScoresInvalidError) as refused:
        Rubric(_criteria((0.6, 100), (0.4, 50))).check(scores)
    assert {finding.slug for finding in refused.value.findings} == slugs


totals = st.lists(st.integers(0, 100), min_size=1, max_size=9)


@given(totals)
def test_mean_agrees_with_the_standard_library(given_totals: list[int]) -> None:
    assert mean([Fraction(t) for t in given_totals]) == statistics.mean(Fraction(t) for t in given_totals)


@given(totals)
def test_trimmed_mean_leaves_out_one_highest_and_one_lowest(given_totals: list[int]) -> None:
    rest = list(given_totals)
    if len(rest) >= 3:
        rest.remove(max(rest))
        rest.remove(min(rest))
    assert trimmed_mean([Fraction(t) for t in given_totals]) == Fraction(sum(rest), len(rest))


def test_missing_is_not_zero() -> None:
    found = rank([_sheet("full", 10, 10, 10), _sheet("missing", 100, 100, outstanding=1)], _rules())
    assert [r.entry_id for r in found.ranked] == [an_id("full")]
    (lacking,) = found.incomplete
    assert (lacking.entry_id, lacking.submitted, lacking.needed) == (an_id("missing"), 2, 3)


def test_recused_and_not_replaced_is_incomplete() -> None:
    found = rank([_sheet("two of three", 90, 90)], _rules())
    assert found.ranked == ()
    assert len(found.incomplete) == 1


def test_equal_totals_share_a_rank() -> None:
    found = rank(
        [_sheet("a", 80, 80, 81), _sheet("b", 90, 90, 90), _sheet("c", 81, 80, 80), _sheet("d", 1, 1, 1)], _rules()
    )
    assert [(r.entry_id, r.rank, r.tied) for r in found.ranked] == [
        (an_id("b"), 1, False),
        (an_id("a"), 2, True),
        (an_id("c"), 2, True),
        (an_id("d"), 4, False),
    ]


def test_tie_in_thirds_is_seen() -> None:
    thirds = [_sheet("a", 1, 0, 0), _sheet("b", 0, 1, 0)]
    assert {r.total for r in rank(thirds, _rules()).ranked} == {Fraction(1, 3)}
    assert {r.rank for r in rank(thirds, _rules()).ranked} == {1}


def test_aggregation_of_the_definition_decides() -> None:
    sheets = [_sheet("even", 70, 70, 70), _sheet("one outlier", 100, 69, 69)]
    assert rank(sheets, _rules("mean")).ranked[0].entry_id == an_id("one outlier")
    assert rank(sheets, _rules("trimmed-mean")).ranked[0].entry_id == an_id("even")


@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), max_size=8), st.randoms())
def test_ranking_does_not_depend_on_order(rows: list[list[int]], random: Any) -> None:
    sheets = [_sheet(f"e{n}", *row) for n, row in enumerate(rows)]
    shuffled = [Sheet(s.entry_id, s.receipt_number, dict(reversed(list(s.totals.items()))), 0) for s in sheets]
    random.shuffle(shuffled)
    assert rank(sheets, _rules()) == rank(shuffled, _rules())
    for ranked in rank(sheets, _rules()).ranked:
        better = sum(1 for other in rank(sheets, _rules()).ranked if other.total > ranked.total)
        assert ranked.rank == better + 1


@pytest.mark.parametrize(
    ("total", "text"),
    [
        (Fraction(271, 3), "90.3333"),
        (Fraction(100), "100.0000"),
        (Fraction(0), "0.0000"),
        (Fraction(1, 20000), "0.0001"),
        (Fraction(200, 3), "66.6667"),
    ],
)
def test_total_is_shown_with_four_decimals_half_up(total: Fraction, text: str) -> None:
    assert shown(total) == text


def test_exact_total_is_a_fraction() -> None:
    assert exact(Fraction(542, 6)) == "271/3"


def test_table_of_assessments_ends_in_recused_and_struck() -> None:
    for state in (AssessmentState.RECUSED, AssessmentState.STRUCK):
        assert {after(state, command) for command in AssessmentCommand} == {None}
    assert after(AssessmentState.SUBMITTED, AssessmentCommand.SUBMIT) is None
    assert set(TRANSITIONS.values()) == set(AssessmentState) - {AssessmentState.ASSIGNED}


PANEL = [expert(f"专家{n}", "四川") for n in range(4)]


@pytest.fixture
def assigned(work: FakeWork) -> FakeWork:
    """Two entries, each with three of four experts."""
    make_eligible(work, "e1", "e2")
    enrol(work, *PANEL)
    assign(work)
    return work


def _holder(work: FakeWork, entry: str, nth: int = 0) -> Any:
    held = live_of(work, entry)[nth].expert_id
    return next(who for who in PANEL if who.account_id == held)


def test_event_says_that_work_is_done_and_not_what_was_given(assigned: FakeWork) -> None:
    done = score(assigned, _holder(assigned, "e1"), "e1", 91, 37)
    (event,) = assigned.of_type(AssessmentSubmittedV1)
    assert isinstance(event, AssessmentSubmittedV1)
    assert event.assessment_id == done.assessment_id
    assert "91" not in str(event.model_dump(exclude={"assessment_id", "entry_id", "expert_id", "submitted_at"}))
    assert set(event.model_dump()) == {"assessment_id", "entry_id", "campaign_id", "expert_id", "submitted_at"}


def test_same_scores_again_are_the_same_act(assigned: FakeWork) -> None:
    who = _holder(assigned, "e1")
    first = score(assigned, who, "e1")
    assert score(assigned, who, "e1") == first
    assert len(assigned.of_type(AssessmentSubmittedV1)) == 1


def test_other_scores_afterwards_are_refused(assigned: FakeWork) -> None:
    who = _holder(assigned, "e1")
    score(assigned, who, "e1", 80)
    with pytest.raises(AlreadySubmittedError):
        score(assigned, who, "e1", 81)


def test_anothers_assessment_looks_like_none(assigned: FakeWork) -> None:
    own = live_of(assigned, "e1")[0]
    other = next(who for who in PANEL if who.account_id != own.expert_id)
    for assessment_id in (own.assessment_id, UUID(int=7)):
        with pytest.raises(UnknownAssessmentError):
            scoring.own_paper(assigned, actor(other), assessment_id)
        with pytest.raises(UnknownAssessmentError):
            scoring.submit_scores(assigned, actor(other), assessment_id, {"merit": 1, "reach": 1}, "")
        with pytest.raises(UnknownAssessmentError):
            scoring.recuse(assigned, actor(other), assessment_id, "试探")


def test_nobody_else_reads_scores_before_all_are_in(assigned: FakeWork) -> None:
    score(assigned, _holder(assigned, "e1", 0), "e1", 93)
    score(assigned, _holder(assigned, "e1", 1), "e1", 94)
    file = reading.case_file(assigned, SECRETARY, an_id("e1"))
    assert {a.scores for a in file.assessments} == {None}
    assert file.progress is not None
    assert (file.progress.submitted, file.progress.outstanding, file.progress.total) == (2, 1, None)
    assert all("scores" not in recorded.act.after for recorded in file.record)
    found = ranking.read_ranking(assigned, SECRETARY, CAMPAIGN).by_category["story"]
    assert found.ranked == ()

    score(assigned, _holder(assigned, "e1", 2), "e1", 95)
    file = reading.case_file(assigned, SECRETARY, an_id("e1"))
    assert sorted(a.scores["merit"] for a in file.assessments if a.scores) == [93, 94, 95]
    assert file.progress is not None
    assert file.progress.total == Fraction(282, 3) * Fraction(6, 10) + 32


def test_expert_sees_his_own_scores_alone(assigned: FakeWork) -> None:
    first, second = _holder(assigned, "e1", 0), _holder(assigned, "e1", 1)
    score(assigned, first, "e1", 93)
    own = next(a for a in live_of(assigned, "e1") if a.expert_id == first.account_id)
    other = next(a for a in live_of(assigned, "e1") if a.expert_id == second.account_id)
    assert scoring.own_paper(assigned, actor(first), own.assessment_id).assessment.scores == {"merit": 93, "reach": 40}
    assert scoring.own_paper(assigned, actor(second), other.assessment_id).assessment.scores is None


def test_recused_scores_no_longer_count(assigned: FakeWork) -> None:
    for nth in range(3):
        score(assigned, _holder(assigned, "e1", nth), "e1", 90)
    who = _holder(assigned, "e1")
    own = next(a for a in live_of(assigned, "e1") if a.expert_id == who.account_id)
    scoring.recuse(assigned, actor(who), own.assessment_id, "发现为同门")
    scoring.recuse(assigned, actor(who), own.assessment_id, "发现为同门")  # a second click
    found = ranking.read_ranking(assigned, SECRETARY, CAMPAIGN).by_category["story"]
    assert an_id("e1") in {lacking.entry_id for lacking in found.incomplete}


def test_scores_stand_once_the_list_is_published(assigned: FakeWork) -> None:
    score_all(assigned, PANEL, {"e1": 90, "e2": 80})
    publish_decision(assigned, SECRETARY, CAMPAIGN, Cut({"story": 1}), number="1", issuer="学会")
    own = live_of(assigned, "e1")[0]
    who = next(p for p in PANEL if p.account_id == own.expert_id)
    with pytest.raises(ListClosedError):
        scoring.submit_scores(assigned, actor(who), own.assessment_id, {"merit": 1, "reach": 1}, "")
    with pytest.raises(ListClosedError):
        scoring.recuse(assigned, actor(who), own.assessment_id, "晚了")
    assert score(assigned, who, "e1", 90).scores == {"merit": 90, "reach": 40}  # the same again is no change


def test_queue_of_an_expert_comes_in_pages(work: FakeWork) -> None:
    make_eligible(work, *(f"e{n}" for n in range(7)))
    enrol(work, *PANEL[:3])
    assign(work)
    seen, after_key = [], None
    while True:
        found = scoring.own_queue(work, actor(PANEL[0]), after_key, 3)
        seen += [task.case.entry_id for task in found.tasks]
        after_key = found.following
        if after_key is None:
            break
    assert sorted(seen) == sorted(an_id(f"e{n}") for n in range(7))
