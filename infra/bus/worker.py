"""A worker: the nameko container, the relay and the health server in one process, and its orderly end."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from infra import starting
from infra.bus import receiver
from infra.bus.entrypoint import TrailProvider
from infra.bus.green import ServiceContainer, config, eventlet
from infra.bus.guard import guarded
from infra.bus.outbox import BusTables
from infra.bus.outcome import explain
from infra.bus.receiver import Receiver
from infra.bus.relay import Relay
from infra.observe.health import HealthServer
from infra.store import Database

log = structlog.get_logger()

STOP_SECONDS = 7.5
"""How long work in flight may take to end after SIGTERM; what has not ended is redelivered."""
HARD_STOP_SECONDS = 9.5
"""When the process ends after SIGTERM, whatever state it is in."""
BEAT_SECONDS = 0.1
DATABASE_CHECK_SECONDS = 5.0


class Worker:
    """One service's worker process. The process must have been patched (infra.bus.runner.patch)."""

    def __init__(
        self,
        service_class: type,
        *,
        amqp_url: str,
        health: tuple[str, int],
        database: Database,
        tables: BusTables,
        relay: bool,
        provide: Mapping[str, Any],
        retry_delays: tuple[float, ...],
        relay_batch: int,
    ) -> None:
        config.setup({receiver.AMQP_URL: amqp_url, receiver.RETRY_DELAYS: retry_delays})
        # A class of its own: the service's class stays as it was written, for whoever else looks at it.
        parts = {**guarded(service_class), **provide, "bus_trail": TrailProvider()}
        hosted = type(service_class.__name__, (service_class,), parts)
        self.container = ServiceContainer(hosted)
        self.relay = (
            Relay(
                self.container.service_name,
                database.dsn,
                amqp_url,
                batch=relay_batch,
                retry_delays=retry_delays,
                outbox=tables.outbox.fullname,
            )
            if relay
            else None
        )
        self._database = database
        self._database_problem: str | None = "not asked yet"
        self._stop = False
        original = eventlet.patcher.original
        self._threading = original("threading")
        self._deadline = self._threading.Event()
        self.health = HealthServer(*health, self.checks, sockets=original("socket"), threads=self._threading)

    def checks(self) -> dict[str, str | None]:
        """Why each part of the worker is not ready; None where it is."""
        shared = self.container.shared_extensions.get(Receiver)
        return {
            **({"consumers": shared.problem} if shared else {}),
            **({"relay": self.relay.problem} if self.relay else {}),
            "database": self._database_problem,
        }

    def run(self) -> None:
        """Until SIGTERM or SIGINT, or until the container breaks; then its error is raised."""
        # Exceptions of handlers are logged by the entrypoint, with what they were about and without quoted values.
        logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)
        self._threading.Thread(target=self._end_in_time, name="laurel-deadline", daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self.health.start()
        relaying = eventlet.spawn(self.relay.run) if self.relay else None
        checking = eventlet.spawn(self._check_database)
        self.container.start()
        starting.done()
        log.info("worker.started", health_port=self.health.port)
        died = eventlet.spawn(self.container.wait)
        while not (self._stop or died.dead or (relaying is not None and relaying.dead)):
            self.health.beat()
            eventlet.sleep(BEAT_SECONDS)
        checking.kill()
        drained = self._drain(relaying)
        log.info("worker.stopped", drained=drained)
        self.health.stop()
        for part in (died, relaying):
            if part is not None and part.dead:
                part.wait()  # raises what it died of, if it did

    def _drain(self, relaying: Any) -> bool:
        """Stop receiving, let work in flight end, stop the relay; whether all that was done in time."""
        if self.relay is not None:
            self.relay.stop()
        try:
            with eventlet.Timeout(STOP_SECONDS):
                self.container.stop()
                while relaying is not None and not relaying.dead:
                    eventlet.sleep(BEAT_SECONDS)
        except eventlet.Timeout:
            return False
        return True

    def _on_signal(self, _number: int, _frame: Any) -> None:
        """Only flags are set here: the loop and a real thread see them."""
        self._stop = True
        self._deadline.set()

    def _end_in_time(self) -> None:
        """A real thread: a hub that is stuck must not keep the process from ending."""
        self._deadline.wait()
        self._threading.Event().wait(HARD_STOP_SECONDS)
        os._exit(1)

    def _check_database(self) -> None:
        while True:
            try:
                with self._database.read() as connection:
                    connection.execute(text("SELECT 1"))
                self._database_problem = None
            except SQLAlchemyError as error:
                self._database_problem = explain(error)
            eventlet.sleep(DATABASE_CHECK_SECONDS if self._database_problem is None else 1.0)
