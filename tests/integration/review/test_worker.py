"""The worker and the api as processes: events come in, rulings go out, nothing is taken twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import amqp
import httpx
import pytest

from contracts import events as e
from contracts.catalog import consumed_by, dead_queue_of, queue_of
from contracts.envelope import CONTENT_TYPE, Envelope, source_of
from infra.bus import broker, topology
from infra.stack.process import free_ports
from tests.integration.review.desk import CONDITIONS, Desk, serving
from tests.unit.review import builders

pytestmark = pytest.mark.stack

PRODUCER = {row.event: row.producer for row in consumed_by("review")}


def poll(condition: Callable[[], bool], seconds: float, told: Callable[[], str] = str) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, told()
        time.sleep(0.05)


@contextmanager
def process(kind: str, health: str, environment: dict[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process of review that is ready; it must end well on SIGTERM."""
    log = folder / f"{kind}.log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "services.review", kind], env={**os.environ, **environment}, stdout=out, stderr=out
        )

    def ready() -> bool:
        try:
            return httpx.get(f"{health}/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    try:
        poll(ready, 30, log.read_text)
        yield running
        running.send_signal(signal.SIGTERM)
        assert running.wait(12) in {0, -signal.SIGTERM}, log.read_text()
    finally:
        if running.poll() is None:
            running.kill()
            running.wait(5)


def enveloped(event: e.Event) -> Envelope:
    return Envelope(
        source=source_of(PRODUCER[type(event)]),
        type=event.TYPE,
        subject="test",
        correlationid="test",
        data=event.model_dump(mode="json"),
    )


def publish(amqp_url: str, *envelopes: Envelope) -> None:
    with broker.connect(amqp_url) as connection, connection.channel() as channel:
        for envelope in envelopes:
            body = envelope.model_dump_json(exclude_none=True)
            message = amqp.Message(body, content_type=CONTENT_TYPE, content_encoding="utf-8", delivery_mode=2)
            channel.basic_publish(message, routing_key=queue_of("review", envelope.type))


def count(amqp_url: str, queue: str) -> int:
    with broker.connect(amqp_url) as connection, connection.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).message_count)


def holds_one(amqp_url: str, queue: str) -> bool:
    return count(amqp_url, queue) == 1


def handled(desk: Desk, *envelopes: Envelope) -> Callable[[], bool]:
    return lambda: (
        len(envelopes)
        == len(desk.sql("SELECT 1 FROM inbox WHERE id = ANY(:ids)", ids=[envelope.id for envelope in envelopes]))
    )


def every_event(campaign_id: str, entry_id: UUID, account_id: UUID) -> list[e.Event]:
    """One of each that review consumes, in the worst order: the withdrawal of another entry first."""
    now = datetime.now(UTC)
    definition = builders.definition(id=campaign_id).model_dump(mode="json")
    photo = builders.material("a")
    about = {"entry_id": entry_id, "campaign_id": campaign_id}
    other = {"entry_id": uuid4(), "campaign_id": campaign_id}
    return [
        builders.withdrawn().model_copy(update=other),
        builders.accepted("a").model_copy(update=about),
        builders.rejected("b").model_copy(update=other),
        builders.rendered(name="a").model_copy(update=about),
        builders.resembled(builders.place("a"), builders.place("c", "another")),
        e.MaterialInspectedV1(material_id=uuid4(), **other, kind="video", seconds=3.1, inspected_at=now),
        e.MaterialDoubtedV1(
            material_id=uuid4(), **other, kind="photo", findings=(builders.finding(),), round=2, judged_at=now
        ),
        builders.submitted(materials=(photo,)).model_copy(update=about),
        e.CampaignAmendedV1(campaign_id=campaign_id, version=2, definition=definition, reason="延期", amended_at=now),
        e.CampaignPublishedV1(campaign_id=campaign_id, version=1, definition=definition, published_at=now),
        e.AccountDisabledV1(account_id=account_id, reason="离职", disabled_at=now),
        e.ReminderSentV1(
            reminder_id=uuid4(), campaign_id=campaign_id, rule="three-days", recipient="shx", due_at=now, sent_at=now
        ),
        e.SessionEndedV1(account_id=uuid4(), session_ids=(uuid4(),), reason="signed-out", ended_at=now),
        e.MessageBouncedV1(message_id=uuid4(), recipient="shx", reason="550", bounced_at=now),
    ]


