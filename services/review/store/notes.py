"""Notes beside units and experts on PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, func, insert, or_, select

from services.review.domain.notes import Note
from services.review.store.tables import notes

SHOWN = 20
"""Notes of one recipient that are shown; the newest."""


class SqlNotes:
    """See services.review.ports.Notes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, note: Note) -> None:
        self._connection.execute(
            insert(notes).values(
                recipient=note.recipient, campaign_id=note.campaign_id, kind=note.kind, text=note.text, at=note.at
            )
        )

    def about(self, recipients: Collection[str], campaign_id: str) -> Mapping[str, Sequence[Note]]:
        if not recipients:
            return {}
        age = func.row_number().over(partition_by=notes.c.recipient, order_by=(notes.c.at.desc(), notes.c.id.desc()))
        numbered = (
            select(notes, age.label("age"))
            .where(
                notes.c.recipient.in_(recipients),
                or_(notes.c.campaign_id == campaign_id, notes.c.campaign_id.is_(None)),
            )
            .subquery()
        )
        found: dict[str, list[Note]] = {}
        newest = select(numbered).where(numbered.c.age <= SHOWN).order_by(numbered.c.recipient, numbered.c.age)
        for row in self._connection.execute(newest):
            note = Note(row.recipient, row.kind, row.text, row.at, row.campaign_id)
            found.setdefault(row.recipient, []).append(note)
        return found
