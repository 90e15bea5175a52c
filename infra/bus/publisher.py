"""Publishing that knows what became of each message: confirmed, returned, refused, or never answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from infra.bus import broker, wire
from infra.bus.errors import BusError
from infra.bus.wire import Parcel


class UnconfirmedError(BusError):
    """The broker did not take a message: returned as unroutable, refused, or not confirmed in time."""


class Publisher:
    """A channel in confirm mode. One batch at a time: send() writes it, settle() says what became of each message."""

    def __init__(self, connection: Any) -> None:
        """`connection` is an open amqp.Connection. Raises one of broker.LOST."""
        self._connection = connection
        self._channel = connection.channel()
        self._channel.confirm_select()
        self._channel.events["basic_ack"].add(self._on_ack)
        self._channel.events["basic_nack"].add(self._on_nack)
        self._channel.events["basic_return"].add(self._on_return)
        self._tag = 0  # the broker counts the messages of a channel from 1, and so do we
        self._lowest = 1
        self._waiting: set[int] = set()
        self._batch: Sequence[Parcel] = ()
        self._errors: dict[int, str] = {}
        self.usable = True
        """False once a message was not confirmed in time: a late confirm would confuse the next batch."""

    def send(self, parcels: Sequence[Parcel]) -> None:
        """Write a batch. Raises one of broker.LOST."""
        self._batch = parcels
        self._errors = {}
        self._lowest = self._tag + 1
        self._tag += len(parcels)
        self._waiting = set(range(self._lowest, self._tag + 1))
        octets = wire.frames(parcels, channel=self._channel.channel_id, frame_max=self._connection.frame_max)
        self._connection.transport.write(octets)

    def settle(self, seconds: float) -> list[str | None]:
        """What became of each message of the batch, in its order: None if confirmed, else the reason.

        Waits so many seconds at most. Raises one of broker.LOST.
        """
        first = self._tag - len(self._batch) + 1
        deadline = time.monotonic() + seconds
        while self._waiting:
            try:
                self._connection.drain_events(timeout=max(deadline - time.monotonic(), 0.001))
            except TimeoutError:
                if time.monotonic() < deadline:
                    continue
                self.usable = False
                self._errors |= dict.fromkeys(self._waiting, f"not confirmed within {seconds:g} s")
                self._waiting = set()
        return [self._errors.get(first + place) for place in range(len(self._batch))]

    def _done(self, tag: int, *, multiple: bool) -> list[int]:
        """The tags that a confirm speaks of."""
        tags = [tag]
        if multiple:
            tags = [each for each in range(self._lowest, tag + 1) if each in self._waiting]
            self._lowest = tag + 1
        self._waiting.difference_update(tags)
        return tags

    def _on_ack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp calls it so
        self._done(tag, multiple=multiple)

    def _on_nack(self, tag: int, multiple: bool) -> None:  # noqa: FBT001 - py-amqp calls it so
        self._errors |= dict.fromkeys(self._done(tag, multiple=multiple), "refused by the broker (nack)")

    def _on_return(self, error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """An unroutable message comes back before its confirm; message id and address say which one it is."""
        message_id = message.properties.get("message_id", "")
        first = self._tag - len(self._batch) + 1
        for place, parcel in enumerate(self._batch):
            address = (parcel.exchange, parcel.routing_key, parcel.message_id)
            if address == (exchange, routing_key, message_id):
                self._errors[first + place] = f"unroutable: no queue {routing_key} ({error})"


def publish_one(publisher: Publisher, parcel: Parcel, *, seconds: float = 10.0) -> None:
    """Publish one message and wait for its confirm. Raises UnconfirmedError, or one of broker.LOST."""
    publisher.send([parcel])
    (problem,) = publisher.settle(seconds)
    if problem is not None:
        raise UnconfirmedError(problem)


class Courier:
    """Publishes single messages, each confirmed, over a connection of its own that it makes when it needs one.

    May be shared by threads. An idle connection is not kept alive: one that has rested is not used again.
    """

    def __init__(self, amqp_url: str) -> None:
        self._amqp_url = amqp_url
        self._lock = threading.Lock()
        self._connection: Any = None
        self._publisher: Publisher | None = None
        self._used = 0.0

    def publish(self, parcel: Parcel) -> None:
        """Raises UnconfirmedError, or one of broker.LOST; either way the message may be published again."""
        with self._lock:
            try:
                if self._publisher is None or time.monotonic() - self._used > broker.HEARTBEAT_SECONDS:
                    self._close()
                    self._connection = broker.connect(self._amqp_url)
                    self._publisher = Publisher(self._connection)
                publish_one(self._publisher, parcel)
                self._used = time.monotonic()
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Give the connection back; the next publish makes a new one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        broker.close(self._connection)
        self._connection = self._publisher = None
