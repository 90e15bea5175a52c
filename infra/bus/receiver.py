"""The connection over which a worker receives: one for the process, a channel for each queue.

nameko's own consumer takes a connection for each method, waits for the broker at start, and dies of a failed ack.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import amqp
import structlog

from infra.bus import broker, counters, topology
from infra.bus.green import SharedExtension, config, eventlet
from infra.bus.publisher import Courier, UnconfirmedError
from infra.bus.topology import TopologyError
from infra.bus.wire import Parcel

log = structlog.get_logger()

AMQP_URL, RETRY_DELAYS = "AMQP_URI", "LAUREL_RETRY_DELAYS"
"""Keys of nameko's configuration; the first is nameko's own."""

LISTEN_SECONDS = 1.0
MEASURE_SECONDS = 10.0
HAND_BACK_SECONDS = (1.0, 5.0)

_INTERRUPTIONS: tuple[type[Exception], ...] = (*broker.LOST, TopologyError)


class Delivery:
    """One message as it came, and the ways to let go of it. None of them raises."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.body: bytes = raw.body if isinstance(raw.body, bytes) else raw.body.encode()
        self.properties: dict[str, Any] = dict(raw.properties)
        self.headers: dict[str, Any] = self.properties.pop("application_headers", None) or {}
        self.redelivered: bool = bool(raw.delivery_info["redelivered"])

    @property
    def held(self) -> bool:
        """Whether the broker still counts it as ours; no longer, once the connection it came by is gone."""
        return self._raw.channel.connection is not None

    def ack(self) -> None:
        """It is done with."""
        self._let_go("ack", lambda: self._raw.channel.basic_ack(self._raw.delivery_tag))

    def requeue(self) -> None:
        """Somebody else, or we later, shall have it again."""
        self._let_go("requeue", lambda: self._raw.channel.basic_reject(self._raw.delivery_tag, requeue=True))

    def _let_go(self, how: str, method: Any) -> None:
        try:
            method()
        except broker.LOST as error:
            # The broker takes back whatever a lost connection held; the inbox knows what was done already.
            log.warning("event.let_go_failed", how=how, problem=f"{type(error).__name__}: {error}")


class Subscriber(Protocol):
    """Who wants a queue's messages."""

    queue: str
    prefetch: int

    def take(self, delivery: Delivery) -> None:
        """Called for each message, on the connection's own green thread: it must not wait."""


class Receiver(SharedExtension):  # type: ignore[misc]  # nameko ships no types
    """Receives for all subscriptions of a worker; a broker that is away is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.problem: str | None = "not started"
        """Why nothing can be received now; None while connected."""
        self.stopping = eventlet.event.Event()
        self._subscribers: list[Subscriber] = []
        self._channels: dict[str, Any] = {}
        self._thread: Any = None

    def setup(self) -> None:
        self.retry_delays: Sequence[float] = config[RETRY_DELAYS]
        self._amqp_url: str = config[AMQP_URL]
        self._courier = Courier(self._amqp_url)
        # A place for each worker of the pool: what has none yet has not begun, and can be handed back at once.
        self.places = eventlet.semaphore.Semaphore(self.container.max_workers)

    def add(self, subscriber: Subscriber) -> None:
        """Receive for this one, too; before start()."""
        self._subscribers.append(subscriber)

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._run, identifier="laurel.receiver")

    def cancel(self, subscriber: Subscriber) -> None:
        """No more messages for this one; what comes all the same is handed back."""
        if not self.stopping.ready():
            self.stopping.send(True)
        channel = self._channels.get(subscriber.queue)
        if channel is not None:
            with suppress(*broker.LOST):
                channel.basic_cancel(subscriber.queue, nowait=True)

    def stop(self) -> None:
        """After the last worker has ended: close the connection, its acks being on their way."""
        if self._thread is not None:
            self._thread.kill()
        self._courier.close()

    def kill(self) -> None:
        self.stop()

    def forward(self, parcel: Parcel) -> None:
        """Publish a failed message's copy. Raises UnconfirmedError, TopologyError, or one of broker.LOST."""
        try:
            self._courier.publish(parcel)
        except (UnconfirmedError, amqp.NotFound):
            # Somebody deleted the queue, or the retry tier's exchange, that it should go to.
            topology.declare(self._amqp_url, self.retry_delays)
            self._courier.publish(parcel)

    def hand_back_later(self, delivery: Delivery, wait: broker.Backoff) -> None:
        """Requeue after a pause, so that what cannot be handled now does not come back in a hot loop."""

        def wait_and_requeue() -> None:
            self.pause(wait())
            delivery.requeue()

        self.container.spawn_managed_thread(wait_and_requeue, identifier="laurel.hand_back")

    def pause(self, seconds: float) -> None:
        """Sleep, unless the worker is stopping."""
        with eventlet.Timeout(seconds, False):
            self.stopping.wait()

    def _run(self) -> None:
        backoff = broker.Backoff()
        while not self.stopping.ready():
            try:
                self._session(backoff)
            except _INTERRUPTIONS as error:
                self.problem = f"{type(error).__name__}: {error}"
                wait = backoff()
                log.warning("receiver.interrupted", problem=self.problem, again_in=round(wait, 2))
                self.pause(wait)
            except Exception as error:  # py-amqp fails in many ways on frames it does not expect
                self.problem = f"{type(error).__name__}: {error}"
                log.exception("receiver.failed")
                self.pause(backoff())

    def _session(self, backoff: broker.Backoff) -> None:
        """Connect, declare, subscribe, and listen until the connection is lost or killed."""
        connection = broker.connect(self._amqp_url)
        try:
            topology.declare_on(connection, self.retry_delays)
            for subscriber in self._subscribers:
                self._subscribe(connection, subscriber)
            self.problem = None
            backoff.reset()
            log.info("receiver.connected", queues=len(self._subscribers))
            measured_at = -MEASURE_SECONDS
            while True:
                with suppress(TimeoutError):
                    connection.drain_events(timeout=LISTEN_SECONDS)
                connection.heartbeat_tick()
                if time.monotonic() >= measured_at + MEASURE_SECONDS:
                    measured_at = time.monotonic()
                    self._measure(connection)
        finally:
            self._channels.clear()
            broker.close(connection, politely=self.stopping.ready())

    def _measure(self, connection: Any) -> None:
        """How much waits in each of our queues; of one that is gone, nobody knows."""
        channel = connection.channel()
        try:
            for subscriber in self._subscribers:
                found = channel.queue_declare(subscriber.queue, passive=True)
                counters.READY.labels(subscriber.queue).set(found.message_count)
        except amqp.NotFound:  # it comes back with the next connection, or when a relay finds it missing
            return
        channel.close()

    def _subscribe(self, connection: Any, subscriber: Subscriber) -> None:
        channel = connection.channel()
        channel.auto_decode = False  # a body is passed on as it came
        channel.basic_qos(0, subscriber.prefetch, False)
        self._channels[subscriber.queue] = channel
        channel.basic_consume(
            subscriber.queue, consumer_tag=subscriber.queue, callback=partial(self._deliver, subscriber)
        )

    def _deliver(self, subscriber: Subscriber, raw: Any) -> None:
        delivery = Delivery(raw)
        if self.stopping.ready():
            delivery.requeue()
        else:
            subscriber.take(delivery)
