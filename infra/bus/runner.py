"""The way into a worker process. `__main__` calls patch() before it imports anything else, and then run().

For that reason this module imports nothing that must not be there before the patch; the work is in infra.bus.worker.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.bus.outbox import BusTables
    from infra.store import Database


def patch() -> None:
    """Make the standard library and psycopg cooperative. Must come before every other import of the process."""
    # psycopg's own way of waiting blocks the hub; it reads this variable when it is imported.
    os.environ["PSYCOPG_WAIT_FUNC"] = "wait_select"
    from infra.bus.green import eventlet

    eventlet.monkey_patch()


def run(
    service_class: type,
    *,
    amqp_url: str,
    health_port: int,
    database: Database,
    tables: BusTables,
    relay: bool = True,
    provide: Mapping[str, Any] | None = None,
    health_host: str = "127.0.0.1",
    retry_delays: tuple[float, ...] = (1, 5, 30, 120),
    relay_batch: int = 100,
) -> None:
    """Run a worker until SIGTERM or SIGINT; returns when all is drained, at most 10 s later.

    `service_class` has `name` and methods with `@subscribe` and `@every`; each item of `provide` becomes an attribute
    of it (`provide={"app": app}` → `self.app`). `tables` are the service's own, as its handlers use them; the relay
    reads that outbox. A broker or a database that is away is waited for: /ready says so. Raises what broke the
    container, if something did.
    """
    from infra.bus.worker import Worker

    Worker(
        service_class,
        amqp_url=amqp_url,
        health=(health_host, health_port),
        database=database,
        tables=tables,
        relay=relay,
        provide=provide or {},
        retry_delays=retry_delays,
        relay_batch=relay_batch,
    ).run()
