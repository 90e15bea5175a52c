"""Whatever takes an assignment away says so, once for each assessment, and not why in anybody's words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contracts.events import AssessmentRevokedV1
from services.review.domain.assessments import LIVE, StrikeReason
from services.review.usecases import following, panel, scoring
from tests.unit.review.builders import CAMPAIGN, NOW, SECRETARY, actor, an_id, expert, submitted, withdrawn
from tests.unit.review.fakes import FakeWork
from tests.unit.review.steps import assign, enrol, live_of, make_eligible, score

PANEL = [expert(f"专家{n}", "四川") for n in range(4)]
PRIVATE = "曾与申报人共事"


def _recuse_twice(work: FakeWork) -> None:
    held = live_of(work, "e0")[0]
    who = next(who for who in PANEL if who.account_id == held.expert_id)
    for _ in range(2):
        scoring.recuse(work, actor(who), held.assessment_id, PRIVATE)


def _recuse_after_scoring(work: FakeWork) -> None:
    held = live_of(work, "e0")[0]
    who = next(who for who in PANEL if who.account_id == held.expert_id)
    score(work, who, "e0")
    scoring.recuse(work, actor(who), held.assessment_id, PRIVATE)


def _pin(work: FakeWork) -> None:
    account = live_of(work, "e0")[0].expert_id
    panel.pin_conflict(work, SECRETARY, CAMPAIGN, account_id=account, entry_id=an_id("e0"), reason=PRIVATE)


def _withdraw(work: FakeWork) -> None:
    following.entry_withdrawn(work, withdrawn("e0"))


def _revise(work: FakeWork) -> None:
    following.entry_submitted(work, submitted("e0", 2))


def _disable(work: FakeWork) -> None:
    gone = live_of(work, "e0")[0].expert_id
    work.panel.disable(gone, "离职", NOW)
    assign(work)


@pytest.mark.parametrize(
    ("take_away", "reason", "count"),
    [
        (_recuse_twice, "recused", 1),
        (_recuse_after_scoring, "recused", 1),
        (_pin, StrikeReason.CONFLICT, 1),
        (_withdraw, StrikeReason.WITHDRAWN, 3),
        (_revise, StrikeReason.NEW_REVISION, 3),
        (_disable, StrikeReason.ACCOUNT_DISABLED, 1),
    ],
)
def test_revocation_is_told_once_for_each_assessment(
    work: FakeWork, take_away: Callable[[FakeWork], None], reason: str, count: int
) -> None:
    make_eligible(work, "e0")
    enrol(work, *PANEL)
    assign(work)
    before = {a.assessment_id: a.expert_id for a in live_of(work, "e0")}
    take_away(work)

    told = [event for event in work.events if isinstance(event, AssessmentRevokedV1)]
    ended = {a.assessment_id for a in work.assessments.kept.values() if a.state not in LIVE}
    assert len(told) == count
    assert {event.assessment_id for event in told} == ended
    assert {event.reason for event in told} == {str(reason)}
    assert all(before[event.assessment_id] == event.expert_id and event.entry_id == an_id("e0") for event in told)
    assert not any(PRIVATE in event.model_dump_json() for event in told)
