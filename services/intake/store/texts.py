"""The texts of entries in PostgreSQL: saved in one statement unless something has to be kept first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Connection,
    DateTime,
    Interval,
    Row,
    TextClause,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import EDITABLE, Entry, Saved
from services.intake.domain.texts import MOST_KEPT, RUN, Earlier, Why
from services.intake.ports import Kept, Sheet
from services.intake.store.entries import AN_ENTRY, PLACED, Cipher, sealed
from services.intake.store.tables import ACCOUNTS, EARLIER_TEXTS, ENTRIES

_EDITABLE_STATES = ", ".join(sorted(f"'{state.value}'" for state in EDITABLE))
# Before the unit's end, as this process knows the campaign, nothing but texts can stand in the way of a text. After it
# a file may be on its way, whose entry has to stay as it was; whoever asks with the row locked decides that.
# A text stands in the way if it was saved over since, or if what it replaces has to be kept first: somebody else's, or
# one of a spell of writing that has lasted long enough.
_SAVE = f"""
    UPDATE entries
    SET fields = entries.fields || :fields, private = entries.private || :private,
        title = coalesce(:title, entries.title), version = entries.version + 1, updated_at = clock_timestamp(),
        saved = entries.saved || coalesce((
            SELECT jsonb_object_agg(key, jsonb_build_object(
                'version', entries.version + 1, 'by', CAST(:by AS text), 'at', clock_timestamp(),
                'since', coalesce(entries.saved -> key ->> 'since', CAST(clock_timestamp() AS text))))
            FROM jsonb_object_keys(:over) AS key), '{{}}')%s
    FROM campaigns
    WHERE entries.entry_id = :entry_id AND entries.unit_code = :unit_code
        AND entries.state IN ({_EDITABLE_STATES}) AND campaigns.campaign_id = entries.campaign_id
        AND (campaigns.version = :known AND clock_timestamp() < :ends
            OR NOT EXISTS (SELECT 1 FROM materials WHERE materials.entry_id = entries.entry_id))
        AND NOT EXISTS (
            SELECT 1 FROM jsonb_each(:over) AS given(key, base)
            WHERE CAST(base AS int) > entries.version
                OR CAST(entries.saved -> key -> 'version' AS int) > CAST(base AS int)
                OR entries.saved -> key ->> 'by' <> :by
                OR CAST(entries.saved -> key ->> 'since' AS timestamptz) <= clock_timestamp() - CAST(:run AS interval))
    RETURNING {AN_ENTRY}, campaigns.version AS campaign_version
"""
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BOUND = (
    bindparam("ends", type_=DateTime(timezone=True)),
    bindparam("fields", type_=JSONB),
    bindparam("private", type_=JSONB),
    bindparam("over", type_=JSONB),
    bindparam("run", value=RUN, type_=Interval),
)
SAVE_TEXTS: TextClause = text(_SAVE % "").bindparams(*_BOUND)
SAVE_TEXTS_AND_PLACE: TextClause = text(_SAVE % f", slot = {PLACED}").bindparams(*_BOUND)
"""With a post that decides whether the entry counts against its unit's quota."""


def statement_values(sheet: Sheet, cipher: Cipher, campaign: Campaign | None) -> dict[str, Any]:
    """What the two statements are run with. `campaign` as this process knows it, if it does."""
    return {
        "known": campaign.version if campaign else 0,
        "ends": campaign.ends_for(sheet.unit_code) if campaign else _LONG_AGO,
        "entry_id": sheet.entry_id,
        "unit_code": sheet.unit_code,
        "over": dict(sheet.over),
        "fields": dict(sheet.fields),
        "private": sealed(sheet.private, cipher),
        "title": sheet.title,
        "by": str(sheet.by),
        **({} if sheet.exempt is None else {"exempt": sheet.exempt}),
    }


