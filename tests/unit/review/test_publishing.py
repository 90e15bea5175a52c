"""Notice and decision: places, caps, ties at the cut, once, whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import MAX_EVENT_BYTES
from contracts.events import DecisionPublishedV1, NoticeOpenedV1, UnitRef
from services.review.domain.errors import (
    AlreadyPublishedError,
    ChoiceInvalidError,
    DiffersFromNoticeError,
    ListClosedError,
    NothingToListError,
    NoticeAlreadyOpenError,
    NoticeStillOpenError,
    NoticeTimesError,
    NotPublishedError,
    OverCapError,
    PlacesMissingError,
    ScoresMissingError,
    TieAtTheCutError,
    UnknownCategoryError,
)
from services.review.domain.lists import Decision, Notice
from services.review.domain.selection import Candidate, in_parts, select
from services.review.usecases import following, publishing
from services.review.usecases.publishing import Cut
from tests.unit.review.builders import CAMPAIGN, NOW, SECRETARY, an_id, expert, unit, withdrawn
from tests.unit.review.fakes import FakeWork
from tests.unit.review.steps import assign, enrol, make_eligible, score_all

PANEL = [expert(f"专家{n}", "四川") for n in range(3)]


def _season(work: FakeWork, stories: Mapping[str, int], services: Mapping[str, int] | None = None) -> None:
    """Entries with their merits, all scored."""
    make_eligible(work, *stories)
    make_eligible(work, *(services or {}), category="service")
    enrol(work, *PANEL)
    assign(work)
    score_all(work, PANEL, {**stories, **(services or {})})


def _decide(work: FakeWork, places: Mapping[str, int] | None = None, chosen: tuple[str, ...] = ()) -> Decision:
    cut = Cut(places or {}, [an_id(entry) for entry in chosen])
    return publishing.publish_decision(work, SECRETARY, CAMPAIGN, cut, number="学会〔2026〕1号", issuer="学会")


def _notice(work: FakeWork, places: Mapping[str, int] | None = None, *, days: int = 5, **more: Any) -> Notice:
    cut = Cut(places or {}, [an_id(entry) for entry in more.pop("chosen", ())])
    times = {"opens_at": None, "closes_at": NOW + timedelta(days=days), **more}
    return publishing.open_notice(work, SECRETARY, CAMPAIGN, cut, **times)


def _names(listed: tuple[Candidate, ...]) -> list[tuple[str, int]]:
    return [(candidate.receipt_number.removeprefix("R-"), candidate.rank) for candidate in listed]


def test_best_of_each_category_are_listed(work: FakeWork) -> None:
    _season(work, {"a": 70, "b": 90, "c": 80}, {"x": 60, "y": 65, "z": 55})
    decision = _decide(work, {"story": 2})
    assert _names(decision.listed) == [("b", 1), ("c", 2), ("y", 1), ("x", 2)]  # service: its cap of 2
    (event,) = work.of_type(DecisionPublishedV1)
    assert isinstance(event, DecisionPublishedV1)
    assert [(e.category, e.rank, e.receipt_number) for e in event.listed] == [
        ("story", 1, "R-b"),
        ("story", 2, "R-c"),
        ("service", 1, "R-y"),
        ("service", 2, "R-x"),
    ]
    assert (event.number, event.issuer, event.part, event.parts) == ("学会〔2026〕1号", "学会", 1, 1)
    assert work.acts[-1].action == "decision.published"
    assert work.acts[-1].after["listed"][0][3] == "86/1"


def test_decision_is_published_once(work: FakeWork) -> None:
    _season(work, {"a": 70})
    first = _decide(work, {"story": 1})
    with pytest.raises(AlreadyPublishedError) as refused:
        _decide(work, {"story": 1})
    assert refused.value.figures["number"] == first.number
    assert publishing.read_decision(work, CAMPAIGN)[1] == first


def test_list_is_not_there_before_it_is_published(work: FakeWork) -> None:
    with pytest.raises(NotPublishedError):
        publishing.read_decision(work, CAMPAIGN)
    with pytest.raises(NotPublishedError):
        publishing.read_notice(work, CAMPAIGN)


def test_tie_at_the_cut_asks_for_a_decision(work: FakeWork) -> None:
    _season(work, {"a": 90, "b": 80, "c": 80, "d": 80, "e": 70})
    with pytest.raises(TieAtTheCutError) as refused:
        _decide(work, {"story": 3})
    assert refused.value.figures == {"category": "story", "places": 3, "tied": 3, "left": 2}
    assert [f.place for f in refused.value.findings] == [f"entry:{an_id(entry)}" for entry in "bcd"]
    assert work.of_type(DecisionPublishedV1) == []


def test_people_decide_the_tie(work: FakeWork) -> None:
    _season(work, {"a": 90, "b": 80, "c": 80, "d": 80})
    assert _names(_decide(work, {"story": 3}, chosen=("b", "d")).listed) == [("a", 1), ("b", 2), ("d", 2)]


@pytest.mark.parametrize("chosen", [("b",), ("b", "c", "d"), ("a", "b", "c")])
def test_choice_that_does_not_fit_the_tie_is_refused(work: FakeWork, chosen: tuple[str, ...]) -> None:
    _season(work, {"a": 90, "b": 80, "c": 80, "d": 80})
    with pytest.raises(ChoiceInvalidError):
        _decide(work, {"story": 3}, chosen=chosen)


def test_choice_without_a_tie_is_refused(work: FakeWork) -> None:
    _season(work, {"a": 90, "b": 80})
    with pytest.raises(ChoiceInvalidError):
        _decide(work, {"story": 1}, chosen=("b",))


def test_tie_inside_the_list_needs_no_decision(work: FakeWork) -> None:
    _season(work, {"a": 80, "b": 80, "c": 70})
    assert _names(_decide(work, {"story": 2}).listed) == [("a", 1), ("b", 1)]


def test_more_places_than_entries_list_them_all(work: FakeWork) -> None:
    _season(work, {"a": 80, "b": 80})
    assert len(_decide(work, {"story": 9}).listed) == 2


def test_missing_scores_hold_the_list_back(work: FakeWork) -> None:
    make_eligible(work, "a", "b")
    enrol(work, *PANEL)
    assign(work)
    score_all(work, PANEL, {"a": 90})
    with pytest.raises(ScoresMissingError) as refused:
        _decide(work, {"story": 1})
    assert [f.place for f in refused.value.findings] == [f"entry:{an_id('b')}"]


def test_category_that_is_not_listed_may_lack_scores(work: FakeWork) -> None:
    _season(work, {"a": 90})
    make_eligible(work, "late", category="service")
    assert _names(_decide(work, {"story": 1, "service": 0}).listed) == [("a", 1)]


def test_places_must_be_given_and_within_the_cap(work: FakeWork) -> None:
    _season(work, {"a": 90}, {"x": 80})
    with pytest.raises(PlacesMissingError):
        _decide(work)
    with pytest.raises(OverCapError):
        _decide(work, {"story": 1, "service": 3})
    with pytest.raises(UnknownCategoryError):
        _decide(work, {"story": 1, "poem": 1})


def test_empty_list_is_refused(work: FakeWork) -> None:
    with pytest.raises(NothingToListError):
        _decide(work, {"story": 1})


def test_notice_proposes_and_freezes(work: FakeWork) -> None:
    _season(work, {"a": 70, "b": 90})
    notice = _notice(work, {"story": 1})
    (event,) = work.of_type(NoticeOpenedV1)
    assert isinstance(event, NoticeOpenedV1)
    assert (event.opens_at, event.closes_at) == (NOW, NOW + timedelta(days=5))
    assert [e.receipt_number for e in event.listed] == ["R-b"]
    assert publishing.read_notice(work, CAMPAIGN)[1] == notice
    with pytest.raises(NoticeAlreadyOpenError):
        _notice(work, {"story": 1})
    with pytest.raises(ListClosedError):
        assign(work)
    with pytest.raises(ListClosedError):
        enrol(work, expert("迟到", "甘肃"))


@pytest.mark.parametrize("times", [{"days": 0}, {"days": -1}, {"opens_at": NOW + timedelta(days=5)}])
def test_notice_must_close_after_it_opens_and_in_the_future(work: FakeWork, times: dict[str, Any]) -> None:
    _season(work, {"a": 70})
    with pytest.raises(NoticeTimesError):
        _notice(work, {"story": 1}, **times)


def test_notice_of_tomorrow_is_not_shown_today(work: FakeWork) -> None:
    _season(work, {"a": 70})
    _notice(work, {"story": 1}, opens_at=NOW + timedelta(days=1))
    with pytest.raises(NotPublishedError):
        publishing.read_notice(work, CAMPAIGN)
    work.pass_time(timedelta(days=1))
    publishing.read_notice(work, CAMPAIGN)


def test_decision_waits_for_the_notice_to_close(work: FakeWork) -> None:
    _season(work, {"a": 70, "b": 90})
    _notice(work, {"story": 1})
    with pytest.raises(NoticeStillOpenError):
        _decide(work)
    work.pass_time(timedelta(days=5))
    assert _names(_decide(work).listed) == [("b", 1)]


def test_decision_lists_nothing_that_was_not_in_the_notice(work: FakeWork) -> None:
    _season(work, {"a": 70, "b": 90, "c": 80})
    _notice(work, {"story": 2})
    following.entry_withdrawn(work, withdrawn("b"))
    work.pass_time(timedelta(days=5))
    with pytest.raises(DiffersFromNoticeError):
        _decide(work, {"story": 3})
    assert _names(_decide(work).listed) == [("c", 2)]  # a does not move up: nobody could object to it


def _candidate(name: str, rank: int, category: str = "story") -> Candidate:
    return Candidate(an_id(name), category, rank, unit(), name, f"R-{name}", "1/1")


@given(st.lists(st.integers(0, 4), max_size=8), st.integers(0, 9))
def test_selection_never_exceeds_its_places_and_never_splits_a_tie(merits: list[int], places: int) -> None:
    ranks = [1 + sum(other > merit for other in merits) for merit in merits]
    candidates = [_candidate(f"e{n}", rank) for n, rank in enumerate(ranks)]
    try:
        listed = select(candidates, {"story": places}, ())
    except TieAtTheCutError:
        assert sorted(ranks)[places - 1] == sorted(ranks)[places]
        return
    left_out = [c for c in candidates if c not in listed]
    assert len(listed) == min(places, len(candidates))
    assert not {c.rank for c in listed} & {c.rank for c in left_out}
    assert all(a.rank < b.rank for a in listed for b in left_out)


def test_long_list_travels_whole_in_parts() -> None:
    long = UnitRef(code="u" * 40, name="名" * 100, region="区" * 20)
    listed = [Candidate(UUID(int=n + 1), "story", n + 1, long, "题" * 200, f"R-{n}", "1/1") for n in range(1000)]
    parts = in_parts(listed)
    assert [entry.rank for part in parts for entry in part] == list(range(1, 1001))
    for number, part in enumerate(parts, start=1):
        event = DecisionPublishedV1(
            campaign_id=CAMPAIGN,
            number="1" * 100,
            issuer="学" * 200,
            listed=part,
            published_at=NOW,
            part=number,
            parts=len(parts),
        )
        assert len(event.model_dump_json().encode()) < MAX_EVENT_BYTES - 4096
