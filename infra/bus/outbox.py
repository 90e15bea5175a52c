"""The outbox and inbox tables of a service, and the writing of events in the transaction of a state change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    insert,
    text,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert

from contracts.catalog import CATALOG
from contracts.envelope import MAX_EVENT_BYTES, Envelope, source_of
from contracts.events import Event
from infra.bus.errors import BusError, DuplicateError, EventTooLargeError
from infra.bus.messages import TRAIL, E, Message
from infra.store import Database

_PRODUCER = {row.event.TYPE: row.producer for row in CATALOG}
_LANES = {row.event.TYPE: row.lanes for row in CATALOG}


@dataclass(frozen=True, slots=True)
class BusTables:
    """The two tables that the bus keeps in a service's own database."""

    outbox: Table
    inbox: Table


def bus_tables(metadata: MetaData) -> BusTables:
    """Add the outbox and the inbox to a service's metadata. Migrations create them by infra.bus.schema."""
    outbox = Table(
        "outbox",
        metadata,
        Column("seq", BigInteger, Identity(always=True), primary_key=True),
        Column("id", Uuid, nullable=False, unique=True),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("correlation", Text, nullable=False),
        Column("causation", Text),
        Column("body", Text, nullable=False),  # the envelope as it goes on the wire
        Column("lane", Text, nullable=False, server_default=text("''")),  # '' is the first
        Column("written_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Column("published_at", DateTime(timezone=True)),
        Column("failures", Integer, nullable=False, server_default=text("0")),
        Column("not_before", DateTime(timezone=True)),
        Column("last_error", Text),
        Index("outbox_waiting", "seq", postgresql_where=text("published_at IS NULL")),
        Index("outbox_held", "subject", postgresql_where=text("published_at IS NULL AND not_before IS NOT NULL")),
        Index("outbox_correlation", "correlation"),
    )
    inbox = Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("source", Text, primary_key=True),
        Column("id", Uuid, primary_key=True),
        Column("type", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("correlation", Text, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("handled_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Index("inbox_correlation", "correlation"),
    )
    return BusTables(outbox, inbox)


class Outbox:
    """Writes events into the outbox on the caller's connection: committed with the change, or not at all."""

    def __init__(self, service: str, tables: BusTables) -> None:
        self.service = service
        self.tables = tables

    def add(
        self, connection: Connection, event: Event, *, subject: str, correlation: str | None = None, lane: str = ""
    ) -> Envelope:
        """Write one event; the relay publishes it after the commit.

        `subject` is what keeps order (an entry's id, where there is one): lock its row before calling, so that
        sequence follows commit order. `correlation` defaults to the handled event's, then to the subject. Raises
        EventTooLargeError over 64 KiB and BusError for an event that the catalogue gives to another producer, or a
        `lane` that it does not give to the event.
        """
        if _PRODUCER.get(event.TYPE) != self.service:
            raise BusError(f"{self.service} is not the producer of {event.TYPE} in contracts.catalog")
        if lane and lane not in _LANES[event.TYPE]:
            raise BusError(f"{event.TYPE} has no lane {lane!r} in contracts.catalog")
        trail = TRAIL.get()
        envelope = Envelope(
            source=source_of(self.service),
            type=event.TYPE,
            subject=subject,
            correlationid=correlation or (trail.correlation if trail else subject),
            causationid=trail.causation if trail else None,
            data=event.model_dump(mode="json"),
        )
        body = envelope.model_dump_json(exclude_none=True)
        size = len(body.encode())
        if size > MAX_EVENT_BYTES:
            raise EventTooLargeError(f"{event.TYPE} about {subject} is {size} bytes; at most {MAX_EVENT_BYTES}")
        connection.execute(
            insert(self.tables.outbox).values(
                id=envelope.id,
                type=envelope.type,
                subject=subject,
                correlation=envelope.correlationid,
                causation=envelope.causationid,
                body=body,
                lane=lane,
            )
        )
        return envelope


def take_once(connection: Connection, tables: BusTables, message: Message[E]) -> None:
    """Enter the message in the inbox, in the transaction of its effect. Raises DuplicateError if it is there already.

    A second delivery that comes while the first is still at work waits here for that transaction's end.
    """
    envelope = message.envelope
    done = connection.execute(
        pg_insert(tables.inbox)
        .values(
            consumer=message.consumer,
            source=envelope.source,
            id=envelope.id,
            type=envelope.type,
            subject=envelope.subject,
            correlation=envelope.correlationid,
            attempt=message.attempt,
        )
        .on_conflict_do_nothing()
    )
    if done.rowcount == 0:
        raise DuplicateError(f"{message.consumer} has already handled {envelope.source} {envelope.id}")


@contextmanager
def effect(database: Database, tables: BusTables, message: Message[E]) -> Iterator[Connection]:
    """The transaction of a message's effect, with its inbox row in it.

    Use it in every handler: `with effect(db, tables, message) as connection: …`. Nothing that waits for a network may
    stand inside.
    """
    with database.begin() as connection:
        take_once(connection, tables, message)
        yield connection
