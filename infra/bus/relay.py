"""The relay: moves committed events from a service's outbox to the broker, in order, each confirmed before marked.

A wave holds at most one event of each subject, so that one that the broker does not take holds back the later ones of
its subject and nobody else's. While the broker works on a wave, the one before is marked and the one after is read.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import structlog

from contracts.catalog import exchange_of, produced_by, queue_of
from contracts.envelope import CONTENT_TYPE
from infra.bus import broker, counters, topology
from infra.bus.ledger import Ledger, Row
from infra.bus.publisher import Publisher
from infra.bus.topology import RETRY_DELAYS, TopologyError
from infra.bus.wire import Parcel, event_properties

log = structlog.get_logger()

CONFIRM_SECONDS = 15.0
IDLE_SECONDS = (0.01, 0.075)
"""The first and the longest pause between two looks into an empty outbox."""
HOLD_SECONDS = (0.5, 15.0)
"""How long an event that the broker did not take is held back: at first, and at most after doubling."""
SHARE_SECONDS = 1.0
MEASURE_SECONDS = 2.0
MEND_SECONDS = 5.0
PURGE_SECONDS = 3600.0
PURGE_ROWS = 1000
RETENTION = timedelta(days=30)
WAVE_OCTETS = 1 << 20

_INTERRUPTIONS: tuple[type[Exception], ...] = (*broker.LOST, psycopg.Error, TopologyError)


class Relay:
    """Publishes one service's outbox. Several copies may run; each event is taken by one of them.

    Plain blocking code: it runs in a thread, in a green thread of a worker, or as a process of its own.
    """

    def __init__(
        self,
        service: str,
        database_dsn: str,
        amqp_url: str,
        *,
        batch: int = 100,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        retention: timedelta = RETENTION,
        outbox: str = "outbox",
    ) -> None:
        self.service = service
        self.problem: str | None = "not started"
        """Why nothing can be published now; None while the relay is connected."""
        self._dsn = database_dsn
        self._amqp_url = amqp_url
        self._batch = batch
        self._retry_delays = retry_delays
        self._retention = retention
        self._outbox = outbox
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask run() to finish the wave in hand and return."""
        self._stop.set()

    def run(self) -> None:
        """Publish until stop() is called; a broker or database that is away is waited for."""
        backoff = broker.Backoff()
        while not self._stop.is_set():
            try:
                self._session(backoff)
            except _INTERRUPTIONS as error:
                self.problem = f"{type(error).__name__}: {error}"
                wait = backoff()
                log.warning("relay.interrupted", problem=self.problem, again_in=round(wait, 2))
                self._stop.wait(wait)
        self.problem = "stopped"

    def _session(self, backoff: broker.Backoff) -> None:
        """Connect to both sides and publish until one of them fails or stop() is called."""
        connection = broker.connect(self._amqp_url)
        try:
            topology.declare_on(connection, self._retry_delays)
            ledger = Ledger(self._dsn, name=f"{self.service}-relay", table=self._outbox)
            try:
                session = Session(
                    self.service,
                    connection,
                    ledger,
                    batch=self._batch,
                    retention=self._retention,
                    retry_delays=self._retry_delays,
                )
                counters.SESSIONS.labels(self.service).inc()
                log.info("relay.connected")
                self.problem = None
                backoff.reset()
                session.run(self._stop)
            finally:
                ledger.close()
        finally:
            broker.close(connection, politely=self._stop.is_set())


