"""Review put together: its database, its outbox, and transactions on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text

from contracts.events import Event
from infra.bus.errors import Permanent
from infra.bus.messages import Message
from infra.bus.outbox import Outbox, effect
from infra.store import Database
from infra.web.refusals import Refusal
from services.review.domain.campaigns import Campaign
from services.review.store import SqlWork
from services.review.store.rows import storable
from services.review.store.tables import BUS

SERVICE = "review"

_STANDING = text("""
    SELECT EXISTS (SELECT 1 FROM disabled_accounts WHERE account_id = :account_id) AS disabled,
        EXISTS (SELECT 1 FROM ended_sessions WHERE session_id = :session_id) AS ended
""")


class Review:
    """What api and worker share."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._outbox = Outbox(SERVICE, BUS)
        self._known: dict[tuple[str, int], Campaign] = {}

    @contextmanager
    def change(self) -> Iterator[SqlWork]:
        """A transaction that changes something: committed at the end, rolled back if anything is raised."""
        with self.database.begin() as connection:
            work = SqlWork(connection, self._outbox, known=self._known)
            yield work
            work.write_record()

    @contextmanager
    def read(self) -> Iterator[SqlWork]:
        """A transaction that only reads, all of it as of one moment."""
        with self.database.read() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            work = SqlWork(connection, self._outbox, known=self._known)
            yield work
            work.write_record()  # which is refused: whoever only reads does nothing that has to be on record

    @contextmanager
    def effect(self, message: Message[Any]) -> Iterator[SqlWork]:
        """The transaction of an event's effect; the event is entered in the inbox with it.

        Raises Permanent for content that cannot be understood (a definition that does not hold together, say): it
        will not be understood later either.
        """
        try:
            with effect(self.database, BUS, message) as connection:
                work = SqlWork(connection, self._outbox, known=self._known, cause=str(message.envelope.id))
                yield work
                work.write_record()
        except ValidationError as error:
            raise Permanent(f"{message.data.TYPE} cannot be understood: {error.error_count()} flaws") from error

    def is_refused(self, account_id: UUID, session_id: UUID | None) -> Refusal | None:
        """Why tokens of this account and session are refused; None if they are not."""
        with self.database.read() as connection:
            row = connection.execute(_STANDING, {"account_id": account_id, "session_id": session_id}).one()
        if row.disabled:
            return Refusal.DISABLED
        return Refusal.ENDED if row.ended else None

    def ready(self) -> dict[str, bool]:
        """Whether the database answers."""
        with self.database.read() as connection:
            return {"database": connection.execute(text("SELECT true")).scalar_one()}


def data_of(message: Message[Any]) -> Any:
    """The event in a message, with nothing in it that the database cannot hold."""
    event: Event = message.data
    plain = event.model_dump(mode="json")
    cleaned = storable(plain)
    return event if cleaned == plain else type(event).model_validate(cleaned)
