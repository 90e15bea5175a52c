"""Two at once: exactly one wins, and the other reads why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.events import DecisionPublishedV1, EntryEligibleV1, EntryIneligibleV1
from tests.integration.review.desk import Season
from tests.support.answers import Answer
from tests.unit.review import builders

ROUNDS = 5


def _at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Everything at the same moment, each in a thread of its own."""
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(index: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[index] = act()
        except Exception as error:  # noqa: BLE001 - handed to the test, which raises it
            results[index] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


def _statuses(answers: Sequence[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_secretaries_on_one_case(season: Season, _round: int) -> None:
    entry_id = season.entry()
    other = season.desk.secretary("秘书乙")
    answers = _at_once(lambda: season.rule(entry_id), lambda: season.rule(entry_id, "ineligible", by=other))
    assert _statuses(answers) == [200, 409]
    won = next(a for a in answers if a.status == 200).json["ruling"]
    lost = next(a for a in answers if a.status == 409).refused(409, "already-decided")
    assert lost["figures"]["decided_by"] == won["decided_by"]
    assert won["decided_by"] in lost["detail"]
    campaign = season.campaign_id
    assert len(season.desk.events(EntryEligibleV1, campaign) + season.desk.events(EntryIneligibleV1, campaign)) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_first_events_of_an_entry_at_once(season: Season, _round: int) -> None:
    entry_id = uuid4()
    _at_once(
        lambda: season.entry(entry_id=entry_id, revision=1, judged=False),
        lambda: season.entry(entry_id=entry_id, revision=2, judged=False),
        lambda: season.withdraw(entry_id, 2),
    )
    case = season.secretary.get(f"/cases/{entry_id}").ok()
    assert (case["state"], case["revision"]) == ("withdrawn", 2)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_ruling_and_withdrawal_at_once(season: Season, _round: int) -> None:
    entry_id = season.entry()
    answer, _ = _at_once(lambda: season.rule(entry_id), lambda: season.withdraw(entry_id))
    assert answer.status in {200, 409}
    assert season.secretary.get(f"/cases/{entry_id}").ok()["state"] == "withdrawn"


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_assignment_twice_at_once_is_one(season: Season, _round: int) -> None:
    entries = season.eligible(4)
    experts = [season.expert(f"专家{n}") for n in range(5)]
    answers = _at_once(season.assign, season.assign, season.assign)
    assert _statuses(answers) == [200, 200, 200]
    assert sorted(a.json["assigned"] for a in answers) == [0, 0, 12]
    held = [entry for who in experts for entry in season.tasks(who)]
    assert sorted(held) == sorted(entries * 3)


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_assignment_and_withdrawals_at_once(season: Season, _round: int) -> None:
    entries = season.eligible(6)
    experts = [season.expert(f"专家{n}") for n in range(4)]
    _at_once(season.assign, *(lambda e=entry: season.withdraw(e) for entry in entries[:3]))
    season.assign().ok()
    held = [entry for who in experts for entry in season.tasks(who)]
    assert sorted(held) == sorted(entries[3:] * 3)
    live = season.desk.sql(
        "SELECT DISTINCT entry_id FROM assessments WHERE campaign_id = :c AND state IN ('assigned', 'submitted')",
        c=season.campaign_id,
    )
    assert {row.entry_id for row in live} == set(entries[3:])


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_pinned_conflict_and_assignment_at_once(season: Season, _round: int) -> None:
    entries = season.eligible(3)
    experts = [season.expert(f"专家{n}") for n in range(4)]
    who = experts[0]
    body = {"account_id": str(who.account_id), "entry_id": str(entries[0]), "reason": "亲属"}
    _at_once(season.assign, lambda: season.secretary.post(season.path("conflicts"), body).ok(201))
    season.assign().ok()
    assert entries[0] not in season.tasks(who)
    assert sum(entries[0] in season.tasks(e) for e in experts) == 3


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_scores_and_recusal_at_once(season: Season, _round: int) -> None:
    (entry_id,) = season.eligible(1)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    assessment_id = season.tasks(experts[0])[entry_id]
    scores = {"scores": {"merit": 80, "reach": 40}}
    answers = _at_once(
        lambda: experts[0].post(f"/assessments/{assessment_id}/scores", scores),
        lambda: experts[0].post(f"/assessments/{assessment_id}/recusal", {"reason": "回避"}),
    )
    assert answers[1].status == 204
    assert answers[0].status in {200, 404}
    assert season.tasks(experts[0]) == {}


def _scored(season: Season) -> tuple[list[UUID], list[Any]]:
    entries = season.eligible(3)
    experts = [season.expert(f"专家{n}") for n in range(3)]
    season.assign().ok()
    season.score_all(experts, {entry: 90 - n for n, entry in enumerate(entries)})
    return entries, experts


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_decision_twice_at_once_is_published_once(season: Season, _round: int) -> None:
    _scored(season)
    bodies = [{"number": number, "issuer": "学会", "per_category": {"story": 2}} for number in "12"]
    answers = _at_once(*(lambda b=body: season.secretary.post(season.path("decision"), b) for body in bodies))
    assert _statuses(answers) == [201, 409]
    assert len(season.desk.events(DecisionPublishedV1, season.campaign_id)) == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_decision_and_recusal_at_once_agree(season: Season, _round: int) -> None:
    entries, experts = _scored(season)
    assessment_id = season.tasks(experts[0])[entries[0]]
    body = {"number": "1", "issuer": "学会", "per_category": {"story": 2}}
    decided, recused = _at_once(
        lambda: season.secretary.post(season.path("decision"), body),
        lambda: experts[0].post(f"/assessments/{assessment_id}/recusal", {"reason": "回避"}),
    )
    outcome = (decided.status, recused.status)
    assert outcome in {(201, 409), (409, 204)}, outcome
    if decided.status == 409:
        decided.refused(409, "scores-missing")
    else:
        recused.refused(409, "list-closed")


def test_verdicts_of_many_materials_at_once(season: Season) -> None:
    entry_id = uuid4()
    photos = tuple(builders.material(f"{n} {entry_id}", position=n) for n in range(10))
    verdicts = [
        builders.accepted().model_copy(update={"material_id": photo.material_id, "entry_id": entry_id})
        for photo in photos
    ]
    _at_once(
        lambda: season.entry(entry_id=entry_id, materials=photos, judged=False),
        *(lambda v=verdict: season.desk.hear(v) for verdict in verdicts),
    )
    (row,) = [
        row for row in season.secretary.get(season.path("cases")).ok()["items"] if row["entry_id"] == str(entry_id)
    ]
    assert row["materials"] == {"total": 10, "accepted": 10, "rejected": 0, "pending": 0}
