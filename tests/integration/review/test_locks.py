"""Who waits for whom, step by step: one transaction holds, the other must (or must not) wait."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from services.review.domain.acts import Actor
from services.review.flow import FlowBalancer
from services.review.store import SqlWork
from services.review.usecases import assignment, publishing, scoring
from services.review.usecases.publishing import Cut
from tests.integration.review.desk import Caller, Desk, Season

Act = Callable[[SqlWork], object]


class _Undone(Exception):
    """Ends a transaction as if nothing had been done in it."""


def _waits(desk: Desk, holding: Act, other: Act) -> bool:
    """Whether `other` has to wait while a transaction that did `holding` is still open. Both are rolled back."""
    waited = False
    with suppress(_Undone), desk.review.change() as first:
        holding(first)
        try:
            with suppress(_Undone), desk.review.change() as second:
                second.connection.execute(text("SET LOCAL lock_timeout = '150ms'"))
                other(second)
                raise _Undone
        except OperationalError as error:
            if "lock timeout" not in str(error):
                raise
            waited = True
        raise _Undone
    return waited


def _acts(season: Season) -> dict[str, Act]:
    known, unheard = season.eligible(1)[0], uuid4()
    campaign = season.campaign_id
    return {
        "a case": lambda work: work.cases.lock(known),
        "a case nobody heard of": lambda work: work.cases.lock(unheard),
        "several cases": lambda work: work.cases.lock_all([known]),
        "all eligible": lambda work: work.cases.eligible(campaign, hold=True),
        "the panel": lambda work: work.hold_panel(campaign),
        "another panel": lambda work: work.hold_panel("another-campaign"),
        "a look": lambda work: work.cases.get(known),
    }


@pytest.mark.parametrize(
    ("holding", "other", "waits"),
    [
        ("a case", "a case", True),
        ("a case nobody heard of", "a case nobody heard of", True),
        ("a case", "several cases", True),
        ("several cases", "a case", True),
        ("all eligible", "a case", True),
        ("a case", "all eligible", True),
        ("all eligible", "all eligible", False),
        ("a case", "a look", False),
        ("the panel", "the panel", True),
        ("the panel", "another panel", False),
    ],
)
def test_locks_hold_back_what_they_should(season: Season, holding: str, other: str, *, waits: bool) -> None:
    acts = _acts(season)
    assert _waits(season.desk, acts[holding], acts[other]) is waits


def _scored(season: Season) -> tuple[list[Caller], str]:
    entries = season.eligible(2)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    season.score_all(experts, {entry: 80 + n for n, entry in enumerate(entries)})
    return experts, season.tasks(experts[0])[entries[0]]


def test_use_cases_wait_for_each_other_where_they_must(season: Season) -> None:
    experts, assessment_id = _scored(season)
    campaign = season.campaign_id
    secretary = Actor(season.secretary.account_id, season.secretary.name)
    expert = Actor(experts[0].account_id, experts[0].name)

    def score(work: SqlWork) -> None:
        scoring.submit_scores(work, expert, UUID(assessment_id), {"merit": 80, "reach": 40}, "好")

    def recuse(work: SqlWork) -> None:
        scoring.recuse(work, expert, UUID(assessment_id), "回避")

    def decide(work: SqlWork) -> None:
        publishing.publish_decision(work, secretary, campaign, Cut({"story": 1}), number="1", issuer="学会")

    def assign(work: SqlWork) -> None:
        assignment.assign(work, FlowBalancer(), secretary, campaign)

    for holding, other, waits in (
        (score, decide, True),
        (recuse, decide, True),
        (recuse, assign, True),
        (score, assign, False),
        (assign, score, False),
        (assign, decide, True),
        (decide, score, True),
    ):
        assert _waits(season.desk, holding, other) is waits, (holding.__name__, other.__name__)
