"""Consumers as services write them: nameko workers whose handlers append a row to the effects table."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, insert

from contracts.events import EntrySubmittedV1, EntryWithdrawnV1
from infra.bus import runner
from infra.bus.entrypoint import subscribe
from infra.bus.errors import DuplicateError
from infra.bus.messages import Message
from infra.bus.outbox import effect
from infra.observe import logs
from infra.store import Database
from tests.faults.programs.producer import POISON
from tests.faults.programs.settings import RETRY_DELAYS, Settings, work
from tests.faults.programs.tables import BUS, EFFECTS

RECEIVED, REFUSED = "received", "refused"
PREFETCH = 10


class Calls:
    """The record of handler calls: a line each, written in one piece, so that a kill loses none that was begun."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, word: str, message: Message[Any]) -> None:
        envelope = message.envelope
        line = f"{word} {envelope.subject} {message.attempt} {int(message.redelivered)} {os.getpid()}\n"
        os.write(self._file, line.encode())


class Consumer:
    """What the consuming services have in common."""

    settings: Settings
    database: Database
    calls: Calls

    def handle(self, message: Message[Any]) -> None:
        """Receive, work, take the effect, work: a kill may come anywhere."""
        self.calls.note(RECEIVED, message)
        work(self.settings)
        if getattr(message.data, "title", "") == POISON and not 0 < self.settings.digests_from <= message.attempt:
            raise RuntimeError("cannot digest this one")
        try:
            with self.effect(message) as connection:
                values = {"event": message.envelope.type, "entry_id": str(message.data.entry_id)}
                connection.execute(insert(EFFECTS).values(**values))
        except DuplicateError:
            self.calls.note(REFUSED, message)
            raise
        work(self.settings)

    def effect(self, message: Message[Any]) -> AbstractContextManager[Connection]:
        """The transaction of the effect."""
        return effect(self.database, BUS, message)


class Review(Consumer):
    """Consumes as review does."""

    name = "review"

    @subscribe(EntrySubmittedV1, prefetch=PREFETCH)
    def entry_submitted(self, message: Message[EntrySubmittedV1]) -> None:
        self.handle(message)

    @subscribe(EntryWithdrawnV1, prefetch=PREFETCH)
    def entry_withdrawn(self, message: Message[EntryWithdrawnV1]) -> None:
        self.handle(message)


class Notify(Consumer):
    """Consumes as notify does."""

    name = "notify"

    @subscribe(EntrySubmittedV1, prefetch=PREFETCH)
    def entry_submitted(self, message: Message[EntrySubmittedV1]) -> None:
        self.handle(message)

    @subscribe(EntryWithdrawnV1, prefetch=PREFETCH)
    def entry_withdrawn(self, message: Message[EntryWithdrawnV1]) -> None:
        self.handle(message)


def serve(service: type[Consumer], settings: Settings) -> None:
    """Run a worker until it is told to stop, or killed."""
    logs.configure(service.__name__.lower(), "worker", level="WARNING")
    database = Database(settings.dsn, name="consumer")
    runner.run(
        service,
        amqp_url=settings.amqp_url,
        health_port=0,
        database=database,
        tables=BUS,
        relay=False,
        provide={"settings": settings, "database": database, "calls": Calls(settings.calls)},
        retry_delays=RETRY_DELAYS,
    )


def review(settings: Settings) -> None:
    serve(Review, settings)


def notify(settings: Settings) -> None:
    serve(Notify, settings)
