"""What stands on the broker, worked out from the catalogue: exchanges, queues, retry tiers, dead-letter queues."""

from __future__ import annotations

RETRY_DELAYS: tuple[float, ...] = (1, 5, 30, 120)
"""Seconds before the second, third, fourth and fifth attempt."""


def declare(amqp_url: str, retry_delays: tuple[float, ...] = RETRY_DELAYS) -> None:
    """Declare everything the catalogue asks for; doing it again changes nothing.

    Raises TopologyError if something stands there with other arguments, and the connection's own errors if the broker
    is away.
    """
    raise NotImplementedError
