"""Entries and their revisions in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.exc import IntegrityError

from contracts.campaign import CLAIMS
from contracts.events import Finding, UnitRef
from services.intake.domain.entries import Entry, Place, Receipt, Saved, State
from services.intake.domain.progress import Tally
from services.intake.ports import Listed, Submitted
from services.intake.store.materials import material_of
from services.intake.store.tables import ACCOUNTS, ENTRIES, RECEIPT_NUMBERS, REVISIONS

T = TypeVar("T")

_CLOCK = func.clock_timestamp()

# The lowest of the unit's places that no other entry holds; withdrawn entries hold none.
FREE_PLACE = """
    (SELECT min(place) FROM generate_series(1, entries.places) AS place
        WHERE NOT EXISTS (SELECT 1 FROM entries AS other
            WHERE other.campaign_id = entries.campaign_id AND other.category = entries.category
                AND other.unit_code = entries.unit_code AND other.slot = place AND other.state <> 'withdrawn'))
"""
# That there is no FREE_PLACE, found without looking for it: every page of a draft asks.
_ALL_TAKEN = """
    (SELECT count(*) FROM entries AS other
        WHERE other.campaign_id = entries.campaign_id AND other.category = entries.category
            AND other.unit_code = entries.unit_code AND other.slot <= entries.places AND other.state <> 'withdrawn')
        >= entries.places
"""
# One value: a driver asks for the name and type of every column of an answer, which takes longer than reading it.
AN_ENTRY = f"""
    json_build_object(
        'entry_id', entries.entry_id, 'campaign_id', entries.campaign_id, 'category', entries.category,
        'unit_code', entries.unit_code, 'unit_name', entries.unit_name, 'unit_region', entries.unit_region,
        'state', entries.state, 'version', entries.version, 'revision', entries.revision, 'fields', entries.fields,
        'private', entries.private, 'saved', entries.saved, 'created_at', entries.created_at,
        'updated_at', entries.updated_at, 'mend_by', entries.mend_by, 'findings', entries.findings,
        'receipt_number', entries.receipt_number, 'digest', entries.digest, 'submitted_at', entries.submitted_at,
        'receipt_campaign_version', entries.campaign_version, 'places', entries.places, 'slot', entries.slot,
        'crowded', CASE WHEN entries.places IS NULL OR entries.slot IS NOT NULL THEN false
            ELSE {_ALL_TAKEN} END,
        'materials', (SELECT coalesce(json_agg(held), '[]') FROM materials AS held
            WHERE held.entry_id = entries.entry_id AND held.state <> 'removed')) AS entry
"""
_READ = text(f"""
    SELECT {AN_ENTRY} FROM entries
    WHERE entry_id = :entry_id AND (CAST(:unit_code AS text) IS NULL OR unit_code = :unit_code)
""")
ENTRY_WITH_CAMPAIGN = text(f"""
    SELECT {AN_ENTRY}, campaigns.version AS campaign_version, campaigns.published_at, campaigns.notice_opens_at,
        campaigns.notice_closes_at, campaigns.decision_number, campaigns.decided_at
    FROM entries JOIN campaigns ON campaigns.campaign_id = entries.campaign_id
    WHERE entries.entry_id = :entry_id AND entries.unit_code = :unit_code
""")
_LOCK = text("SELECT 1 FROM entries WHERE entry_id = :entry_id FOR UPDATE")
# One that is exempt from the quota holds no place; any other keeps its own, or takes one that is free.
PLACED = f"""
    CASE WHEN entries.places IS NULL OR :exempt THEN NULL
        WHEN entries.slot IS NOT NULL THEN entries.slot ELSE {FREE_PLACE} END
"""
_PLACE = text(f"UPDATE entries SET slot = {PLACED} WHERE entry_id = :entry_id RETURNING slot")
_TRIES = 20
_TALLIES = text("""
    SELECT unit_code, max(unit_name) AS unit_name, max(unit_region) AS unit_region, category, state,
        count(*) AS number, max(updated_at) AS changed_at
    FROM entries WHERE campaign_id = :campaign_id GROUP BY unit_code, category, state
    ORDER BY unit_code, category, state
""")


def until_placed(work: Callable[[], T]) -> T:
    """Run what takes a place again while another entry gets the same one first: the index refuses the second.

    Each time there is one place less to fight for.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except IntegrityError as error:
            if getattr(getattr(error.orig, "diag", None), "constraint_name", None) != "entries_quota":
                raise
    return work()


