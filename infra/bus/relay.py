"""The relay: moves committed events from a service's outbox to the broker, in order, each confirmed before marked."""

from __future__ import annotations

from infra.bus.topology import RETRY_DELAYS


class Relay:
    """Publishes one service's outbox. Several copies may run; each event is taken by one of them."""

    def __init__(
        self,
        service: str,
        database_dsn: str,
        amqp_url: str,
        *,
        batch: int = 100,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
    ) -> None:
        raise NotImplementedError

    def run(self) -> None:
        """Publish until stop() is called; never raises for a broker or database that is away."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask run() to finish the batch in hand and return."""
        raise NotImplementedError