def test_worker_takes_every_event_and_relays_rulings(
    make_database: Callable[[str], str], amqp_url: str, tmp_path: Path
) -> None:
    topology.declare(amqp_url)
    entry_id, gone = uuid4(), uuid4()
    with serving(make_database("review")) as desk:
        port = free_ports(1)[0]
        environment = {"LAUREL_DATABASE_DSN": desk.dsn, "AMQP_URL": amqp_url, "LAUREL_HEALTH_PORT": str(port)}
        with process("worker", f"http://127.0.0.1:{port}", environment, tmp_path):
            sent = [enveloped(event) for event in every_event("a-campaign", entry_id, gone)]
            assert {envelope.type for envelope in sent} == {row.event.TYPE for row in consumed_by("review")}
            publish(amqp_url, *sent)
            publish(amqp_url, *sent)  # every one of them twice
            poll(handled(desk, *sent), 20, (tmp_path / "worker.log").read_text)

            secretary = desk.secretary()
            case = secretary.get(f"/cases/{entry_id}").ok()
            assert {check["result"] for check in case["checks"]} == {"pass"}
            assert {note["kind"] for note in case["notes"]} == {"reminder-sent", "message-bounced"}
            desk.caller("secretariat", account_id=gone).get("/campaigns/a-campaign/cases").refused(
                401, "unauthenticated"
            )

            body = {"revision": 1, "verdict": "eligible", "conditions": CONDITIONS}
            secretary.post(f"/cases/{entry_id}/eligibility", body).ok()
            for consumer in ("intake", "notify"):
                poll(partial(holds_one, amqp_url, queue_of(consumer, e.EntryEligibleV1.TYPE)), 10)
            assert count(amqp_url, dead_queue_of("review")) == 0

        assert (
            len(desk.sql("SELECT 1 FROM acts WHERE subject = :e AND action = 'case.submitted'", e=str(entry_id))) == 1
        )
        assert desk.sql("SELECT 1 FROM outbox WHERE published_at IS NULL") == []


def test_body_that_does_not_fit_its_schema_goes_to_the_dead_queue(
    make_database: Callable[[str], str], amqp_url: str, tmp_path: Path
) -> None:
    topology.declare(amqp_url)
    with serving(make_database("review")) as desk:
        port = free_ports(1)[0]
        environment = {"LAUREL_DATABASE_DSN": desk.dsn, "AMQP_URL": amqp_url, "LAUREL_HEALTH_PORT": str(port)}
        with process("worker", f"http://127.0.0.1:{port}", environment, tmp_path):
            good = enveloped(builders.submitted())
            broken = good.model_copy(update={"id": uuid4(), "data": {**good.data, "revision": -1}})
            unknown = enveloped(
                e.CampaignPublishedV1(
                    campaign_id="broken", version=1, definition={"id": "broken"}, published_at=datetime.now(UTC)
                )
            )
            publish(amqp_url, broken, unknown, good)
            poll(handled(desk, good), 10)
            poll(lambda: count(amqp_url, dead_queue_of("review")) == 2, 10, (tmp_path / "worker.log").read_text)


def test_api_process_serves_and_stops(make_database: Callable[[str], str], tmp_path: Path) -> None:
    dsn = make_database("review")
    migrated = subprocess.run(
        [sys.executable, "-m", "services.review", "migrate"],
        env={**os.environ, "LAUREL_DATABASE_DSN": dsn},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0001" in migrated.stdout
    key = tmp_path / "public.pem"
    key.write_text("not a key")
    port = free_ports(1)[0]
    environment = {
        "LAUREL_DATABASE_DSN": dsn,
        "LAUREL_TOKEN_PUBLIC_KEY_FILE": str(key),
        "LAUREL_S3_PUBLIC_ENDPOINT": "http://127.0.0.1:9",
        "LAUREL_S3_ACCESS_KEY": "key",
        "LAUREL_S3_SECRET_KEY": "secret",
        "LAUREL_HTTP_HOST": "127.0.0.1",
        "LAUREL_HTTP_PORT": str(port),
    }
    with process("api", f"http://127.0.0.1:{port}", environment, tmp_path):
        assert httpx.get(f"http://127.0.0.1:{port}/list/none").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{port}/api/review/v1/openapi.json").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "usage"), (["dance"], "usage"), (["api"], "LAUREL_DATABASE_DSN"), (["worker"], "LAUREL_DATABASE_DSN")],
)
def test_command_line_says_what_is_missing(arguments: list[str], said: str) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LAUREL_", "AMQP_"))}
    done = subprocess.run(
        [sys.executable, "-m", "services.review", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
