"""The worker as it runs: a process of its own, on a real broker, database and mail server."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import amqp
import httpx
import pytest

from contracts.catalog import CATALOG, queue_of
from contracts.envelope import CONTENT_TYPE, Envelope
from contracts.events import Event
from infra.bus.topology import declare
from infra.stack.process import free_ports
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office, Process, envelope_of, start_worker, until

_PRODUCER = {row.event.TYPE: row.producer for row in CATALOG}
PRIVATE = ("13800000000", "张晓", "example.org", "ok.u1")


class Wire:
    """The broker, as producers use it."""

    def __init__(self, url: str) -> None:
        declare(url, (0.2, 0.4))
        host, _, rest = url.removeprefix("amqp://").rpartition("@")[2].partition("/")
        login, _, password = url.removeprefix("amqp://").rpartition("@")[0].partition(":")
        self._connection = amqp.Connection(host, userid=login, password=password, virtual_host=rest)
        self._connection.connect()
        self._channel = self._connection.channel()
        self._channel.confirm_select()

    def close(self) -> None:
        self._connection.close()

    def send(self, event: Event, *, subject: str = "s", event_id: UUID | None = None) -> Envelope:
        """Put an event into notify's queue, as the producer's relay does."""
        envelope = envelope_of(event, _PRODUCER[event.TYPE], subject=subject, event_id=event_id)
        self.put(event.TYPE, envelope.model_dump_json().encode())
        return envelope

    def put(self, event_type: str, body: bytes) -> None:
        message = amqp.Message(body, content_type=CONTENT_TYPE, delivery_mode=2)
        self._channel.basic_publish_confirm(message, routing_key=queue_of("notify", event_type))

    def depth(self, queue: str) -> int:
        return int(self._channel.queue_declare(queue, passive=True).message_count)


@pytest.fixture
def wire(amqp_url: str) -> Iterator[Wire]:
    wire = Wire(amqp_url)
    yield wire
    wire.close()


@pytest.fixture
def work(
    office: Office,
    amqp_url: str,
    tmp_path: Path,
    wire: Wire,  # noqa: ARG001 - the queues stand before a worker comes
) -> Iterator[Callable[..., Process]]:
    """A function that starts a worker; what it started is ended with the test."""
    started: list[Process] = []

    def start(**env: str) -> Process:
        started.append(start_worker(office, amqp_url, tmp_path, f"worker-{len(started)}", **env))
        return started[-1]

    yield start
    for process in started:
        if process.popen.poll() is None:
            process.kill()


def _lines(process: Process) -> list[dict[str, object]]:
    return [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]


def test_events_become_mails_and_no_private_word_is_logged_or_published(
    office: Office, wire: Wire, work: Callable[..., Process]
) -> None:
    expert = uuid4()
    office.contact("ok.u1@example.org", unit="u1")
    office.contact("gone.u2@example.org", unit="u2")
    office.contact("later.office@example.org", roles=("secretariat",))
    office.contact("ok.expert@example.org", roles=("expert",), account_id=expert)
    entry, other = scenes.submitted(), scenes.submitted(unit="u2")
    due = {"key": "due", "offset": "-P12D", "useful_for": "P30D", "audience": "units-with-quota-left"}
    task = scenes.assigned(expert, entry_id=entry.entry_id)
    story: list[Event] = [
        scenes.decision(entry),
        scenes.objection(entry),
        scenes.notice(entry),
        scenes.scored(task),
        task,
        scenes.opinion(entry),
        scenes.eligible(entry),
        scenes.rejected(entry),
        entry,
        other,
        scenes.published(scenes.definition(due, units=2)),
    ]  # the worst order: the campaign comes last
    for event in story:
        wire.send(event, subject=str(entry.entry_id))
    worker = work()

    def all_done() -> bool:
        return (
            office.count("inbox") == len(story)
            and office.count("letters", "state = 'waiting'") == 0
            and office.count("messages", "state = 'queued'") == 0
            and office.count("reminders", "state = 'planned'") == 0
        )

    until(all_done, 60)
    until(lambda: office.count("outbox", "published_at IS NULL") == 0)

    kinds = Counter(row.kind for row in office.rows("SELECT l.kind FROM messages m JOIN letters l USING (letter_id)"))
    assert kinds == {
        "receipt": 2,
        "eligible": 1,
        "opinion": 1,
        "material-refused": 1,
        "assigned": 1,
        "notice": 2,
        "objection": 1,
        "decision": 2,
        "reminder-quota-left": 2,
    }
    taken = Counter(mail["to"].partition("@")[0] for mail in office.smtp.taken())
    assert taken == {"ok.u1": 7, "ok.expert": 1, "later.office": 1}
    assert {row.recipient for row in office.rows("SELECT recipient FROM reminders WHERE state = 'sent'")} == {
        "unit:u1",
        "unit:u2",
    }
    assert len(office.events("message.bounced.v1")) == 4
    assert wire.depth(queue_of("review", "reminder.sent.v1")) == 2
    assert wire.depth(queue_of("intake", "message.bounced.v1")) == 4
    assert wire.depth("notify.dead") == 0

    assert worker.stop() == 0
    log = worker.log.read_text()
    outbox = "".join(row.body for row in office.rows("SELECT body FROM outbox"))
    kept = "".join(str(tuple(row)) for row in office.rows("SELECT * FROM attempts"))
    kept += "".join(str(tuple(row)) for row in office.rows("SELECT * FROM messages"))
    for word in PRIVATE:
        shown = word if word != "example.org" else "@example.org"
        for place in (log, outbox):
            assert shown not in place, shown
        assert word == "example.org" or word not in kept
    accepted = [line for line in _lines(worker) if line["event"] == "message.accepted"]
    assert len(accepted) == 9
    assert str(entry.entry_id) in {line["correlation"] for line in accepted}


def test_health_and_metrics_say_how_it_goes(office: Office, wire: Wire, work: Callable[..., Process]) -> None:
    port = free_ports(1)[0]
    office.contact("ok.u1@example.org", unit="u1")
    wire.send(scenes.published(scenes.definition()))
    wire.send(scenes.submitted())
    work(LAUREL_HEALTH_PORT=str(port))
    until(lambda: len(office.smtp.taken()) == 1, 60)
    until(lambda: office.count("messages", "state = 'accepted'") == 1)

    assert httpx.get(f"http://127.0.0.1:{port}/ready").status_code == 200
    metrics = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert 'laurel_messages_total{kind="receipt",outcome="accepted"} 1.0' in metrics
    assert 'laurel_message_delivery_seconds_count{kind="receipt"} 1.0' in metrics


def test_two_workers_killed_over_and_over_send_every_mail(
    office: Office, wire: Wire, work: Callable[..., Process]
) -> None:
    units = 40
    wire.send(scenes.published(scenes.definition({"key": "due", "offset": "-P12D", "useful_for": "P30D"}, units=units)))
    for n in range(1, units + 1):
        way = "drop" if n % 10 == 0 else "ok"
        office.contact(f"{way}.u{n}@example.org", unit=f"u{n}")
    first = [scenes.submitted(unit=f"u{n}") for n in range(1, units + 1)]
    for event in first:
        event_id = uuid4()
        wire.send(event, event_id=event_id)
        wire.send(event, event_id=event_id)  # the broker may always deliver twice
    # Each conversation is short, so that a dead worker's lease soon ends.
    pair = [work(), work()]
    for round_number in range(3):
        seen = len(office.smtp.taken())
        until(lambda seen=seen: len(office.smtp.taken()) > min(seen, units - 1), 60)  # type: ignore[misc]
        victim = round_number % 2
        pair[victim].kill()
        pair[victim] = work()

    def all_done() -> bool:
        return (
            office.count("inbox") == units + 1
            and office.count("messages", "state = 'queued'") == 0
            and office.count("reminders", "state = 'planned'") == 0
        )

    until(all_done, 120)
    receipts = [mail for mail in office.smtp.taken() if "回执" in mail["subject"]]
    copies = Counter(mail["message_id"] for mail in receipts)
    assert {mail["to"].partition("@")[0] for mail in receipts} == {
        f"{'drop' if n % 10 == 0 else 'ok'}.u{n}" for n in range(1, units + 1)
    }
    assert len(copies) == units, "one message for each cause and recipient, whoever died"
    assert office.count("messages") == office.count("messages", "state = 'accepted'")
    extra = sum(copies.values()) - units
    open_attempts = office.count("attempts", "outcome IS NULL OR outcome = 'put-off'")
    assert extra <= open_attempts, "a second copy only where an attempt was cut off"


def test_worker_stops_in_time_while_the_mail_server_stalls(
    office: Office, wire: Wire, work: Callable[..., Process]
) -> None:
    for n in range(1, 5):
        office.contact(f"never.u{n}@example.org", unit=f"u{n}")
    wire.send(scenes.published(scenes.definition(units=4)))
    for n in range(1, 5):
        wire.send(scenes.submitted(unit=f"u{n}"))
    worker = work(LAUREL_SMTP_SECONDS="30")
    until(lambda: len(office.smtp.tried()) == 4, 60)
    began = time.monotonic()
    assert worker.stop() == 0
    assert time.monotonic() - began < 10
    assert '"drained":true' in worker.log.read_text()
    assert office.count("messages", "state = 'queued'") == 4


def test_stalled_lanes_do_not_hold_up_events(office: Office, wire: Wire, work: Callable[..., Process]) -> None:
    for n in range(1, 9):
        office.contact(f"never.u{n}@example.org", unit=f"u{n}")
    wire.send(scenes.published(scenes.definition(units=8)))
    for n in range(1, 9):
        wire.send(scenes.submitted(unit=f"u{n}"))
    work(LAUREL_SMTP_SECONDS="30")
    until(lambda: len(office.smtp.tried()) == 4, 60)
    began = time.monotonic()
    for n in range(1, 9):
        wire.send(scenes.submitted(unit=f"u{n}", category="service"))
    until(lambda: office.count("inbox") == 17)
    assert time.monotonic() - began < 5


def test_mail_server_that_is_away_is_not_hammered(office: Office, wire: Wire, work: Callable[..., Process]) -> None:
    office.smtp.stop()
    wire.send(scenes.published(scenes.definition(units=30)))
    for n in range(1, 31):
        office.contact(f"ok.u{n}@example.org", unit=f"u{n}")
        wire.send(scenes.submitted(unit=f"u{n}"))
    work(LAUREL_MAIL_RETRY_DELAYS="3")
    until(lambda: office.count("attempts") > 4, 60)
    began = [row.began_at for row in office.rows("SELECT began_at FROM attempts ORDER BY began_at")]
    assert began[4] - began[0] >= timedelta(seconds=3), "each of the four lanes asks once, then rests"
    office.smtp.start()
    until(lambda: len(office.smtp.taken()) == 30, 60)


def test_definition_that_cannot_be_read_is_buried_at_once(
    office: Office, wire: Wire, work: Callable[..., Process]
) -> None:
    broken = scenes.published(scenes.definition()).model_copy(update={"definition": {"id": "season"}})
    wire.send(broken)
    wire.put("entry.submitted.v1", b"{ not json")
    work()
    until(lambda: wire.depth("notify.dead") == 2, 60)
    assert office.count("campaigns") == 0
    assert office.count("inbox") == 0
