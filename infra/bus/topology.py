"""What stands on the broker, worked out from the catalogue: exchanges, queues, retry tiers, dead-letter queues.

- `laurel.<producer>`, a durable topic exchange, is where anybody may listen: bind a queue of your own by event type.
- `<consumer>.<event type>`, a quorum queue, belongs to one consumer of the catalogue; an event that has lanes has a
  `<consumer>.<event type>.<lane>` for each beside it. The relay feeds each by name, through the default exchange, so
  that `mandatory` vouches for every single consumer (docs/adr/0007).
- `laurel.retry.<delay>` holds failed messages for that long and lets them go back to the queue they came from, whose
  name they carry as routing key. `<consumer>.dead` keeps what failed for good.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import amqp

from contracts.catalog import CATALOG, SERVICES, dead_queue_of, exchange_of
from infra.bus import broker
from infra.bus.errors import BusError

RETRY_DELAYS: tuple[float, ...] = (1, 5, 30, 120)
"""Seconds before the second, third, fourth and fifth attempt."""

DELIVERY_LIMIT = 100
"""Deliveries before the broker itself gives a message up.

It is the bound for a message that kills its worker before an attempt can be counted. High, because every death of a
worker raises the count of all messages it had prefetched, innocent ones too; RabbitMQ 4 would take 20 by itself.
"""

_NEVER = 1_000_000
"""The delivery limit of a dead-letter queue: looking at it redelivers, and must not lose what rests there."""


class TopologyError(BusError):
    """A queue or exchange stands on the broker with other arguments than this version declares."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange; all are durable."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Queue:
    """One quorum queue, durable by nature; `source` is the exchange it is bound to, if any."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    source: str | None = None


def retry_name(delay: float) -> str:
    """The exchange and the queue in which a message waits so many seconds."""
    return f"laurel.retry.{delay:g}s"


def exchanges(retry_delays: Sequence[float] = RETRY_DELAYS) -> Iterator[Exchange]:
    """One for each producer, one for each retry tier."""
    for service in SERVICES:
        yield Exchange(exchange_of(service), "topic")
    for delay in retry_delays:
        yield Exchange(retry_name(delay), "fanout")


def queues(retry_delays: Sequence[float] = RETRY_DELAYS) -> Iterator[Queue]:
    """Dead-letter queues and retry tiers before the queues that lead to them."""
    for service in SERVICES:
        yield _quorum(dead_queue_of(service), {"x-delivery-limit": _NEVER})
    for delay in retry_delays:
        tier = {"x-message-ttl": int(delay * 1000), "x-dead-letter-exchange": ""}
        yield _quorum(retry_name(delay), tier, source=retry_name(delay))
    for row in CATALOG:
        for consumer, _, name in row.queues():
            last = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead_queue_of(consumer)}
            yield _quorum(name, {**last, "x-delivery-limit": DELIVERY_LIMIT})


def _quorum(name: str, arguments: dict[str, Any], *, source: str | None = None) -> Queue:
    safe: dict[str, Any] = {"x-queue-type": "quorum"}
    if "x-dead-letter-exchange" in arguments:
        # A dead letter leaves its queue only when the next one has confirmed it; that needs reject-publish.
        safe |= {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}
    return Queue(name, {**safe, **arguments}, source)


def declare(amqp_url: str, retry_delays: Sequence[float] = RETRY_DELAYS) -> None:
    """Declare everything the catalogue asks for; doing it again changes nothing.

    Raises TopologyError if something stands there with other arguments, and broker.LOST if the broker is away.
    """
    connection = broker.connect(amqp_url)
    try:
        declare_on(connection, retry_delays)
    finally:
        broker.close(connection, politely=True)


def declare_on(connection: Any, retry_delays: Sequence[float] = RETRY_DELAYS) -> None:
    """As declare(), on a channel of its own of an open connection."""
    channel = connection.channel()
    declare_exchanges(channel, retry_delays)
    for queue in queues(retry_delays):
        with _explained("queue", queue.name):
            channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
        if queue.source is not None:
            channel.queue_bind(queue.name, queue.source)
    channel.close()


def declare_exchanges(channel: Any, retry_delays: Sequence[float] = ()) -> None:
    """The producers' exchanges alone, and those of these retry tiers: what a listener needs."""
    for exchange in exchanges(retry_delays):
        with _explained("exchange", exchange.name):
            channel.exchange_declare(exchange.name, exchange.kind, durable=True, auto_delete=False)


@contextmanager
def _explained(kind: str, name: str) -> Iterator[None]:
    """Turns the broker's PRECONDITION_FAILED into a sentence that says what to do."""
    try:
        yield
    except amqp.PreconditionFailed as error:
        raise TopologyError(
            f"the {kind} {name} stands on the broker with other arguments than this version declares; "
            f"empty it, delete it and start again, or go back to the version that made it. "
            f"The broker says: {error.reply_text}"
        ) from error
