"""Assignment: k experts for every entry, no conflict, as even as can be, stable; against brute force on small cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import combinations, product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.events import AssessmentAssignedV1
from services.review.domain.assessments import AssessmentState
from services.review.domain.assignment import Seat, Vacancy, unevenness
from services.review.domain.conflicts import Expert
from services.review.domain.errors import CannotCoverError, DueMissingError, NoPanelError
from services.review.flow import FlowBalancer
from services.review.usecases import assignment, following, scoring
from tests.unit.review.builders import CAMPAIGN, NOW, SECRETARY, actor, an_id, campaign, expert, submitted, withdrawn
from tests.unit.review.fakes import FakeWork, transaction
from tests.unit.review.steps import assign, enrol, live_of, make_eligible, rule, score

PANEL = [expert(f"专家{n}", "四川") for n in range(6)]
ENTRIES = [f"e{n}" for n in range(8)]


def _experts_of(work: FakeWork) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for assessment in work.assessments.live(CAMPAIGN):
        found.setdefault(assessment.entry_id, set()).add(assessment.expert_id)
    return found


def test_every_entry_gets_its_experts_and_the_load_is_even(work: FakeWork) -> None:
    make_eligible(work, *ENTRIES)
    enrol(work, *PANEL)
    done = assign(work)

    assert (done.entries, done.kept, done.assigned) == (8, 0, 24)
    assert {len(experts) for experts in _experts_of(work).values()} == {3}
    assert set(done.loads.values()) == {4}
    events = work.of_type(AssessmentAssignedV1)
    assert len(events) == 24


def test_conflicted_experts_get_nothing_of_it(work: FakeWork) -> None:
    make_eligible(work, "sichuan-1", "sichuan-2", region="四川")
    make_eligible(work, "gansu", region="甘肃")
    locals_, others = [expert(f"川{n}", "四川省") for n in range(3)], [expert(f"外{n}", "湖北") for n in range(3)]
    enrol(work, *locals_, *others)
    assign(work)
    found = _experts_of(work)
    for entry in ("sichuan-1", "sichuan-2"):
        assert found[an_id(entry)] == {who.account_id for who in others}
    assert len(found[an_id("gansu")]) == 3


def test_experts_weigh_their_categories_alone(work: FakeWork) -> None:
    make_eligible(work, "story")
    make_eligible(work, "service", category="service")
    for_stories = [expert(f"故{n}", categories=("story",)) for n in range(3)]
    for_service = [expert(f"服{n}", categories=("service",)) for n in range(3)]
    enrol(work, *for_stories, *for_service)
    assign(work)
    assert _experts_of(work) == {
        an_id("story"): {who.account_id for who in for_stories},
        an_id("service"): {who.account_id for who in for_service},
    }


def test_entries_that_cannot_be_covered_are_named_and_nothing_is_assigned(work: FakeWork) -> None:
    make_eligible(work, "fine", region="湖北")
    make_eligible(work, "sichuan", region="四川")
    enrol(work, expert("甲", "四川"), expert("乙", "甘肃"), expert("丙", "江苏"))
    with pytest.raises(CannotCoverError) as refused, transaction(work):
        assign(work)
    (named,) = refused.value.findings
    assert named.place == f"entry:{an_id('sichuan')}"
    assert named.figures == {"needed": 3, "available": 2, "in_category": 3}
    assert work.assessments.kept == {}
    assert work.of_type(AssessmentAssignedV1) == []


def test_running_again_changes_nothing(work: FakeWork) -> None:
    make_eligible(work, *ENTRIES)
    enrol(work, *PANEL)
    assign(work)
    before, acts = dict(work.assessments.kept), len(work.acts)
    again = assign(work)
    assert (again.kept, again.assigned) == (24, 0)
    assert work.assessments.kept == before
    assert len(work.acts) == acts


def test_new_entries_are_added_and_nothing_moves(work: FakeWork) -> None:
    make_eligible(work, *ENTRIES[:5])
    enrol(work, *PANEL)
    assign(work)
    before = dict(work.assessments.kept)
    make_eligible(work, *ENTRIES[5:])
    done = assign(work)
    assert done.assigned == 9
    assert before.items() <= work.assessments.kept.items()
    assert max(done.loads.values()) - min(done.loads.values()) <= 1


def test_recusal_moves_only_that_seat(work: FakeWork) -> None:
    make_eligible(work, *ENTRIES)
    enrol(work, *PANEL)
    assign(work)
    gone = live_of(work, "e0")[0]
    who = next(p for p in PANEL if p.account_id == gone.expert_id)
    scoring.recuse(work, actor(who), gone.assessment_id, "曾参与该项目")
    before = {a.assessment_id for a in work.assessments.live(CAMPAIGN)}
    done = assign(work)

    assert done.assigned == 1
    (added,) = {a.assessment_id for a in work.assessments.live(CAMPAIGN)} - before
    replacement = work.assessments.kept[added]
    assert replacement.entry_id == an_id("e0")
    assert replacement.expert_id != who.account_id
    assert before < {a.assessment_id for a in work.assessments.live(CAMPAIGN)}


def test_disabled_expert_hands_over_what_is_unfinished(work: FakeWork) -> None:
    make_eligible(work, "e0", "e1")
    enrol(work, *PANEL[:4])
    assign(work)
    gone = next(p for p in PANEL if sum(a.expert_id == p.account_id for a in work.assessments.live(CAMPAIGN)) == 2)
    done = score(work, gone, "e0")
    work.panel.disable(gone.account_id, "离职", NOW)
    result = assign(work)

    assert (result.struck, result.assigned) == (1, 1)
    kept = work.assessments.get(done.assessment_id)
    assert kept is not None
    assert kept.state is AssessmentState.SUBMITTED
    assert gone.account_id not in _experts_of(work)[an_id("e1")]


def test_disabled_expert_gets_nothing_new(work: FakeWork) -> None:
    make_eligible(work, "e0")
    enrol(work, *PANEL[:3])
    work.panel.disable(PANEL[0].account_id, "离职", NOW)
    with pytest.raises(CannotCoverError):
        assign(work)


def test_withdrawn_entry_leaves_the_experts_lists(work: FakeWork) -> None:
    make_eligible(work, "e0", "e1")
    enrol(work, *PANEL[:3])
    assign(work)
    following.entry_withdrawn(work, withdrawn("e0"))
    for who in PANEL[:3]:
        assert {t.case.entry_id for t in scoring.own_queue(work, actor(who), None, 9).tasks} == {an_id("e1")}


def test_new_revision_is_scored_anew(work: FakeWork) -> None:
    make_eligible(work, "e0")
    enrol(work, *PANEL[:3])
    assign(work)
    score(work, PANEL[0], "e0")
    following.entry_submitted(work, submitted("e0", 2))
    assert work.assessments.live(CAMPAIGN) == []
    rule(work, "e0", revision=2)
    assert assign(work).assigned == 3
    assert {a.revision for a in work.assessments.live(CAMPAIGN)} == {2}


class _Withdrawing(FlowBalancer):
    """Another transaction withdraws an entry while the seats are worked out."""

    def __init__(self, work: FakeWork) -> None:
        self.work = work

    def fill(self, vacancies: Sequence[Vacancy], loads: Mapping[UUID, int]) -> list[Seat]:
        seats = super().fill(vacancies, loads)
        following.entry_withdrawn(self.work, withdrawn("e0"))
        return seats


def test_entry_withdrawn_meanwhile_gets_nobody(work: FakeWork) -> None:
    make_eligible(work, "e0", "e1")
    enrol(work, *PANEL)
    done = assignment.assign(work, _Withdrawing(work), SECRETARY, CAMPAIGN)
    assert done.assigned == 3
    assert set(_experts_of(work)) == {an_id("e1")}


def test_assignment_needs_a_due_date(work: FakeWork) -> None:
    work.campaigns.put(
        campaign(
            version=2,
            calendar={"opens": "2026-08-01T00:00:00+08:00", "online_deadline": "2026-08-31T24:00:00+08:00"},
        )
    )
    make_eligible(work, "e0")
    with pytest.raises(DueMissingError):
        assign(work)


def test_campaign_without_a_panel_assigns_nobody(work: FakeWork) -> None:
    work.campaigns.put(campaign(version=2, panel=None))
    with pytest.raises(NoPanelError):
        assign(work)


def test_new_due_date_reaches_unfinished_work(work: FakeWork) -> None:
    make_eligible(work, "e0")
    enrol(work, *PANEL[:3])
    assign(work)
    done = score(work, PANEL[0], "e0")
    later = done.due_at + timedelta(days=3)
    work.assessments.put_due(CAMPAIGN, later)
    assert {(a.state, a.due_at == later) for a in live_of(work, "e0")} == {
        (AssessmentState.SUBMITTED, False),
        (AssessmentState.ASSIGNED, True),
    }


@st.composite
def small_problems(draw: st.DrawFn) -> tuple[list[Vacancy], dict[UUID, int]]:
    """Up to four entries and four experts, with loads they already have."""
    experts = [UUID(int=n + 1) for n in range(draw(st.integers(1, 4)))]
    vacancies = []
    for n in range(draw(st.integers(1, 4))):
        candidates = draw(st.lists(st.sampled_from(experts), min_size=1, unique=True))
        seats = draw(st.integers(1, len(candidates)))
        vacancies.append(Vacancy(UUID(int=100 + n), seats, tuple(sorted(candidates))))
    return vacancies, {who: draw(st.integers(0, 3)) for who in experts}


def _all_ways(vacancies: list[Vacancy]) -> list[list[Seat]]:
    ways = [
        [[Seat(v.entry_id, who) for who in chosen] for chosen in combinations(v.candidates, v.seats)] for v in vacancies
    ]
    return [[seat for part in way for seat in part] for way in product(*ways)]


@settings(max_examples=200)
@given(small_problems())
def test_flow_is_as_even_as_the_best_of_all_ways(problem: tuple[list[Vacancy], dict[UUID, int]]) -> None:
    vacancies, loads = problem
    seats = FlowBalancer().fill(vacancies, loads)

    for vacancy in vacancies:
        given_to = [seat.expert_id for seat in seats if seat.entry_id == vacancy.entry_id]
        assert len(given_to) == len(set(given_to)) == vacancy.seats
        assert set(given_to) <= set(vacancy.candidates)
    assert unevenness(loads, seats) == min(unevenness(loads, way) for way in _all_ways(vacancies))


@given(small_problems())
def test_flow_gives_the_same_for_the_same(problem: tuple[list[Vacancy], dict[UUID, int]]) -> None:
    vacancies, loads = problem
    assert FlowBalancer().fill(vacancies, loads) == FlowBalancer().fill(vacancies, dict(reversed(loads.items())))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["四川", "甘肃", "湖北"]), min_size=1, max_size=6),
    st.lists(st.sampled_from(["四川", "甘肃", "湖北", "江苏"]), min_size=1, max_size=7),
)
def test_assignment_covers_all_or_names_those_it_cannot(entries: list[str], regions: list[str]) -> None:
    work = FakeWork()
    work.campaigns.put(campaign())
    for n, region in enumerate(entries):
        make_eligible(work, f"e{n}", region=region)
    experts: list[Expert] = [expert(f"专家{n}", region) for n, region in enumerate(regions)]
    enrol(work, *experts)
    short = {an_id(f"e{n}") for n, region in enumerate(entries) if sum(other != region for other in regions) < 3}
    if short:
        with pytest.raises(CannotCoverError) as refused, transaction(work):
            assign(work)
        assert {finding.place for finding in refused.value.findings} == {f"entry:{entry}" for entry in short}
        assert work.assessments.kept == {}
    else:
        assign(work)
        region_of = {who.account_id: who.region for who in experts}
        found = _experts_of(work)
        for n, region in enumerate(entries):
            assert len(found[an_id(f"e{n}")]) == 3
            assert region not in {region_of[who] for who in found[an_id(f"e{n}")]}
        loads = Counter(a.expert_id for a in work.assessments.live(CAMPAIGN))
        assert sum(loads.values()) == 3 * len(entries)
