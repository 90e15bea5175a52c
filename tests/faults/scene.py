"""One scene: its crew, and what its databases, queues and records say of what came about."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import amqp
import psycopg

from contracts.catalog import dead_queue_of, queue_of
from contracts.events import EntrySubmittedV1, EntryWithdrawnV1
from infra.bus import broker
from infra.bus.topology import retry_name
from infra.stack.rabbitmq import Rabbit
from tests.faults.crew import Crew, Post, until
from tests.faults.programs.settings import RETRY_DELAYS, Settings

SUBMITTED = EntrySubmittedV1.TYPE
CONSUMED = (SUBMITTED, EntryWithdrawnV1.TYPE)
QUEUE = queue_of("review", SUBMITTED)
DEAD = dead_queue_of("review")
SETTLED_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the record that handlers keep."""

    word: str
    entry_id: str
    attempt: int
    redelivered: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """What was submitted against what came of it."""

    submitted: int
    effects: int
    lost: int
    """Submissions without an effect."""
    duplicated: int
    """Effects beyond the first of their submission."""
    invented: int
    """Effects, or events, of submissions that were never committed; and committed ones without an event."""

    @property
    def broken(self) -> int:
        return self.lost + self.duplicated + self.invented


class Scene:
    """A virtual host, the databases of intake (what was submitted), review and notify (what came of it), a crew."""

    def __init__(self, name: str, amqp_url: str, dsn: dict[str, str], calls: Path, crew: Crew, rabbit: Rabbit) -> None:
        self.name = name
        self.amqp_url = amqp_url
        self.dsn = dsn
        self.crew = crew
        self._calls = calls
        self._rabbit = rabbit
        self._connections = {
            service: psycopg.connect(one, autocommit=True, connect_timeout=5) for service, one in dsn.items()
        }

    def close(self) -> None:
        self.crew.disband()
        for connection in self._connections.values():
            connection.close()

    def settings(self, service: str, name: str, **more: Any) -> Settings:
        """What a program of a service is told."""
        return replace(Settings(name, self.amqp_url, self.dsn[service], str(self._calls)), **more)

    def producers(self, count: int, submissions: int, *, program: str = "producer", **more: Any) -> None:
        """So many producers that share so many submissions."""
        for number in range(count):
            share = submissions // count + (number < submissions % count)
            self.crew.add(program, self.settings("intake", f"producer-{number + 1}", share=share, **more))

    def relays(self, count: int, *, program: str = "relay", **more: Any) -> None:
        for number in range(count):
            self.crew.add(program, self.settings("intake", f"relay-{number + 1}", **more))

    def consumers(self, count: int, *, service: str = "review", program: str = "", **more: Any) -> list[Post]:
        return [
            self.crew.add(program or service, self.settings(service, f"{service}-{number + 1}", **more))
            for number in range(count)
        ]

    def rows(self, service: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connections[service].execute(statement.encode(), values).fetchall()

    def number(self, service: str, statement: str, *values: Any) -> int:
        return int(self.rows(service, statement, *values)[0][0])

    def submitted(self) -> int:
        return self.number("intake", "SELECT count(*) FROM entries")

    def effects(self, service: str = "review") -> int:
        return self.number(service, "SELECT count(*) FROM effects")

    def waiting(self) -> int:
        """Events in the outbox that are not published."""
        return self.number("intake", "SELECT count(*) FROM outbox WHERE published_at IS NULL")

    def tally(self, service: str = "review", *, outbox: bool = True) -> Tally:
        """What was submitted against what a consumer made of it."""
        entries = {row[0] for row in self.rows("intake", "SELECT entry_id FROM entries")}
        effects = Counter(row[0] for row in self.rows(service, "SELECT entry_id FROM effects"))
        invented = len(effects.keys() - entries)
        if outbox:
            events = Counter(row[0] for row in self.rows("intake", "SELECT subject FROM outbox"))
            invented += sum((events - Counter(entries)).values()) + sum((Counter(entries) - events).values())
        return Tally(
            submitted=len(entries),
            effects=effects.total(),
            lost=len(entries - effects.keys()),
            duplicated=effects.total() - len(effects),
            invented=invented,
        )

    def calls(self) -> list[Call]:
        """Every call of a handler so far."""
        if not self._calls.exists():
            return []
        lines = (line.split() for line in self._calls.read_text().splitlines())
        return [Call(word, entry, int(attempt), flag == "1") for word, entry, attempt, flag, _ in lines]

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel of a connection of its own."""
        connection = broker.connect(self.amqp_url)
        try:
            channel = connection.channel()
            channel.auto_decode = False
            yield channel
        finally:
            broker.close(connection, politely=True)

    def depth(self, *queues: str) -> int:
        """Messages that are ready in these queues."""
        with self.channel() as channel:
            return sum(int(channel.queue_declare(queue, passive=True).message_count) for queue in queues)

    def exists(self, queue: str) -> bool:
        """Whether there is such a queue."""
        with self.channel() as channel:
            try:
                channel.queue_declare(queue, passive=True)
            except amqp.NotFound:
                return False
        return True

    def await_consumers(self, *services: str, seconds: float = 60.0) -> None:
        """Until each of these services listens to its queues. Raises FaultsError."""

        def look() -> bool:
            self.crew.tend()
            with self.channel() as channel:
                counts = [
                    channel.queue_declare(queue_of(service, event), passive=True).consumer_count
                    for service in services
                    for event in CONSUMED
                ]
            return all(counts)

        until(look, seconds, f"{' and '.join(services)} to listen")

    def at_rest(self, service: str = "review") -> bool:
        """Whether nothing is on its way any more: outbox, queues, retry tiers and hands are empty."""
        if self.waiting():
            return False
        consumed = [queue_of(service, event) for event in CONSUMED]
        try:
            if self.depth(*consumed, *(retry_name(delay) for delay in RETRY_DELAYS)):
                return False
            held = self._rabbit.unacknowledged(self.name)
        except broker.LOST:
            return False
        return not any(held.get(queue, 0) for queue in consumed)

    def settle(self, seconds: float, services: tuple[str, ...] = ("review",)) -> float:
        """Until all producers are done and nothing is on its way, seen three times; the seconds it took."""
        seen = 0

        def look() -> bool:
            nonlocal seen
            self.crew.tend()
            seen = seen + 1 if self.crew.finished("producer") and all(map(self.at_rest, services)) else 0
            return seen >= SETTLED_LOOKS

        return until(look, seconds, f"everything of {self.name} to arrive", pause=0.2)

    def fetch_all(self, queue: str, expected: int, seconds: float = 20.0) -> list[Any]:
        """All messages of a queue, taken out: until it has given none for a second after `expected`, or in vain."""
        taken: list[Any] = []
        with self.channel() as channel:
            channel.basic_consume(queue, no_ack=True, callback=taken.append)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                before = len(taken)
                try:
                    channel.connection.drain_events(timeout=1.0)
                except TimeoutError:
                    if len(taken) == before and len(taken) >= expected:
                        break
        return taken