class TextRows:
    """The part of a transaction that holds texts."""

    connection: Connection
    cipher: Cipher

    def write_texts(self, entry: Entry, sheet: Sheet, marks: Mapping[str, Saved]) -> None:
        raw = {
            key: {
                "version": mark.version,
                "by": str(mark.by),
                "since": mark.since.isoformat(),
                "at": mark.at.isoformat(),
            }
            for key, mark in marks.items()
        }
        values: dict[str, Any] = {
            "fields": ENTRIES.c.fields.op("||")(bindparam("new_fields", dict(sheet.fields), type_=JSONB)),
            "private": ENTRIES.c.private.op("||")(
                bindparam("new_private", sealed(sheet.private, self.cipher), type_=JSONB)
            ),
            "saved": ENTRIES.c.saved.op("||")(bindparam("new_marks", raw, type_=JSONB)),
            "version": ENTRIES.c.version + 1,
            "updated_at": func.clock_timestamp(),
        }
        if sheet.title is not None:
            values["title"] = sheet.title
        self.connection.execute(update(ENTRIES).where(ENTRIES.c.entry_id == entry.entry_id).values(**values))

    def keep_texts(self, entry_id: UUID, earlier: Iterable[Earlier], private: Iterable[str]) -> None:
        secret = frozenset(private)
        for one in earlier:
            if self._is_kept(entry_id, one):
                continue
            self.connection.execute(
                insert(EARLIER_TEXTS).values(
                    entry_id=entry_id,
                    field=one.field,
                    text=self.cipher.seal(one.text) if one.field in secret else one.text,
                    sealed=one.field in secret,
                    version=one.version,
                    written_by=one.by,
                    written_at=one.at,
                    why=one.why.value,
                )
            )
            self._thin(entry_id, one.field)

    def _is_kept(self, entry_id: UUID, one: Earlier) -> bool:
        """Whether just this text of this version is there: a save that comes again and again is set aside once."""
        query = select(EARLIER_TEXTS.c.text, EARLIER_TEXTS.c.sealed).where(
            EARLIER_TEXTS.c.entry_id == entry_id,
            EARLIER_TEXTS.c.field == one.field,
            EARLIER_TEXTS.c.version == one.version,
            EARLIER_TEXTS.c.written_by == one.by,
            EARLIER_TEXTS.c.why == one.why.value,
        )
        return any(self._clear(row) == one.text for row in self.connection.execute(query))

    def _thin(self, entry_id: UUID, field: str) -> None:
        of_field = (EARLIER_TEXTS.c.entry_id == entry_id, EARLIER_TEXTS.c.field == field)
        oldest = select(EARLIER_TEXTS.c.seq).where(*of_field).order_by(EARLIER_TEXTS.c.seq.desc()).offset(MOST_KEPT)
        self.connection.execute(delete(EARLIER_TEXTS).where(EARLIER_TEXTS.c.seq.in_(oldest)))

    def earlier_texts(
        self, entry_id: UUID, after: int | None, limit: int, *, field: str | None = None
    ) -> Sequence[Kept]:
        query = self._kept().where(EARLIER_TEXTS.c.entry_id == entry_id).order_by(EARLIER_TEXTS.c.seq.desc())
        if field is not None:
            query = query.where(EARLIER_TEXTS.c.field == field)
        if after is not None:
            query = query.where(EARLIER_TEXTS.c.seq < after)
        return [self._kept_of(row) for row in self.connection.execute(query.limit(limit))]

    def earlier_text(self, entry_id: UUID, seq: int) -> Kept | None:
        query = self._kept().where(EARLIER_TEXTS.c.entry_id == entry_id, EARLIER_TEXTS.c.seq == seq)
        row = self.connection.execute(query).one_or_none()
        return self._kept_of(row) if row else None

    def names_of(self, accounts: Iterable[UUID]) -> Mapping[UUID, str]:
        query = select(ACCOUNTS.c.account_id, ACCOUNTS.c.name).where(ACCOUNTS.c.account_id.in_(set(accounts)))
        return {row.account_id: row.name for row in self.connection.execute(query)}

    @staticmethod
    def _kept() -> Any:
        return select(EARLIER_TEXTS, ACCOUNTS.c.name).outerjoin(
            ACCOUNTS, ACCOUNTS.c.account_id == EARLIER_TEXTS.c.written_by
        )

    def _kept_of(self, row: Row[Any]) -> Kept:
        earlier = Earlier(row.field, self._clear(row), row.version, row.written_by, row.written_at, Why(row.why))
        return Kept(row.seq, earlier, row.name or "")

    def _clear(self, row: Any) -> str:
        return self.cipher.open(row.text) if row.sealed else str(row.text)
