"""The Store on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, or_, select

from contracts.campaign import CampaignDefinition
from contracts.events import Event
from infra.bus.outbox import Outbox
from infra.store import Database
from infra.store.database import database_now
from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import Entry, Place
from services.intake.domain.errors import NotFoundError
from services.intake.domain.happenings import Happening
from services.intake.store.accounts import AccountRows
from services.intake.store.campaigns import CampaignRows, Definitions
from services.intake.store.entries import SAVE_TEXTS, Cipher, EntryRows, entry_of, sealed
from services.intake.store.materials import MaterialRows
from services.intake.store.tables import ACCOUNTS, BUS, ENTRIES, HAPPENINGS

_PLACES_KEPT = 50_000


class PostgresTransaction(AccountRows, CampaignRows, EntryRows, MaterialRows):
    """services.intake.ports.Transaction on one connection."""

    def __init__(self, connection: Connection, outbox: Outbox, definitions: Definitions, cipher: Cipher) -> None:
        self.connection = connection
        self.outbox = outbox
        self.definitions = definitions
        self.cipher = cipher

    def now(self) -> datetime:
        return database_now(self.connection)

    def emit(self, event: Event, *, subject: str) -> None:
        self.outbox.add(self.connection, event, subject=subject)

    def happen(self, *happenings: Happening) -> None:
        if happenings:
            self.connection.execute(insert(HAPPENINGS), [asdict(happening) for happening in happenings])

    def happenings(
        self, campaign_id: str, unit_code: str | None, entry_id: UUID | None, after: int | None, limit: int
    ) -> Sequence[tuple[int, Happening]]:
        table = HAPPENINGS.c
        query = select(HAPPENINGS).where(table.campaign_id == campaign_id).order_by(table.seq).limit(limit)
        if entry_id is not None:
            query = query.where(table.entry_id == entry_id)
        if unit_code is not None:
            query = query.where(or_(table.unit_code == unit_code, table.unit_code.is_(None)))
        if after is not None:
            query = query.where(table.seq > after)
        rows = self.connection.execute(query).mappings().all()
        return [(row["seq"], Happening(**{key: value for key, value in row.items() if key != "seq"})) for row in rows]


class PostgresStore:
    """services.intake.ports.Store; safe to share between threads."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self.database = database
        self.cipher = cipher
        self.outbox = Outbox("intake", BUS)
        self._definitions = Definitions()
        self._places: dict[UUID, Place] = {}
        # For what is one statement: it commits by itself, without a round trip to begin and one to commit.
        self._at_once = database.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def begin(self) -> Iterator[PostgresTransaction]:
        with self.database.begin() as connection:
            yield self.on(connection)

    def on(self, connection: Connection) -> PostgresTransaction:
        """The same on a transaction that somebody else ends: the one in which a message enters the inbox."""
        return PostgresTransaction(connection, self.outbox, self._definitions, self.cipher)

    def is_disabled(self, account_id: UUID) -> bool:
        """Whether tokens of this account are refused: it is disabled, or there is no such account."""
        with self._at_once.connect() as connection:
            row = connection.execute(select(ACCOUNTS.c.disabled_at).where(ACCOUNTS.c.account_id == account_id))
            known = row.one_or_none()
        return known is None or known.disabled_at is not None

    def answers(self) -> bool:
        """Whether the database can be asked, with the schema in place."""
        with self._at_once.connect() as connection:
            connection.execute(select(ENTRIES.c.seq).limit(0))
        return True

    def place(self, entry_id: UUID) -> Place | None:
        known = self._places.get(entry_id)
        if known is None:
            columns = (ENTRIES.c.entry_id, ENTRIES.c.campaign_id, ENTRIES.c.category, ENTRIES.c.unit_code)
            with self._at_once.connect() as connection:
                row = connection.execute(select(*columns).where(ENTRIES.c.entry_id == entry_id)).one_or_none()
            if row is None:
                return None
            if len(self._places) >= _PLACES_KEPT:
                self._places.clear()
            known = self._places[entry_id] = Place(*row)
        return known

    def definition(self, campaign_id: str) -> CampaignDefinition:
        known = self._definitions.definition(campaign_id)
        if known is not None:
            return known
        with self.begin() as tx:
            state = tx.campaign(campaign_id)
        if state is None:
            raise NotFoundError
        return state.campaign.definition

    def save_texts(
        self, place: Place, version: int, fields: Mapping[str, str], private: Mapping[str, str]
    ) -> tuple[Entry, Campaign] | None:
        category = self.definition(place.campaign_id).category(place.category)
        title = fields.get(category.title_field) if category else None
        values = {
            "entry_id": place.entry_id,
            "unit_code": place.unit_code,
            "version": version,
            "fields": dict(fields),
            "private": sealed(private, self.cipher),
            "title": None if title is None else title.strip(),
        }
        with self._at_once.connect() as connection:
            row = connection.execute(SAVE_TEXTS, values).one_or_none()
            if row is None:
                return None
            campaign = self._definitions.campaign(connection, place.campaign_id, row.campaign_version)
        return entry_of(row, self.cipher), campaign
