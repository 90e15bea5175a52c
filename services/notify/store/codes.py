"""Codes that wait for their mail."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from services.notify.domain.codes import CodeRecord
from services.notify.store.session import Session
from services.notify.store.tables import password_codes


class Codes(Session):
    """See services.notify.ports.Store."""

    def add_code(self, record: CodeRecord) -> bool:
        news = insert(password_codes).values(**asdict(record))
        return self.connection.execute(news.on_conflict_do_nothing()).rowcount == 1

    def sealed_code(self, letter_id: UUID) -> str | None:
        """What the letter's mail has to take out, while it is there."""
        query = select(password_codes.c.sealed).where(password_codes.c.letter_id == letter_id)
        return self.connection.execute(query).scalar_one_or_none()

    def erase_code(self, letter_id: UUID) -> None:
        """The letter's mail is sent, or never will be."""
        gone = update(password_codes).where(password_codes.c.letter_id == letter_id)
        self.connection.execute(gone.values(sealed=None))

    def erase_codes_of(self, account_id: UUID) -> None:
        """Nothing is mailed to this account any more."""
        gone = update(password_codes).where(
            password_codes.c.account_id == account_id, password_codes.c.sealed.is_not(None)
        )
        self.connection.execute(gone.values(sealed=None))
