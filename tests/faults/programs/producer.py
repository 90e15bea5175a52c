"""A producer: writes submissions, each with its event in one transaction, until its share is committed."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, insert, select

from contracts.events import EntrySubmittedV1, EntryWithdrawnV1, Event, UnitRef
from infra.bus.outbox import Outbox
from infra.store import Database
from tests.faults.programs.settings import Settings, work
from tests.faults.programs.tables import BUS, ENTRIES

POISON = "毒"
"""The title of a submission that the handler cannot digest."""


def event_of(settings: Settings, number: int) -> Event:
    """The event of the submission with this number."""
    entry_id, now, unit = uuid4(), datetime.now(UTC), UnitRef(code="u1", name="某馆")
    if settings.withdrawals and number % 2:
        return EntryWithdrawnV1(
            entry_id=entry_id, campaign_id="faults", unit=unit, category="story", revision=1, withdrawn_at=now
        )
    return EntrySubmittedV1(
        entry_id=entry_id,
        campaign_id="faults",
        campaign_version=1,
        receipt_number=f"F-{number}",
        revision=1,
        unit=unit,
        category="story",
        title=POISON if number in settings.poison else "书香",
        fields={"summary": "一座图书馆与它的读者。" * 8},
        materials=(),
        digest="0" * 64,
        submitted_by=UUID(int=1),
        submitted_at=now,
    )


class Producer:
    """Has `share` submissions committed, counting those of its former lives."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = Database(settings.dsn, name="producer", pool_size=1)
        self.outbox = Outbox("intake", BUS)

    def run(self) -> None:
        with self.database.read() as connection:
            mine = select(func.coalesce(func.max(ENTRIES.c.number) + 1, 0))
            done = connection.execute(mine.where(ENTRIES.c.producer == self.settings.name)).scalar_one()
        for number in range(done, self.settings.share):
            self.submit(number, event_of(self.settings, number))
            time.sleep(random.uniform(0, 2 * self.settings.pause))

    def submit(self, number: int, event: Event) -> None:
        """One state change with its event; a kill anywhere in it leaves both or neither."""
        with self.database.begin() as connection:
            self.write(connection, number, event)
            work(self.settings)
            self.outbox.add(connection, event, subject=str(event.entry_id))  # type: ignore[attr-defined]  # both have it
        work(self.settings)

    def write(self, connection: Connection, number: int, event: Event) -> None:
        """The state change."""
        row = {
            "entry_id": str(event.entry_id),  # type: ignore[attr-defined]  # both kinds have it
            "event": event.TYPE,
            "producer": self.settings.name,
            "number": number,
            "title": getattr(event, "title", ""),
        }
        connection.execute(insert(ENTRIES).values(**row))


def main(settings: Settings) -> None:
    Producer(settings).run()
