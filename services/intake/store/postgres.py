"""The Store on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping, Uuid, and_, any_, bindparam, func, insert, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from contracts.campaign import CampaignDefinition
from contracts.events import Event
from infra.bus.outbox import Outbox
from infra.store import Database
from infra.store.database import database_now
from infra.web.principal import Principal
from infra.web.refusals import Refusal
from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import Entry, Place
from services.intake.domain.errors import NotFoundError
from services.intake.domain.happenings import Happening
from services.intake.domain.sessions import IDLE, Visit
from services.intake.domain.tokens import token_digest
from services.intake.ports import CampaignState, Sheet
from services.intake.store.accounts import AccountRows, account_of
from services.intake.store.at_once import AtOnce
from services.intake.store.campaigns import CampaignRows, Definitions
from services.intake.store.entries import ENTRY_WITH_CAMPAIGN, Cipher, EntryRows, entry_of, until_placed
from services.intake.store.materials import MaterialRows
from services.intake.store.papers import PaperRows
from services.intake.store.resets import ResetRows
from services.intake.store.sessions import PROGRAM, STANDING, VISIT, SessionRows
from services.intake.store.tables import BUS, ENTRIES, HAPPENINGS, MATERIALS
from services.intake.store.texts import SAVE_TEXTS, SAVE_TEXTS_AND_PLACE, TextRows, statement_values
from services.intake.store.units import UnitRows

_PLACES_KEPT = 50_000
_PLACE = select(ENTRIES.c.entry_id, ENTRIES.c.campaign_id, ENTRIES.c.category, ENTRIES.c.unit_code).where(
    ENTRIES.c.entry_id == bindparam("entry_id")
)


_STAMPS = (
    select(MATERIALS.c.entry_id, func.count().label("files"), func.max(MATERIALS.c.changed_at).label("changed_at"))
    .where(MATERIALS.c.entry_id == any_(bindparam("entries", type_=ARRAY(Uuid))))
    .group_by(MATERIALS.c.entry_id)
)


class PostgresTransaction(
    AccountRows, ResetRows, SessionRows, UnitRows, CampaignRows, EntryRows, TextRows, MaterialRows, PaperRows
):
    """services.intake.ports.Transaction on one connection."""

    def __init__(self, connection: Connection, outbox: Outbox, definitions: Definitions, cipher: Cipher) -> None:
        self.connection = connection
        self.outbox = outbox
        self.definitions = definitions
        self.cipher = cipher

    def now(self) -> datetime:
        return database_now(self.connection)

    def emit(self, event: Event, *, subject: str, lane: str = "") -> None:
        self.outbox.add(self.connection, event, subject=subject, lane=lane)

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
        return [(row["seq"], _happening(row)) for row in rows]

    def messages(self, unit_code: str, after: int | None, limit: int) -> Sequence[tuple[int, Happening]]:
        table = HAPPENINGS.c
        campaigns = select(ENTRIES.c.campaign_id).where(ENTRIES.c.unit_code == unit_code)
        for_all = and_(table.unit_code.is_(None), table.entry_id.is_(None), table.campaign_id.in_(campaigns))
        query = select(HAPPENINGS).where(or_(table.unit_code == unit_code, for_all))
        if after is not None:
            query = query.where(table.seq < after)
        rows = self.connection.execute(query.order_by(table.seq.desc()).limit(limit)).mappings().all()
        return [(row["seq"], _happening(row)) for row in rows]


def _happening(row: RowMapping) -> Happening:
    return Happening(**{key: value for key, value in row.items() if key != "seq"})


class PostgresStore:
    """services.intake.ports.Store; safe to share between threads."""

    def __init__(self, database: Database, cipher: Cipher) -> None:
        self.database = database
        self.cipher = cipher
        self.outbox = Outbox("intake", BUS)
        self._definitions = Definitions()
        self._places: dict[UUID, Place] = {}
        self._at_once = AtOnce(database)

    @contextmanager
    def begin(self) -> Iterator[PostgresTransaction]:
        with self.database.begin() as connection:
            yield self.on(connection)

    def on(self, connection: Connection) -> PostgresTransaction:
        """The same on a transaction that somebody else ends: the one in which a message enters the inbox."""
        return PostgresTransaction(connection, self.outbox, self._definitions, self.cipher)

    def is_refused(self, account_id: UUID, session_id: UUID | None) -> Refusal | None:
        """Why tokens of this account and session are refused: disabled or no such account, or the session is over."""
        known = self._at_once.one(STANDING, {"account_id": account_id, "session_id": session_id})
        if known is None or known.disabled_at is not None:
            return Refusal.DISABLED
        return None if known.is_open else Refusal.ENDED

    def visit(self, digest: bytes, *, noted: bool = True) -> Visit | None:
        """The session of a cookie, if it is good now; with `noted`, that somebody was there."""
        row = self._at_once.one(VISIT, {"digest": digest, "idle": IDLE, "noted": noted})
        return Visit(row.session_id, account_of(row), row.has_second_factor, row.has_contact) if row else None

    def program(self, token: str) -> Principal | None:
        """Whose program shows this token, and what it is limited to; None if the token is not good."""
        row = self._at_once.one(PROGRAM, {"digest": token_digest(token)})
        if row is None:
            return None
        return Principal(
            row.account_id,
            row.name,
            frozenset(row.roles),
            row.unit_code,
            expires_at=row.expires_at,
            scopes=frozenset(row.scopes),
        )

    def answers(self) -> bool:
        """Whether the database can be asked, with the schema in place."""
        self._at_once.one(select(ENTRIES.c.seq).limit(0))
        return True

    def place(self, entry_id: UUID) -> Place | None:
        known = self._places.get(entry_id)
        if known is None:
            row = self._at_once.one(_PLACE, {"entry_id": entry_id})
            if row is None:
                return None
            if len(self._places) >= _PLACES_KEPT:
                self._places.clear()
            known = self._places[entry_id] = Place(row.entry_id, row.campaign_id, row.category, row.unit_code)
        return known

    def material_stamps(self, entry_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        rows = self._at_once.all(_STAMPS, {"entries": list(entry_ids)})
        return {row.entry_id: f"{row.files} {row.changed_at.isoformat()}" for row in rows}

    def definition(self, campaign_id: str) -> CampaignDefinition:
        known = self._definitions.definition(campaign_id)
        if known is not None:
            return known
        with self.begin() as tx:
            state = tx.campaign(campaign_id)
        if state is None:
            raise NotFoundError
        return state.campaign.definition

    def entry_with_campaign(self, entry_id: UUID, unit_code: str) -> tuple[Entry, CampaignState] | None:
        row = self._at_once.one(ENTRY_WITH_CAMPAIGN, {"entry_id": entry_id, "unit_code": unit_code})
        if row is None:
            return None
        state = CampaignState(
            campaign=self._campaign(row.entry["campaign_id"], row.campaign_version),
            published_at=row.published_at,
            notice_opens_at=row.notice_opens_at,
            notice_closes_at=row.notice_closes_at,
            decision_number=row.decision_number,
            decided_at=row.decided_at,
        )
        return entry_of(row.entry, self.cipher), state

    def _campaign(self, campaign_id: str, version: int) -> Campaign:
        known = self._definitions.known(campaign_id, version)
        if known is not None:
            return known
        with self.database.read() as connection:
            return self._definitions.campaign(connection, campaign_id, version)

    def save_texts(self, place: Place, sheet: Sheet) -> tuple[Entry, Campaign] | None:
        statement = SAVE_TEXTS if sheet.exempt is None else SAVE_TEXTS_AND_PLACE
        values = statement_values(sheet, self.cipher, self._definitions.newest(place.campaign_id))
        # Run again after a lost connection, it finds its own save and changes nothing: the versions have moved on.
        row = until_placed(lambda: self._at_once.one(statement, values))
        if row is None:
            return None
        return entry_of(row.entry, self.cipher), self._campaign(place.campaign_id, row.campaign_version)

    def close(self) -> None:
        """Give every pooled connection back."""
        self._at_once.close()
        self.database.close()
