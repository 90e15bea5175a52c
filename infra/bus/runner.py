"""A worker process: the nameko container, the relay and the health server, until SIGTERM.

`__main__` calls patch() before it imports anything else, then run().
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.bus.outbox import BusTables
from infra.store import Database


def patch() -> None:
    """Make the standard library and psycopg cooperative. Must come before every other import of the process."""
    raise NotImplementedError


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
    of it (`provide={"app": app}` → `self.app`). A broker that is away is waited for: /ready says so.
    """
    raise NotImplementedError
