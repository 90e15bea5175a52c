"""Notify's database: SQLAlchemy Core on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from infra.store import Database
from services.notify.ports import CampaignRecord, Clock
from services.notify.store.plans import Plans
from services.notify.store.post import Post
from services.notify.store.reading import Reading
from services.notify.store.session import DatabaseClock
from services.notify.store.tables import bus, metadata

__all__ = ["NotifyStore", "Transactor", "bus", "metadata"]


class NotifyStore(Post, Plans, Reading):
    """services.notify.ports.Store on one connection."""


class Transactor:
    """Opens transactions of a store; one for a process.

    `clock` replaces the database's where a season is simulated: a function of the connection.
    """

    def __init__(self, database: Database, clock: Callable[[Connection], Clock] = DatabaseClock) -> None:
        self.database = database
        self._clock = clock
        self._known: dict[tuple[str, int], CampaignRecord] = {}

    def on(self, connection: Connection) -> NotifyStore:
        """The store on a transaction that somebody else has begun, such as that of a message's inbox row."""
        return NotifyStore(connection, self._clock(connection), self._known)

    @contextmanager
    def __call__(self) -> Iterator[NotifyStore]:
        with self.database.begin() as connection:
            yield self.on(connection)

    @contextmanager
    def reading(self) -> Iterator[NotifyStore]:
        """A store for reading; whatever it begins is rolled back."""
        with self.database.read() as connection:
            yield self.on(connection)
