"""What the services' own stores, the broker and the processes say about a run; nothing the driver remembers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import amqp
import psycopg
from kombu.connection import Connection
from minio import Minio
from minio.error import S3Error

from contracts.catalog import CATALOG, SERVICES, dead_queue_of, queue_of
from infra.store.buckets import PUBLIC, storage_client

_SLOW = "material.inspected.v1"
"""Videos are watched through for as long as it takes, behind everything else: a run waits for none of it."""
_SLOW_QUEUE = queue_of("media", "material.rendered.v1")
_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? ([0-9.eE+-]+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def aside(event_type: str, consumer: str | None = None) -> bool:
    """Whether an event, or a consumer's share in it, belongs to the slow work."""
    return event_type == _SLOW or (consumer is not None and queue_of(consumer, event_type) == _SLOW_QUEUE)


def rows(dsn: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query on a service's own database."""
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
        return connection.execute(statement.encode(), values).fetchall()


@dataclass(frozen=True, slots=True)
class Published:
    """An event in its producer's outbox."""

    event_id: UUID
    type: str
    causation: str | None
    written_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Handled:
    """An event in a consumer's inbox."""

    consumer: str
    event_id: UUID
    attempt: int
    handled_at: datetime


@dataclass
class Events:
    """Every event about one campaign: as written, and as consumed."""

    published: list[Published] = field(default_factory=list)
    handled: list[Handled] = field(default_factory=list)

    @property
    def by_type(self) -> Counter[str]:
        return Counter(event.type for event in self.published)

    @property
    def waiting(self) -> int:
        return sum(event.published_at is None for event in self.published)

    def missing(self) -> list[str]:
        """`consumer ← event id` for each event that a consumer of the catalogue has not handled."""
        done = {(row.consumer, row.event_id) for row in self.handled}
        wanted = {
            row.event.TYPE: [queue_of(c, row.event.TYPE) for c in row.consumers if not aside(row.event.TYPE, c)]
            for row in CATALOG
        }
        return [
            f"{consumer} ← {event.event_id}"
            for event in self.published
            for consumer in wanted[event.type]
            if (consumer, event.event_id) not in done
        ]


# A stack that runs on may know contacts of other units, who are reminded as well: that is not this run's doing.
_WRITTEN = """
SELECT id, type, causation, written_at, published_at FROM outbox
WHERE body::jsonb -> 'data' ->> 'campaign_id' = %s
    AND (type <> 'reminder.sent.v1' OR body::jsonb -> 'data' ->> 'recipient' = ANY (%s))
  OR NOT body::jsonb -> 'data' ? 'campaign_id' AND body::jsonb -> 'data' ->> 'account_id' = ANY (%s)
ORDER BY seq
"""
_INBOX = "SELECT consumer, id, attempt, handled_at FROM inbox WHERE id = ANY (%s)"


def events_of(dsns: Mapping[str, str], campaign_id: str, units: Iterable[str], accounts: Iterable[UUID] = ()) -> Events:
    """The events of a campaign from all outboxes and inboxes; of reminders, those to `units`; and of these accounts."""
    own, people = list(units), [str(account) for account in accounts]
    found = Events()
    for service in SERVICES:
        written = [Published(*row) for row in rows(dsns[service], _WRITTEN, campaign_id, own, people)]
        found.published += [event for event in written if not aside(event.type)]
    ids = [event.event_id for event in found.published]
    for service in SERVICES:
        handled = [Handled(*row) for row in rows(dsns[service], _INBOX, ids)]
        found.handled += [row for row in handled if row.consumer != _SLOW_QUEUE]
    return found


def submit_to_queue(events: Events) -> list[float]:
    """Seconds from the commit of each submission to its commit in the secretariat's queue."""
    return _between(events, "entry.submitted.v1", queue_of("review", "entry.submitted.v1"))


def _between(events: Events, event_type: str, consumer: str) -> list[float]:
    handled = {row.event_id: row.handled_at for row in events.handled if row.consumer == consumer}
    return [
        (handled[event.event_id] - event.written_at).total_seconds()
        for event in events.published
        if event.type == event_type and event.event_id in handled
    ]


def upload_to_verdict(events: Events) -> list[float]:
    """Seconds from each completed upload to its verdict in intake, where its unit reads it."""
    begun = {str(e.event_id): e.written_at for e in events.published if e.type == "material.uploaded.v1"}
    verdicts = ("material.accepted.v1", "material.rejected.v1")
    consumers = {queue_of("intake", verdict) for verdict in verdicts}
    told = {row.event_id: row.handled_at for row in events.handled if row.consumer in consumers}
    return [
        (told[event.event_id] - begun[event.causation]).total_seconds()
        for event in events.published
        if event.type in verdicts and event.event_id in told and event.causation in begun
    ]


def waiting_in(amqp_url: str, *queues: str) -> int:
    """Messages that wait in these queues; a queue that nobody has declared yet holds none."""
    found = 0
    broker: Any = Connection(amqp_url, connect_timeout=5)
    with broker as connection:
        for queue in queues:
            channel = connection.channel()
            with suppress(amqp.NotFound):  # the broker closes the channel by that
                found += channel.queue_declare(queue, passive=True).message_count
                channel.close()
    return found


def dead_letters(amqp_url: str) -> dict[str, int]:
    """Messages that rest in each dead-letter queue."""
    return {service: waiting_in(amqp_url, dead_queue_of(service)) for service in SERVICES}


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scrape(url: str) -> Samples:
    """The samples of a /metrics page, by name and labels."""
    with urlopen(url, timeout=5) as answer:  # noqa: S310 - a process of the stack
        text = answer.read().decode()
    found: Samples = {}
    for line in text.splitlines():
        if match := _SAMPLE.match(line):
            found[match[1], tuple(sorted(_LABEL.findall(match[2] or "")))] = float(match[3])
    return found


def total(samples: Iterable[Samples], name: str, **labels: str) -> float:
    """The sum of a counter over processes and over all labels that are not given."""
    return sum(
        value
        for page in samples
        for (sample, given), value in page.items()
        if sample == name and all((label, wanted) in given for label, wanted in labels.items())
    )


def metrics_of(processes: Sequence[Mapping[str, Any]], kind: str) -> list[Samples]:
    """The metrics of the stack's processes whose name ends in `kind` (`api` or `worker`, numbered or not)."""
    fits = re.compile(rf"-{kind}(-?\d+)?$")
    urls = [str(one["health_url"]) for one in processes if fits.search(str(one["name"])) and one.get("health_url")]
    return [scrape(re.sub(r"/(live|ready|metrics)/?$", "", url) + "/metrics") for url in urls]


def storage(state: Mapping[str, Any]) -> Minio:
    return storage_client(state["s3_endpoint"], state["s3_access_key"], state["s3_secret_key"])


def renditions(client: Minio, digests: Iterable[str]) -> int:
    """How many photos have their public rendition in storage."""

    def there(digest: str) -> bool:
        try:
            return bool(client.stat_object(PUBLIC, f"{digest}/1600.jpg").size)
        except S3Error as error:
            if error.code in {"NoSuchKey", "NoSuchObject", "NotFound"}:
                return False
            raise

    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(there, set(digests)))