class Session:
    """The relay's work while both connections hold. What a broken session leaves unmarked, the next publishes again."""

    def __init__(
        self,
        service: str,
        connection: Any,
        ledger: Ledger,
        *,
        batch: int,
        retention: timedelta,
        retry_delays: tuple[float, ...],
    ) -> None:
        self._service = service
        self._connection = connection
        self._publisher = Publisher(connection)
        self._ledger = ledger
        self._batch = batch
        self._retention = retention
        self._retry_delays = retry_delays
        self._queues = {
            (row.event.TYPE, lane): tuple(queue_of(consumer, row.event.TYPE, lane) for consumer in row.consumers)
            for row in produced_by(service)
            for lane in ("", *row.lanes)
        }
        self._pending: deque[Row] = deque()
        """Read, and not on its way yet; in the order of writing."""
        self._confirmed: list[int] = []
        """Taken by the broker, and not marked yet."""
        self._copies: dict[int, set[str]] = {}
        """Of events that are held back: the addresses whose copies the broker has confirmed already."""
        now = time.monotonic()
        self._share_at = now
        self._measure_at = now
        self._mend_at = now
        self._purge_at = now + random.uniform(60, 600)  # noqa: S311 - copies shall not purge in step

    def run(self, stop: threading.Event) -> None:
        """Publish until told to stop. Raises broker.LOST, psycopg.Error, TopologyError."""
        idle, longest = IDLE_SECONDS
        pause = idle
        while not stop.is_set():
            self._keep_house()
            if not self._pending:
                self._mark()
                self._read()
            wave = self._next_wave()
            if wave:
                self._publish(wave)
                pause = idle
                time.sleep(0)  # in a worker: let the consumers have their turn
            else:
                self._listen(pause)
                pause = min(pause * 1.5, longest)
        self._mark()

    def _next_wave(self) -> list[Row]:
        """The oldest pending event of each subject, at most a batch of them and about a megabyte."""
        wave: list[Row] = []
        later: deque[Row] = deque()
        subjects: set[str] = set()
        octets = 0
        for row in self._pending:
            if row.subject in subjects or len(wave) >= self._batch or octets > WAVE_OCTETS:
                later.append(row)
            else:
                wave.append(row)
                octets += len(row.body)
            subjects.add(row.subject)
        self._pending = later
        return wave

    def _publish(self, wave: Sequence[Row]) -> None:
        """Publish a wave; meanwhile mark the one before and read on; then note what became of it."""
        parcels: list[Parcel] = []
        owners: list[Row] = []
        failed: dict[int, str] = {}
        for row in wave:
            if (row.type, row.lane) not in self._queues:
                # Written by a later version of this service: its relay knows who consumes it. To send it to nobody
                # and call it published would be to lose it.
                known = f"{row.type} in the lane {row.lane!r}" if row.lane else row.type
                failed[row.seq] = f"{known} is not in this version's catalogue of {self._service}"
                continue
            for parcel in self._parcels(row):
                parcels.append(parcel)
                owners.append(row)
        self._publisher.send(parcels)
        self._mark()
        if len(self._pending) < self._batch:
            self._read(in_hand=wave)
        problems = self._publisher.settle(CONFIRM_SECONDS)
        fates = list(zip(owners, parcels, problems, strict=True))
        failed |= {row.seq: problem for row, _, problem in fates if problem is not None}
        for row, parcel, problem in fates:
            if row.seq not in failed:
                self._copies.pop(row.seq, None)
            elif problem is None:
                self._copies.setdefault(row.seq, set()).add(_address(parcel))
        self._confirmed = [row.seq for row in wave if row.seq not in failed]
        counters.PUBLISHED.labels(self._service).inc(len(self._confirmed))
        if failed:
            self._hold(wave, failed)

    def _parcels(self, row: Row) -> list[Parcel]:
        """One mandatory copy for each consumer's queue, and one for whoever else listens.

        `mandatory` through the exchange would vouch for one listener, whoever it is; by queue name it vouches for each.
        Of an event that was held back, only the copies that the broker has not confirmed yet.
        """
        properties = event_properties(CONTENT_TYPE, row.id)
        copies = [Parcel("", queue, properties, row.body, row.id) for queue in self._queues[row.type, row.lane]]
        copies.append(Parcel(exchange_of(self._service), row.type, properties, row.body, row.id, mandatory=False))
        if (taken := self._copies.get(row.seq)) is not None:
            copies = [copy for copy in copies if _address(copy) not in taken]
        return copies

    def _hold(self, wave: Sequence[Row], failed: dict[int, str]) -> None:
        """Hold back what was not taken, and the later events of the same subjects with it."""
        subjects = {row.subject for row in wave if row.seq in failed}
        self._pending = deque(row for row in self._pending if row.subject not in subjects)
        first, most = HOLD_SECONDS
        self._ledger.hold(failed, first=first, most=most)
        counters.HELD.labels(self._service).inc(len(failed))
        log.warning("relay.held", events=len(failed), problem=next(iter(failed.values())))
        if not self._publisher.usable:
            raise TimeoutError(f"the broker did not confirm within {CONFIRM_SECONDS:g} s")
        if time.monotonic() >= self._mend_at:
            # A queue that was deleted comes back here, and not only when a consumer starts.
            self._mend_at = time.monotonic() + MEND_SECONDS
            topology.declare_on(self._connection, self._retry_delays)

    def _mark(self) -> None:
        if self._confirmed:
            self._ledger.mark(self._confirmed)
            self._confirmed = []

    def _read(self, in_hand: Sequence[Row] = ()) -> None:
        """Read on, up to two batches ahead."""
        known = [row.seq for row in (*in_hand, *self._pending)]
        self._pending.extend(self._ledger.waiting(2 * self._batch - len(self._pending), known))

    def _listen(self, seconds: float) -> None:
        """Wait, with an ear to the broker: heartbeats, or its good-bye."""
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=seconds)

    def _keep_house(self) -> None:
        """What is due from time to time. Nothing is on its way while it runs."""
        now = time.monotonic()
        if now >= self._share_at:
            self._share_at = now + SHARE_SECONDS
            self._connection.heartbeat_tick()
            self._mark()
            if self._ledger.share():
                self._pending.clear()
                # Another relay may have finished what was held back here, and an operator published it once more since.
                self._copies.clear()
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_SECONDS
            backlog = self._ledger.backlog()
            counters.WAITING.labels(self._service).set(backlog.waiting)
            counters.LAG.labels(self._service).set(backlog.lag_seconds)
        if now >= self._purge_at:
            purged = self._ledger.purge(self._retention, limit=PURGE_ROWS)
            self._purge_at = now + (1.0 if purged == PURGE_ROWS else PURGE_SECONDS)


def _address(parcel: Parcel) -> str:
    return f"{parcel.exchange}/{parcel.routing_key}"
