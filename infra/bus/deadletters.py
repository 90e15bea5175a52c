"""Dead letters: looking at them without taking them, and sending them back to where they came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import amqp

from contracts.catalog import CATALOG, dead_queue_of, queue_of
from infra.bus.errors import BusError
from infra.bus.outcome import ATTEMPTS, DIED_AT, ERROR, QUEUE, REASON, fresh_parcel
from infra.bus.publisher import Publisher, UnconfirmedError, publish_one

_BY_THE_BROKER = {
    "delivery_limit": "killed its worker, or was handed back, too often",
    "rejected": "rejected by its consumer",
    "expired": "expired",
    "maxlen": "its queue was full",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One dead letter. `key` names it on the command line; `queue` is where it came from, None if nothing tells."""

    key: str
    consumer: str
    queue: str | None
    type: str
    subject: str
    reason: str
    error: str
    attempts: int
    died_at: str
    body: bytes
    properties: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay did: letters sent back, and those that could not be, each with the reason."""

    sent: tuple[Letter, ...]
    left: tuple[tuple[Letter, str], ...]


def letter_of(consumer: str, raw: Any) -> Letter:
    """A letter, from a message as py-amqp gives it."""
    body = raw.body if isinstance(raw.body, bytes) else raw.body.encode()
    properties = dict(raw.properties)
    headers: dict[str, Any] = properties.pop("application_headers", None) or {}
    event = _attributes(body)
    death: Mapping[str, Any] = next(iter(_deaths(headers)), {})
    by_broker = str(death.get("reason", ""))
    return Letter(
        key=properties.get("message_id") or f"sha256:{hashlib.sha256(body).hexdigest()[:12]}",
        consumer=consumer,
        queue=_origin(consumer, headers, event),
        type=str(event.get("type", "?")),
        subject=str(event.get("subject", "?")),
        reason=str(headers.get(REASON) or by_broker or "?"),
        error=str(headers.get(ERROR) or _BY_THE_BROKER.get(by_broker, "")),
        attempts=next((number for name in (ATTEMPTS, "x-delivery-count") if (number := _number(headers.get(name)))), 0),
        died_at=str(headers.get(DIED_AT) or _when(death.get("time"))),
        body=body,
        properties=properties,
        headers=headers,
    )


def browse(connection: Any, consumer: str, *, limit: int = 1000) -> list[Letter]:
    """The oldest letters of a consumer; they stay where they are. Raises BusError if the queue is not there."""
    with _held(connection, consumer) as take:
        letters: list[Letter] = []
        while len(letters) < limit and (raw := take()) is not None:
            letters.append(letter_of(consumer, raw))
        return letters


def replay(connection: Any, consumer: str, wanted: Callable[[Letter], bool]) -> Replay:
    """Send the letters that are wanted back to their queues, as if they came for the first time.

    Each is confirmed in its queue before it leaves this one; one that comes twice is recognised by the inbox. Raises
    BusError if the queue is not there.
    """
    publisher = Publisher(connection)
    sent: list[Letter] = []
    left: list[tuple[Letter, str]] = []
    with _held(connection, consumer) as take:
        count = take.depth  # what dies again meanwhile is not sent round in a circle
        while count > 0 and (raw := take()) is not None:
            count -= 1
            letter = letter_of(consumer, raw)
            if not wanted(letter):
                continue
            if letter.queue is None:
                left.append((letter, "nothing tells which queue it came from"))
                continue
            try:
                publish_one(publisher, fresh_parcel(letter.queue, letter.body, letter.properties, letter.headers))
            except UnconfirmedError as error:
                left.append((letter, str(error)))
                continue
            take.done_with(raw)
            sent.append(letter)
    return Replay(tuple(sent), tuple(left))


class _Hand:
    """Takes messages of one queue without acknowledging them."""

    def __init__(self, channel: Any, queue: str) -> None:
        try:
            self.depth = int(channel.queue_declare(queue, passive=True).message_count)
        except amqp.NotFound as error:
            raise BusError(f"there is no queue {queue} on the broker") from error
        self._channel = channel
        self._queue = queue

    def __call__(self) -> Any:
        return self._channel.basic_get(self._queue)

    def done_with(self, raw: Any) -> None:
        self._channel.basic_ack(raw.delivery_tag)


@contextmanager
def _held(connection: Any, consumer: str) -> Iterator[_Hand]:
    """A hand in the consumer's dead-letter queue; what it still holds at the end goes back."""
    channel = connection.channel()
    channel.auto_decode = False
    try:
        yield _Hand(channel, dead_queue_of(consumer))
    finally:
        channel.close()


def _origin(consumer: str, headers: Mapping[str, Any], event: Mapping[str, Any]) -> str | None:
    """The queue that a letter came from: as we noted it, as the broker did, or as the event's type says."""
    own = {queue for row in CATALOG for owner, _, queue in row.queues() if owner == consumer}
    deaths = [death.get("queue") for death in _deaths(headers)]
    candidates = [headers.get(QUEUE), *deaths, queue_of(consumer, str(event.get("type")))]
    return next((queue for queue in map(str, candidates) if queue in own), None)


def _deaths(headers: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the broker noted, the last death first; a stranger may have sent anything under that name."""
    noted = headers.get("x-death")
    return [death for death in noted if isinstance(death, dict)] if isinstance(noted, list) else []


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _attributes(body: bytes) -> Mapping[str, Any]:
    """The envelope, as far as it can be read."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _when(time: Any) -> str:
    return time.isoformat() if isinstance(time, datetime) else "?"
