"""Cases: the whole table of transitions, and that the order in which events arrive does not matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import EntryReturnedV1
from services.review.domain.cases import TRANSITIONS, CaseCommand, CaseState, Verdict, after
from services.review.domain.errors import ReviewError
from services.review.usecases import eligibility, following
from tests.unit.review.builders import (
    SECRETARY,
    accepted,
    an_id,
    campaign,
    finding,
    material,
    rejected,
    submitted,
    withdrawn,
)
from tests.unit.review.fakes import FakeWork
from tests.unit.review.steps import rule, submit

S, C = CaseState, CaseCommand
UNIT_COMMANDS = {C.SUBMIT, C.WITHDRAW}


def test_table_lets_the_unit_act_in_every_state() -> None:
    for state, command in product([None, *S], UNIT_COMMANDS):
        assert after(state, command) is not None


def test_table_lets_the_secretariat_rule_on_open_cases_alone() -> None:
    for state, command in product([None, *S], set(C) - UNIT_COMMANDS):
        assert (after(state, command) is not None) == (state is S.OPEN)


def test_table_never_leaves_withdrawn() -> None:
    assert {after(S.WITHDRAWN, command) for command in C} == {S.WITHDRAWN, None}


def test_table_reaches_every_state() -> None:
    assert set(TRANSITIONS.values()) == set(S)


def test_case_opens_by_itself_with_its_whole_content(work: FakeWork) -> None:
    event = submitted(fields={"title": "雪域书香", "summary": "十年"}, materials=(material(),))
    following.entry_submitted(work, event)

    case = work.cases.get(event.entry_id)
    revision = work.cases.revision(event.entry_id, 1)
    assert case is not None
    assert case.state is S.OPEN
    assert revision is not None
    assert revision.fields == {"title": "雪域书香", "summary": "十年"}
    assert revision.materials == (material(),)


def test_case_opens_before_its_campaign_is_known() -> None:
    work = FakeWork()
    following.entry_submitted(work, submitted())
    assert work.cases.get(an_id("entry-1")) is not None


def test_new_revision_supersedes_and_keeps_the_old_content(work: FakeWork) -> None:
    submit(work, revision=1)
    rule(work, verdict=Verdict.RETURN)
    submit(work, revision=2)

    case = work.cases.get(an_id("entry-1"))
    assert case is not None
    assert (case.state, case.revision, case.title) == (S.OPEN, 2, "《entry-1》第2版")
    first = work.cases.revision(an_id("entry-1"), 1)
    assert first is not None
    assert first.ruling is not None
    assert first.ruling.verdict is Verdict.RETURN


def test_late_older_revision_is_history_alone(work: FakeWork) -> None:
    submit(work, revision=2)
    submit(work, revision=1)

    case = work.cases.get(an_id("entry-1"))
    assert case is not None
    assert (case.revision, case.title) == (2, "《entry-1》第2版")
    assert work.cases.revision(an_id("entry-1"), 1) is not None


def test_withdrawal_that_arrives_first_closes_the_case(work: FakeWork) -> None:
    following.entry_withdrawn(work, withdrawn())
    submit(work)

    case = work.cases.get(an_id("entry-1"))
    assert case is not None
    assert case.state is S.WITHDRAWN
    assert case.title == "《entry-1》第1版"
    assert case.withdrawal_reason == "另报他项"


def test_same_submission_again_changes_nothing(work: FakeWork) -> None:
    submit(work)
    rule(work)
    before = work.cases.get(an_id("entry-1"))
    submit(work)
    assert work.cases.get(an_id("entry-1")) == before


def _return_first_revision(work: FakeWork) -> None:
    try:
        asked = eligibility.Rule(an_id("entry-1"), 1, Verdict.RETURN, findings=[finding()])
        eligibility.rule(work, SECRETARY, asked)
    except ReviewError:
        assert not any(isinstance(event, EntryReturnedV1) for event in work.events)


Step = Callable[[FakeWork], None]
STEPS: Mapping[str, Step] = {
    "submitted r1": lambda w: following.entry_submitted(w, submitted(revision=1, materials=(material("a"),))),
    "returned r1": _return_first_revision,
    "submitted r2": lambda w: following.entry_submitted(
        w, submitted(revision=2, materials=(material("a", accepted=True), material("b")))
    ),
    "withdrawn": lambda w: following.entry_withdrawn(w, withdrawn(revision=2)),
    "a accepted": lambda w: following.material_judged(w, accepted("a")),
    "b rejected": lambda w: following.material_judged(w, rejected("b")),
}


def _end_of(order: tuple[str, ...]) -> dict[str, Any]:
    work = FakeWork()
    work.campaigns.put(campaign())
    for name in order:
        STEPS[name](work)
    revisions = {key: replace(revision, ruling=None) for key, revision in work.cases.revisions.items()}
    return {"cases": work.cases.kept, "verdicts": work.cases.judged, "revisions": revisions}


def test_every_order_of_events_ends_in_the_same_state() -> None:
    expected = _end_of(tuple(STEPS))
    case = expected["cases"][an_id("entry-1")]
    assert (case.state, case.revision) == (S.WITHDRAWN, 2)
    for order in permutations(STEPS):
        assert _end_of(order) == expected, order


@given(st.lists(st.sampled_from(sorted(set(STEPS) - {"returned r1"})), max_size=12))
def test_repeated_events_in_any_order_end_in_the_same_state(order: list[str]) -> None:
    once = tuple(name for name in STEPS if name in order)
    assert _end_of(tuple(order)) == _end_of(once)


@pytest.mark.parametrize("without", ["withdrawn", "submitted r2"])
def test_orders_of_fewer_events_agree_too(without: str) -> None:
    names = [name for name in STEPS if name not in {without, "returned r1"}]
    expected = _end_of(tuple(names))
    for order in permutations(names):
        assert _end_of(order) == expected
