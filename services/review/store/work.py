"""One transaction of review on PostgreSQL."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from contracts.events import Event
from infra.bus.errors import EventTooLargeError
from infra.bus.outbox import Outbox
from infra.store.database import database_now
from services.review.domain.acts import Act
from services.review.domain.campaigns import Campaign
from services.review.domain.errors import TooMuchTextError
from services.review.ports import Recorded
from services.review.store import audit
from services.review.store.assessments import SqlAssessments
from services.review.store.campaigns import SqlCampaigns
from services.review.store.cases import SqlCases
from services.review.store.clerks import SqlClerks
from services.review.store.lists import SqlLists
from services.review.store.notes import SqlNotes
from services.review.store.panel import SqlPanel
from services.review.store.papers import SqlPapers
from services.review.store.resemblances import SqlResemblances


class SqlWork:
    """A transaction on `connection`. `cause` is the id of the event that is being handled, if it is one."""

    def __init__(
        self,
        connection: Connection,
        outbox: Outbox,
        *,
        known: MutableMapping[tuple[str, int], Campaign],
        cause: str | None = None,
    ) -> None:
        self.connection = connection
        self._outbox = outbox
        self._cause = cause
        self._acts: list[Act] = []
        self.campaigns = SqlCampaigns(connection, known)
        self.cases = SqlCases(connection)
        self.clerks = SqlClerks(connection)
        self.papers = SqlPapers(connection)
        self.panel = SqlPanel(connection)
        self.assessments = SqlAssessments(connection)
        self.lists = SqlLists(connection)
        self.resemblances = SqlResemblances(connection)
        self.notes = SqlNotes(connection)

    def now(self) -> datetime:
        return database_now(self.connection)

    def hold_panel(self, campaign_id: str) -> None:
        self.connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"panel:{campaign_id}"}
        )

    def emit(self, event: Event, *, subject: str) -> None:
        try:
            self._outbox.add(self.connection, event, subject=subject)
        except EventTooLargeError as error:
            raise TooMuchTextError(event=event.TYPE) from error

    def record(self, act: Act) -> None:
        self._acts.append(act)

    def record_of(self, subject: str) -> Sequence[Recorded]:
        self.write_record()
        return audit.read(self.connection, subject)

    def write_record(self) -> None:
        """Write down the acts so far. From here to its end this transaction holds up others of its campaign."""
        given, self._acts = self._acts, []
        if given:
            audit.write(self.connection, given, self._cause)