class Cipher(Protocol):
    """Keeps personal contact data from whoever holds a copy of the database."""

    def seal(self, clear: str) -> str: ...

    def open(self, sealed: str) -> str: ...


class EntryRows:
    """The entry part of a transaction."""

    connection: Connection
    cipher: Cipher

    def entry(self, entry_id: UUID, unit_code: str | None, *, lock: bool = False) -> Entry | None:
        if lock:
            # Apart from the reading: a statement that waited for the lock would see old materials beside the new row.
            self.connection.execute(_LOCK, {"entry_id": entry_id})
        row = self.connection.execute(_READ, {"entry_id": entry_id, "unit_code": unit_code}).one_or_none()
        return entry_of(row.entry, self.cipher) if row else None

    def add_entry(
        self,
        place: Place,
        unit: UnitRef,
        by: UUID,
        at: datetime,
        quota: int | None,
        *,
        texts: Mapping[str, str],
        exempt: bool,
    ) -> bool:
        values = {
            "entry_id": place.entry_id,
            "campaign_id": place.campaign_id,
            "category": place.category,
            "unit_code": unit.code,
            "unit_name": unit.name,
            "unit_region": unit.region,
            "state": State.DRAFT.value,
            "created_by": by,
            "created_at": at,
            "updated_at": at,
            "fields": dict(texts),
            "places": quota,
        }
        if quota is None or exempt:
            self.connection.execute(insert(ENTRIES).values(**values))
            return True
        # An insert that meets a place being taken waits for that transaction's end; so exactly `quota` get through.
        for slot in range(1, quota + 1):
            taken = pg_insert(ENTRIES).values(**values, slot=slot)
            taken = taken.on_conflict_do_nothing(
                index_elements=["campaign_id", "category", "unit_code", "slot"],
                index_where=text("state <> 'withdrawn' AND slot IS NOT NULL"),
            )
            if self.connection.execute(taken).rowcount == 1:
                return True
        return False

    def place_entry(self, entry_id: UUID, *, exempt: bool) -> int | None:
        def placed() -> int | None:
            with self.connection.begin_nested():
                slot: int | None = self.connection.execute(
                    _PLACE, {"entry_id": entry_id, "exempt": exempt}
                ).scalar_one()
                return slot

        return until_placed(placed)

    def entries(
        self, campaign_id: str, unit_code: str | None, after: int | None, limit: int, *, state: State | None
    ) -> Sequence[Listed]:
        query = select(ENTRIES).where(ENTRIES.c.campaign_id == campaign_id).order_by(ENTRIES.c.seq).limit(limit)
        if unit_code is not None:
            query = query.where(ENTRIES.c.unit_code == unit_code)
        if after is not None:
            query = query.where(ENTRIES.c.seq > after)
        if state is not None:
            query = query.where(ENTRIES.c.state == state.value)
        return [_listed(row) for row in self.connection.execute(query)]

    def tallies(self, campaign_id: str) -> Sequence[Tally]:
        return [
            Tally(
                UnitRef(code=row.unit_code, name=row.unit_name, region=row.unit_region),
                row.category,
                State(row.state),
                row.number,
                row.changed_at,
            )
            for row in self.connection.execute(_TALLIES, {"campaign_id": campaign_id})
        ]

    def receipt_of_version(self, entry_id: UUID, version: int) -> Receipt | None:
        row = self.connection.execute(
            select(REVISIONS).where(REVISIONS.c.entry_id == entry_id, REVISIONS.c.entry_version == version)
        ).one_or_none()
        if row is None:
            return None
        return Receipt(row.receipt_number, row.revision, row.digest, row.submitted_at, row.campaign_version)

    def next_running_number(self, campaign_id: str, category: str) -> int:
        number: int = self.connection.execute(
            pg_insert(RECEIPT_NUMBERS)
            .values(campaign_id=campaign_id, category=category, last=1)
            .on_conflict_do_update(
                index_elements=["campaign_id", "category"], set_={"last": RECEIPT_NUMBERS.c.last + 1}
            )
            .returning(RECEIPT_NUMBERS.c.last)
        ).scalar_one()
        return number

    def add_revision(self, entry: Entry, receipt: Receipt, content: Mapping[str, Any], by: UUID) -> None:
        proof = {
            "revision": receipt.revision,
            "receipt_number": receipt.receipt_number,
            "digest": receipt.digest,
            "submitted_at": receipt.submitted_at,
            "campaign_version": receipt.campaign_version,
        }
        self.connection.execute(
            insert(REVISIONS).values(
                entry_id=entry.entry_id,
                entry_version=entry.version,
                content=dict(content),
                private=sealed(entry.private, self.cipher),
                submitted_by=by,
                **proof,
            )
        )
        self.connection.execute(update(ENTRIES).where(ENTRIES.c.entry_id == entry.entry_id).values(**proof))

    def revision(self, entry_id: UUID, revision: int) -> tuple[Mapping[str, str], Mapping[str, str]] | None:
        row = self.connection.execute(
            select(REVISIONS.c.content, REVISIONS.c.private).where(
                REVISIONS.c.entry_id == entry_id, REVISIONS.c.revision == revision
            )
        ).one_or_none()
        if row is None:
            return None
        claims = {CLAIMS: " ".join(row.content["claims"])} if "claims" in row.content else {}
        return row.content["fields"] | claims, {key: self.cipher.open(text) for key, text in row.private.items()}

    def revisions(self, entry_id: UUID) -> Sequence[Submitted]:
        query = (
            select(REVISIONS, ACCOUNTS.c.name)
            .outerjoin(ACCOUNTS, ACCOUNTS.c.account_id == REVISIONS.c.submitted_by)
            .where(REVISIONS.c.entry_id == entry_id)
            .order_by(REVISIONS.c.revision.desc())
        )
        return [
            Submitted(
                Receipt(row.receipt_number, row.revision, row.digest, row.submitted_at, row.campaign_version),
                row.submitted_by,
                row.name or "",
            )
            for row in self.connection.execute(query)
        ]

    def set_state(
        self,
        entry: Entry,
        state: State,
        *,
        mend_by: datetime | None = None,
        findings: Iterable[Finding] = (),
        new_version: bool = False,
    ) -> None:
        self.connection.execute(
            update(ENTRIES)
            .where(ENTRIES.c.entry_id == entry.entry_id)
            .values(
                state=state.value,
                mend_by=mend_by,
                findings=[finding.model_dump(mode="json") for finding in findings],
                version=ENTRIES.c.version + int(new_version),
                updated_at=_CLOCK,
            )
        )


