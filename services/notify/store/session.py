"""What the parts of the store share: the connection, the clock, the outbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, select

from contracts.events import Event
from infra.bus.messages import TRAIL, Trail
from infra.bus.outbox import Outbox
from infra.store.database import database_now
from services.notify.ports import CampaignRecord, Clock
from services.notify.store.tables import bus

_OUTBOX = Outbox("notify", bus)


@dataclass(frozen=True, slots=True)
class DatabaseClock:
    """The clock of the database, asked anew each time."""

    connection: Connection

    def now(self) -> datetime:
        return database_now(self.connection)


@dataclass
class Session:
    """One transaction. `clock` stands in for the database's where a season is simulated."""

    connection: Connection
    clock: Clock
    known: dict[tuple[str, int], CampaignRecord] = field(default_factory=dict)
    """Campaigns read before, by version, shared between transactions: a definition is long and never changes."""
    _asked: datetime | None = None

    def now(self) -> datetime:
        """The time when this transaction first asked: all that it writes has one time, for one question."""
        if self._asked is None:
            self._asked = self.clock.now()
        return self._asked

    def publish(
        self, event: Event, *, subject: str, correlation: str | None = None, causation: str | None = None
    ) -> None:
        """Write an event; `correlation` and `causation` for what happens long after the event that caused it."""
        if correlation is None:
            _OUTBOX.add(self.connection, event, subject=subject)
            return
        token = TRAIL.set(Trail(correlation, causation))
        try:
            _OUTBOX.add(self.connection, event, subject=subject)
        finally:
            TRAIL.reset(token)

    def _lock(self, what: str) -> None:
        """Wait for our turn with something that may have no row yet; until the transaction ends."""
        self.connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
