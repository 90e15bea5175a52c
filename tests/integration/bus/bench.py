"""What the bus's tests share: a worker as a process, its database, and the broker seen from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import amqp
import psycopg
from sqlalchemy import create_engine

from contracts.catalog import dead_queue_of, queue_of
from contracts.envelope import CONTENT_TYPE, Envelope
from contracts.events import EntryWithdrawnV1, UnitRef
from infra.bus import broker, topology
from infra.bus.outcome import ATTEMPT, dead_parcel
from infra.bus.publisher import Publisher, publish_one
from infra.bus.wire import Parcel, any_properties
from infra.stack.process import free_ports
from tests.integration.bus.tables import METADATA

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
QUEUE = queue_of("review", EntryWithdrawnV1.TYPE)
DEAD = dead_queue_of("review")
DELAYS = (0.1, 0.2, 0.3, 0.4)
"""The worker's retry delays in these tests: five attempts in a second."""


def eventually(look: Callable[[], T], *, seconds: float = 20.0, what: str = "") -> T:
    """The first true answer of `look`; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"did not come about in {seconds:g} s: {what or look} (last: {answer!r})"
        time.sleep(0.02)


def through(url: str, port: int) -> str:
    """The same URL by way of a proxy's port."""
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{port}"))


def withdrawal(word: str = "ok", *, entry_id: UUID | None = None) -> Envelope:
    """An event whose `reason` tells the worker's handler what to do."""
    event = EntryWithdrawnV1(
        entry_id=entry_id or uuid4(),
        campaign_id="bench-2026",
        unit=UnitRef(code="u1", name="某馆"),
        category="story",
        revision=1,
        reason=word,
        withdrawn_at=datetime.now(UTC),
    )
    subject = str(event.entry_id)
    return Envelope(
        source="/laurel/intake",
        type=event.TYPE,
        subject=subject,
        correlationid=subject,
        data=event.model_dump(mode="json"),
    )


def make_tables(dsn: str) -> str:
    """Make the bus's tables and the effects table in an empty database; returns its DSN."""
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
    METADATA.create_all(engine)
    engine.dispose()
    return dsn


class Outside:
    """The broker and the worker's database, seen from outside."""

    def __init__(self, amqp_url: str, dsn: str) -> None:
        self.amqp_url = amqp_url
        self.dsn = dsn
        self._connection = broker.connect(amqp_url)
        topology.declare_on(self._connection, DELAYS)
        self.channel: Any = self._connection.channel()
        self.channel.auto_decode = False
        self._publisher = Publisher(self._connection)

    def close(self) -> None:
        broker.close(self._connection, politely=True)

    def send(self, envelope: Envelope, *, headers: dict[str, Any] | None = None) -> Envelope:
        """Put an event into its queue, as the relay does."""
        self.send_raw(envelope.model_dump_json(exclude_none=True).encode(), str(envelope.id), headers)
        return envelope

    def send_raw(
        self, body: bytes, message_id: str, headers: dict[str, Any] | None = None, queue: str = QUEUE, **more: Any
    ) -> None:
        properties = any_properties({"content_type": CONTENT_TYPE, "message_id": message_id, **more}, headers or {})
        publish_one(self._publisher, Parcel("", queue, properties, body, message_id))

    def bury(self, body: bytes, message_id: str, reason: str, error: str, *, attempt: int = 1) -> None:
        """Put a dead letter of `QUEUE` where a worker would have put it."""
        publish_one(
            self._publisher,
            dead_parcel(QUEUE, body, {"message_id": message_id}, {ATTEMPT: attempt}, reason=reason, error=error),
        )

    def effects(self, event_id: UUID | None = None) -> list[tuple[str, str, int, str]]:
        """What handlers did: (event id, subject, attempt, word)."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute("SELECT event_id, subject, attempt, word FROM effects").fetchall()
        return [row for row in found if event_id is None or row[0] == str(event_id)]

    def depth(self, queue: str = QUEUE) -> int:
        """Messages ready in a queue."""
        return int(self.channel.queue_declare(queue, passive=True).message_count)

    def take_all(self, queue: str) -> list[Any]:
        """Every message of a queue, taken out."""
        taken = []
        while (raw := self._get(queue)) is not None:
            self.channel.basic_ack(raw.delivery_tag)
            taken.append(raw)
        return taken

    def _get(self, queue: str) -> Any:
        """The next message of a queue, or None, also where somebody deleted the queue."""
        try:
            return self.channel.basic_get(queue)
        except amqp.NotFound:
            return None

    def dead_letter(self, message_id: str, *, seconds: float = 20.0) -> Any:
        """The dead letter with this message id; others are put back."""

        def look() -> Any:
            found = None
            held = []
            while (raw := self._get(DEAD)) is not None:
                if raw.properties.get("message_id") == message_id:
                    self.channel.basic_ack(raw.delivery_tag)
                    found = raw
                else:
                    held.append(raw.delivery_tag)
            for tag in held:
                self.channel.basic_reject(tag, requeue=True)
            return found

        return eventually(look, seconds=seconds, what=f"a dead letter {message_id}")


class WorkerProcess:
    """tests.integration.bus.worker_process as a process of its own."""

    def __init__(self, outside: Outside, log: Path, *, amqp_url: str | None = None, dsn: str | None = None) -> None:
        (self.port,) = free_ports(1)
        self._log = log
        environment = {
            **os.environ,
            "AMQP_URL": amqp_url or outside.amqp_url,
            "LAUREL_DATABASE_DSN": dsn or outside.dsn,
            "LAUREL_HEALTH_PORT": str(self.port),
        }
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.bus.worker_process"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def lines(self, event: str | None = None, **fields: Any) -> list[dict[str, Any]]:
        """Its log lines, those of one event, those with these fields."""
        found = []
        for text in self._log.read_text().splitlines():
            line = json.loads(text) if text.startswith("{") else {"event": text}
            if event in {None, line["event"]} and all(line.get(key) == value for key, value in fields.items()):
                found.append(line)
        return found

    def get(self, path: str, *, timeout: float = 5.0) -> tuple[int, str]:
        """Status and body of its health server; 0 if it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=timeout) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def until_ready(self) -> WorkerProcess:
        eventually(lambda: self.get("/ready")[0] == 200, seconds=40, what="the worker is ready")
        return self

    def metric(self, name: str, **labels: str) -> float:
        """A counter's value in its /metrics."""
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name) and all(label in line for label in wanted):
                return float(line.rpartition(" ")[2])
        return 0.0

    def terminate(self) -> float:
        """SIGTERM; returns the seconds it took to end."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        return time.monotonic() - began

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)


@contextmanager
def workers(outside: Outside, folder: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """A function that starts workers; all are ended afterwards."""
    started: list[WorkerProcess] = []

    def start(**options: Any) -> WorkerProcess:
        started.append(WorkerProcess(outside, folder / f"worker-{len(started)}.log", **options))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            if worker.process.poll() is None:
                worker.kill()
