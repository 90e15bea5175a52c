"""Connections to the broker, and the patience with which they are made again."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import amqp
from kombu.connection import Connection
from kombu.exceptions import OperationalError

HEARTBEAT_SECONDS = 30
"""The broker drops a client that has been silent for two of these; a hub must never be blocked for that long."""

CONNECT_SECONDS = 5
SILENCE_SECONDS = 30
"""How long one read or write may wait. A broker under its memory or disk alarm stops reading from publishers."""

LOST: tuple[type[Exception], ...] = (OSError, EOFError, amqp.AMQPError, OperationalError)
"""What a broker that is away, or going away, raises. The answer is always a new connection."""


def connect(amqp_url: str) -> Any:
    """An open amqp.Connection to the broker that the URL names (amqp:// or amqps://). Raises one of LOST."""
    recipe = Connection(amqp_url, heartbeat=HEARTBEAT_SECONDS, connect_timeout=CONNECT_SECONDS)
    connection = recipe.transport.establish_connection()
    connection.transport.sock.settimeout(SILENCE_SECONDS)
    return connection


def close(connection: Any, *, politely: bool = False) -> None:
    """Close a connection that may be broken already. `politely` says good-bye and waits a second for the answer."""
    if connection is None:
        return
    with contextlib.suppress(*LOST, AttributeError):  # py-amqp forgets its transport as soon as it is gone
        if politely:
            connection.transport.sock.settimeout(1)
            connection.close()
    with contextlib.suppress(*LOST):
        connection.collect()


class Backoff:
    """Growing waits with jitter, so that a herd of processes does not come back in step."""

    def __init__(self, first: float = 0.2, most: float = 5.0) -> None:
        self.first = first
        self.most = most
        self._next = first

    def reset(self) -> None:
        """Begin again with the shortest wait."""
        self._next = self.first

    def __call__(self) -> float:
        """Seconds to wait now."""
        now = self._next
        self._next = min(self._next * 2, self.most)
        return now * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