def sealed(private: Mapping[str, str], cipher: Cipher) -> dict[str, str]:
    """Each text encrypted by itself, so that one can be saved without knowing the others."""
    return {key: cipher.seal(clear) for key, clear in private.items()}


def entry_of(raw: Mapping[str, Any], cipher: Cipher) -> Entry:
    """From AN_ENTRY, where ids and times are texts."""
    receipt = None
    if raw["receipt_number"] is not None:
        submitted_at = datetime.fromisoformat(raw["submitted_at"])
        receipt = Receipt(
            raw["receipt_number"], raw["revision"], raw["digest"], submitted_at, raw["receipt_campaign_version"]
        )
    held = [material_of(material) for material in raw["materials"]]
    return Entry(
        entry_id=UUID(raw["entry_id"]),
        campaign_id=raw["campaign_id"],
        category=raw["category"],
        unit=UnitRef(code=raw["unit_code"], name=raw["unit_name"], region=raw["unit_region"]),
        state=State(raw["state"]),
        version=raw["version"],
        revision=raw["revision"],
        fields=raw["fields"],
        private={key: cipher.open(text) for key, text in raw["private"].items()},
        created_at=datetime.fromisoformat(raw["created_at"]),
        updated_at=datetime.fromisoformat(raw["updated_at"]),
        materials=tuple(sorted(held, key=lambda m: (m.position, m.material_id))),
        mend_by=datetime.fromisoformat(raw["mend_by"]) if raw["mend_by"] else None,
        findings=tuple(Finding.model_validate(finding) for finding in raw["findings"]),
        receipt=receipt,
        saved={key: saved_of(mark) for key, mark in raw["saved"].items()},
        places=raw["places"],
        slot=raw["slot"],
        crowded=raw["crowded"],
    )


def saved_of(raw: Mapping[str, Any]) -> Saved:
    """A text's mark, as the row holds it."""
    since, at = datetime.fromisoformat(raw["since"]), datetime.fromisoformat(raw["at"])
    return Saved(raw["version"], UUID(raw["by"]), since, at)


def _listed(row: Row[Any]) -> Listed:
    return Listed(
        seq=row.seq,
        entry_id=row.entry_id,
        campaign_id=row.campaign_id,
        category=row.category,
        unit=UnitRef(code=row.unit_code, name=row.unit_name, region=row.unit_region),
        state=State(row.state),
        version=row.version,
        revision=row.revision,
        title=row.title,
        receipt_number=row.receipt_number,
        updated_at=row.updated_at,
        slot=row.slot,
    )
