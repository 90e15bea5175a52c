"""Many at once: the database decides, exactly."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.intake.desk import Intake
from tests.support.answers import Answer


@pytest.mark.parametrize(("category", "quota"), [("story", 1), ("pair", 2)])
def test_fifty_at_once_get_exactly_the_quota(intake: Intake, category: str, quota: int) -> None:
    unit, campaign = intake.unit(), intake.open()
    gate = threading.Barrier(50)

    def create(_: int) -> Answer:
        gate.wait()
        return unit.post(f"/campaigns/{campaign}/entries", category=category)

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(create, range(50)))

    assert Counter(answer.status for answer in answers) == {201: quota, 409: 50 - quota}
    assert {answer.json["slug"] for answer in answers if answer.status == 409} == {"quota-used"}


def test_materials_begun_at_once_never_exceed_the_most_allowed(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open(), "story")
    gate = threading.Barrier(20)

    def begin(n: int) -> Answer:
        gate.wait()
        return unit.begin(entry, name=f"{n}.jpg")

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(begin, range(20)))

    assert Counter(answer.status for answer in answers) == {201: 3, 409: 17}
    materials = unit.get(f"/entries/{entry['entry_id']}").ok()["materials"]
    assert [material["position"] for material in materials] == [0, 1, 2]


def test_submitting_at_once_makes_one_revision_and_one_event(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.written(intake.open())
    gate = threading.Barrier(16)

    def submit(_: int) -> Answer:
        gate.wait()
        return unit.submit(entry)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(submit, range(16)))

    assert Counter(answer.status for answer in answers) == {201: 1, 200: 15}
    assert len({answer.json["receipt_number"] for answer in answers}) == 1
    assert len(intake.events(entry["entry_id"])) == 1


def test_saves_at_once_lose_nothing(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.entry(intake.open())
    gate = threading.Barrier(12)

    def save(n: int) -> Answer:
        gate.wait()
        return unit.put(f"/entries/{entry['entry_id']}/fields", version=entry["version"], fields={"title": f"标题 {n}"})

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(save, range(12)))

    won = [answer for answer in answers if answer.status == 200]
    assert len(won) == 1
    for answer in answers:
        if answer.status != 200:
            (conflict,) = answer.refused(409, "stale-version")["conflicts"]
            assert conflict["saved"] == won[0].json["fields"]["title"]
            assert conflict["yours"].startswith("标题 ")


@pytest.mark.parametrize("skew", [-2, 2])
def test_two_hundred_around_the_deadline_are_accepted_exactly_before_it(intake: Intake, skew: int) -> None:
    clients, seconds = 200, 3.0
    campaign, unit = intake.open(), intake.unit()
    with ThreadPoolExecutor(8) as pool:
        entries = list(pool.map(lambda _: unit.written(campaign), range(clients)))
    # The database's clock is the machine's here; what must not matter is the application's.
    deadline = datetime.now(UTC) + timedelta(seconds=seconds / 2 + 0.3)
    office = intake.caller("secretariat")
    office.post(f"/campaigns/{campaign}/amendments", online_deadline=deadline.isoformat(), reason="测试").ok(201)
    intake.clock.skew = timedelta(seconds=skew)
    began = time.monotonic()

    def submit(n: int) -> tuple[str, datetime, Answer, datetime]:
        time.sleep(max(0.0, began + 0.2 + n * seconds / clients - time.monotonic()))  # spread around the deadline
        before = datetime.now(UTC)
        answer = unit.submit(entries[n])
        return entries[n]["entry_id"], before, answer, datetime.now(UTC)

    try:
        with ThreadPoolExecutor(24) as pool:
            done = list(pool.map(submit, range(clients)))
    finally:
        intake.clock.skew = timedelta(0)

    kept = intake.sql(
        "SELECT entry_id, submitted_at FROM revisions WHERE entry_id = ANY(:ids)", ids=[row[0] for row in done]
    )
    submitted = {str(row.entry_id): row.submitted_at for row in kept}
    outcomes = Counter(answer.status for _, _, answer, _ in done)
    assert set(outcomes) == {201, 409}
    assert min(outcomes.values()) > clients / 40  # or the test has not met the deadline
    for entry_id, before, answer, after in done:
        if answer.status == 201:
            assert before <= submitted[entry_id] < deadline
        else:
            body = answer.refused(409, "deadline-passed")
            assert entry_id not in submitted
            assert deadline <= datetime.fromisoformat(body["received_at"]) <= after
        if after < deadline:
            assert answer.status == 201
        if before >= deadline:
            assert answer.status == 409


def test_a_lock_that_was_waited_for_is_judged_by_when_it_was_had(intake: Intake) -> None:
    unit, campaign = intake.unit(), intake.open()
    entry = unit.written(campaign)
    deadline = datetime.now(UTC) + timedelta(seconds=1)
    office = intake.caller("secretariat")
    office.post(f"/campaigns/{campaign}/amendments", online_deadline=deadline.isoformat(), reason="测试").ok(201)

    with ThreadPoolExecutor(1) as pool:
        with intake.store.begin() as tx:
            tx.entry(entry["entry_id"], None, lock=True)
            asked_at = datetime.now(UTC)
            answer = pool.submit(unit.submit, entry)
            while tx.now() < deadline:
                time.sleep(0.02)
        body = answer.result(10).refused(409, "deadline-passed")

    assert asked_at < deadline
    assert datetime.fromisoformat(body["received_at"]) >= deadline
