"""What becomes of a message, by how its handler ends."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest

from contracts.catalog import queue_of
from tests.integration.bus.bench import QUEUE, Outside, WorkerProcess, eventually, withdrawal


def test_event_is_handled_once_and_logged_with_what_it_is_about(lasting: Outside, worker: WorkerProcess) -> None:
    sent = lasting.send(withdrawal("ok"))

    eventually(lambda: lasting.effects(sent.id))
    (line,) = eventually(lambda: worker.lines("event.handled", event_id=str(sent.id)))
    (inner,) = worker.lines("handler.done", event_id=str(sent.id))
    for each in (line, inner):
        assert each["correlation"] == sent.correlationid
        assert each["entry"] == sent.subject
        assert each["event_type"] == "entry.withdrawn.v1"
    assert (line["queue"], line["attempt"], line["redelivered"]) == (QUEUE, 1, False)
    assert line["seconds"] > 0
    assert "某馆" not in json.dumps(worker.lines(), ensure_ascii=False)


def test_transient_failure_is_tried_again_until_it_works(lasting: Outside, worker: WorkerProcess) -> None:
    sent = lasting.send(withdrawal("transient:2"))

    eventually(lambda: lasting.effects(sent.id))
    assert [effect[2] for effect in lasting.effects(sent.id)] == [3]
    assert [line["attempt"] for line in worker.lines("event.retry", event_id=str(sent.id))] == [1, 2]


def test_unexpected_failure_dies_after_exactly_five_attempts(lasting: Outside, worker: WorkerProcess) -> None:
    sent = lasting.send(withdrawal("boom"))

    dead = lasting.dead_letter(str(sent.id))
    assert dead.body == sent.model_dump_json(exclude_none=True).encode()
    assert dead.headers["x-laurel-attempts"] == 5
    assert dead.headers["x-laurel-reason"] == "exhausted"
    assert dead.headers["x-laurel-queue"] == QUEUE
    assert dead.headers["x-laurel-error"] == "RuntimeError: boom"
    assert len(worker.lines("event.retry", event_id=str(sent.id))) == 4
    assert lasting.effects(sent.id) == []


@pytest.mark.parametrize("how", ["5 seconds", "exit"])
def test_handler_that_breaks_off_is_a_failure_like_any_other_and_gives_its_place_back(
    lasting: Outside, worker: WorkerProcess, how: str
) -> None:
    broken = [lasting.send(withdrawal(f"break-off:{how}")) for _ in range(12)]  # more than the pool has places

    for sent in broken:
        dead = lasting.dead_letter(str(sent.id))
        assert (dead.headers["x-laurel-attempts"], dead.headers["x-laurel-reason"]) == (5, "exhausted")
        assert dead.headers["x-laurel-error"].startswith("HandlerBrokeOffError: ")
    fine = lasting.send(withdrawal("ok"))
    eventually(lambda: lasting.effects(fine.id))
    assert worker.process.poll() is None


def test_permanent_failure_dies_at_once(lasting: Outside, worker: WorkerProcess) -> None:
    sent = lasting.send(withdrawal("permanent"))

    dead = lasting.dead_letter(str(sent.id))
    assert (dead.headers["x-laurel-attempts"], dead.headers["x-laurel-reason"]) == (1, "permanent")
    assert worker.lines("event.retry", event_id=str(sent.id)) == []


def test_stale_event_is_acknowledged_without_effect(lasting: Outside, worker: WorkerProcess) -> None:
    sent = lasting.send(withdrawal("stale"))

    eventually(lambda: worker.lines("event.stale", event_id=str(sent.id)))
    assert lasting.effects(sent.id) == []
    eventually(lambda: lasting.depth() == 0)


def test_second_delivery_has_no_second_effect(lasting: Outside, worker: WorkerProcess) -> None:
    sent = lasting.send(withdrawal("ok"))
    eventually(lambda: lasting.effects(sent.id))

    lasting.send(sent)

    eventually(lambda: worker.lines("event.duplicate", event_id=str(sent.id)))
    assert len(lasting.effects(sent.id)) == 1


def test_two_deliveries_at_once_race_for_one_effect(lasting: Outside, worker: WorkerProcess) -> None:
    sent = withdrawal("slow-effect:0.5")

    for _ in range(4):
        lasting.send(sent)

    eventually(lambda: len(worker.lines("event.duplicate", event_id=str(sent.id))) == 3)
    assert len(worker.lines("event.handled", event_id=str(sent.id))) == 1
    assert len(lasting.effects(sent.id)) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{garbage",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        json.dumps({"specversion": "1.0", "type": "entry.withdrawn.v1", "data": {"mobile": "13800138000"}}).encode(),
        withdrawal().model_copy(update={"type": "entry.submitted.v1"}).model_dump_json().encode(),
        withdrawal().model_copy(update={"data": {"entry_id": "13800138000"}}).model_dump_json().encode(),
        withdrawal().model_dump_json().replace('"1.0"', '"2.0"').encode(),
        b"[" * 100_000,
    ],
    ids=["empty", "garbage", "not-utf8", "list", "null", "no-attributes", "other-type", "bad-data", "spec-2", "deep"],
)
def test_body_that_is_no_event_goes_to_the_dead_queue_untouched(
    lasting: Outside, worker: WorkerProcess, body: bytes
) -> None:
    message_id = str(uuid4())

    lasting.send_raw(body, message_id)

    dead = lasting.dead_letter(message_id)
    assert (dead.body or b"") == body  # py-amqp gives an empty body as text
    assert (dead.headers["x-laurel-reason"], dead.headers["x-laurel-attempts"]) == ("invalid", 1)
    assert "13800138000" not in dead.headers["x-laurel-error"]
    assert worker.process.poll() is None


@pytest.mark.parametrize("attempt", ["seven", -3, 0, None, 10**15, [1], {"a": 1}, True, 2.5])
def test_attempt_header_of_a_stranger_is_survived(lasting: Outside, worker: WorkerProcess, attempt: object) -> None:
    sent = lasting.send(withdrawal("boom"), headers={"x-laurel-attempt": attempt})

    dead = lasting.dead_letter(str(sent.id))
    assert dead.headers["x-laurel-reason"] == "exhausted"
    assert worker.process.poll() is None


@pytest.mark.usefixtures("worker")
def test_headers_of_one_journey_are_not_carried_into_the_next(lasting: Outside) -> None:
    headers = {"x-death": [{"queue": QUEUE, "count": 9}], "x-first-death-queue": "q", "traceparent": "00-ab-cd-01"}
    sent = lasting.send(withdrawal("boom"), headers=headers)

    dead = lasting.dead_letter(str(sent.id))
    assert set(dead.headers) - {"x-delivery-count"} == {
        "traceparent",
        *(f"x-laurel-{word}" for word in ("attempts", "reason", "error", "queue", "died-at")),
    }


@pytest.mark.usefixtures("worker")
def test_message_with_an_expiry_and_a_user_is_retried_without_them(lasting: Outside) -> None:
    sent = withdrawal("transient:1")

    lasting.send_raw(
        sent.model_dump_json().encode(), str(sent.id), expiration="60000", user_id="laurel", reply_to="nobody"
    )

    eventually(lambda: lasting.effects(sent.id))


@pytest.mark.usefixtures("worker")
def test_event_written_by_a_handler_carries_correlation_and_causation(lasting: Outside) -> None:
    lasting.take_all(queue_of("intake", "entry.ineligible.v1"))
    sent = lasting.send(withdrawal("cause"))

    (caused,) = eventually(lambda: lasting.take_all(queue_of("intake", "entry.ineligible.v1")))

    envelope = json.loads(caused.body)
    assert envelope["correlationid"] == sent.correlationid
    assert envelope["causationid"] == str(sent.id)
    assert envelope["source"] == "/laurel/review"
    assert caused.properties["message_id"] == envelope["id"]
    assert set(caused.headers or {}) <= {"x-delivery-count"}
    with psycopg.connect(lasting.dsn) as connection:
        row = connection.execute("SELECT correlation, causation FROM outbox WHERE id = %s", [envelope["id"]]).fetchone()
    assert row == (sent.correlationid, str(sent.id))


@pytest.mark.parametrize(
    ("timer", "problem"),
    [("tick", "RuntimeError: a tick that fails"), ("stumble", "HandlerBrokeOffError: Timeout")],
)
def test_failing_timer_is_logged_and_runs_again(worker: WorkerProcess, timer: str, problem: str) -> None:
    seen = len(worker.lines("timer.failed", timer=timer))

    eventually(lambda: len(worker.lines("timer.failed", timer=timer)) >= seen + 3)
    assert worker.lines("timer.failed", timer=timer)[-1]["problem"] == problem


def test_metrics_count_deliveries_by_queue_and_outcome(lasting: Outside, worker: WorkerProcess) -> None:
    before = worker.metric("laurel_events_total", queue=QUEUE, outcome="handled")

    sent = lasting.send(withdrawal("ok"))
    eventually(lambda: worker.lines("event.handled", event_id=str(sent.id)))

    assert worker.metric("laurel_events_total", queue=QUEUE, outcome="handled") == before + 1
    assert worker.metric("laurel_outbox_waiting", service="review") == 0
    assert worker.metric("laurel_event_seconds_count", queue=QUEUE) > 0
