"""`relay-vs-raw`: the relay, from committed outbox rows to marked ones, against raw kombu publishes of the same bodies.

Both in the same batch size, each batch confirmed by the broker, to the same quorum queues. The relay reads the outbox,
publishes a copy to each consumer's queue and one for listeners, and marks; raw kombu publishes once through a topic
exchange that is bound to the same queues. They alternate, and medians are compared, so that a noisy machine troubles
both alike.
"""

from __future__ import annotations

import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import structlog
from kombu.connection import Connection
from kombu.entity import Exchange
from kombu.messaging import Producer
from sqlalchemy import MetaData, create_engine

from contracts.catalog import CATALOG, queue_of
from contracts.envelope import CONTENT_TYPE
from contracts.events import EntrySubmittedV1
from infra.bus import broker, topology
from infra.bus.outbox import bus_tables
from infra.bus.relay import Relay
from tests.bench.figures import Figure, show
from tests.support.servers import Servers

BATCH = 100
EVENTS = 10_000
REPEATS = 5
BODY_CHARACTERS = 1200
BAR = "≥ 0.7"
_TYPE = EntrySubmittedV1.TYPE
_RAW = "bench.raw"
_QUEUES = [queue_of(consumer, _TYPE) for row in CATALOG if row.event.TYPE == _TYPE for consumer in row.consumers]


class Arena:
    """A private broker and database, with the topology, an outbox, and an exchange for the raw publisher."""

    def __init__(self, amqp_url: str, dsn: str) -> None:
        self.amqp_url = amqp_url
        self.dsn = dsn
        metadata = MetaData()
        bus_tables(metadata)
        engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
        metadata.create_all(engine)
        engine.dispose()
        topology.declare(amqp_url)
        self._connection = broker.connect(amqp_url)
        self._channel = self._connection.channel()
        self._channel.exchange_declare(_RAW, "topic", durable=True, auto_delete=False)
        for queue in _QUEUES:
            self._channel.queue_bind(queue, _RAW, _TYPE)
        self._database = psycopg.connect(dsn, autocommit=True)

    def clear(self) -> None:
        """Empty queues and outbox."""
        for queue in _QUEUES:
            self._channel.queue_purge(queue)
        self._database.execute("TRUNCATE outbox")

    def fill(self, events: int) -> None:
        """Commit so many events, each about a subject of its own."""
        columns = "id, type, subject, correlation, body"
        with self._database.cursor() as cursor, cursor.copy(f"COPY outbox ({columns}) FROM STDIN") as copy:
            for body in bodies(events):
                copy.write_row((body["id"], _TYPE, body["subject"], body["subject"], json.dumps(body)))
        self._database.execute("ANALYZE outbox")

    def span(self) -> tuple[int, float]:
        """How many events are marked, and the seconds from the first mark to the last."""
        row = self._database.execute(
            "SELECT count(published_at), extract(epoch FROM max(published_at) - min(published_at))::float8 FROM outbox"
        ).fetchone()
        return (int(row[0]), float(row[1] or 0)) if row else (0, 0.0)

    def delivered(self) -> int:
        """Messages in the consumers' queues."""
        return sum(int(self._channel.queue_declare(queue, passive=True).message_count) for queue in _QUEUES)

    def close(self) -> None:
        self._database.close()
        broker.close(self._connection, politely=True)


def bodies(count: int) -> Iterator[dict[str, Any]]:
    """Events as large as a typical one."""
    for _ in range(count):
        subject = str(uuid4())
        yield {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": "/laurel/intake",
            "type": _TYPE,
            "subject": subject,
            "correlationid": subject,
            "data": {"text": "x" * BODY_CHARACTERS},
        }


def raw_rate(arena: Arena, events: int) -> float:
    """Events per second of a kombu producer that waits for the confirms of each batch."""
    with Connection(arena.amqp_url) as connection:
        channel = connection.channel()
        channel.confirm_select()
        waiting: set[int] = set()

        def confirm(tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp calls it so
            waiting.difference_update([each for each in waiting if each <= tag] if multiple else [tag])

        channel.events["basic_ack"].add(confirm)
        producer = Producer(channel, exchange=Exchange(_RAW, "topic", passive=True), auto_declare=False)
        ready = [(body["id"], json.dumps(body)) for body in bodies(events)]
        began = time.perf_counter()
        for first in range(0, events, BATCH):
            batch = ready[first : first + BATCH]
            waiting.update(range(first + 1, first + len(batch) + 1))
            for message_id, body in batch:
                producer.publish(
                    body,
                    routing_key=_TYPE,
                    mandatory=True,
                    delivery_mode=2,
                    content_type=CONTENT_TYPE,
                    content_encoding="utf-8",
                    message_id=message_id,
                )
            while waiting:
                connection.drain_events(timeout=30)
        return events / (time.perf_counter() - began)


def relay_rate(arena: Arena, events: int) -> float:
    """Events per second of the relay, in a process of its own, from its start on a full outbox to the last mark.

    Its connecting is not counted, as it is not for the raw publisher: the clock starts with the first mark, and the
    first batch is left out of the count.
    """
    arena.fill(events)
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.relay", arena.dsn, arena.amqp_url])
    try:
        deadline = time.monotonic() + 120
        while (marked := arena.span())[0] < events:
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"the relay marked {marked[0]} of {events} events and stopped")
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(timeout=20)
    return (events - BATCH) / marked[1]


def rows(*, short: bool = False) -> list[dict[str, Any]]:
    """The row of figures.json."""
    events, repeats = (3000, 3) if short else (EVENTS, REPEATS)
    raw: list[float] = []
    relayed: list[float] = []
    with _arena() as arena:
        for _ in range(repeats):
            for rate, rates in ((raw_rate, raw), (relay_rate, relayed)):
                arena.clear()
                rates.append(rate(arena, events))
                if (found := arena.delivered()) != events * len(_QUEUES):
                    raise RuntimeError(f"{found} of {events * len(_QUEUES)} messages are in the queues")
    ratio = statistics.median(relayed) / statistics.median(raw)
    detail = {
        "relay_per_second": round(statistics.median(relayed)),
        "raw_per_second": round(statistics.median(raw)),
        "batch": BATCH,
        "events": events,
        "queues": len(_QUEUES),
        "body_bytes": len(json.dumps(next(bodies(1)))),
        "relay_runs": [round(rate) for rate in relayed],
        "raw_runs": [round(rate) for rate in raw],
    }
    return [Figure("relay-vs-raw", round(ratio, 3), "×", BAR, detail).row()]


@contextmanager
def _arena() -> Iterator[Arena]:
    servers = Servers()
    try:
        for name in ("rabbitmq", "postgres"):
            servers.begin(name)
        arena = Arena(servers.rabbit.url(), servers.postgres.create_database("bench", "pw-of-bench"))
        yield arena
        arena.close()
    finally:
        servers.stop()


def _relay(dsn: str, amqp_url: str) -> None:
    """The process under measurement: a relay until it is terminated."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    Relay("intake", dsn, amqp_url, batch=BATCH).run()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        _relay(sys.argv[1], sys.argv[2])
    else:
        measured = rows()
        show(measured, "Relay")
        sys.exit(0 if all(row["held"] for row in measured) else 1)
