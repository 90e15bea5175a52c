"""Contacts, disabled accounts, ended sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert

from infra.web.refusals import Refusal
from services.notify.domain.contacts import Addressee
from services.notify.ports import ContactRecord
from services.notify.store.session import Session
from services.notify.store.tables import contacts, disabled_accounts, ended_sessions

FORGOTTEN_AFTER = timedelta(days=1)
"""No access token lasts so long (services.intake: 8 hours), so an ended session need not be known for longer."""
_STANDING = text("""
    SELECT EXISTS (SELECT 1 FROM disabled_accounts WHERE account_id = :account_id) AS disabled,
        EXISTS (SELECT 1 FROM ended_sessions WHERE session_id = :session_id) AS ended
""")


class People(Session):
    """See services.notify.ports.Store."""

    def lock_account(self, account_id: UUID) -> bool:
        self._lock(f"account:{account_id}")
        return self.is_disabled(account_id)

    def is_disabled(self, account_id: UUID) -> bool:
        query = select(exists().where(disabled_accounts.c.account_id == account_id))
        return bool(self.connection.execute(query).scalar_one())

    def refusal(self, account_id: UUID, session_id: UUID | None) -> Refusal | None:
        row = self.connection.execute(_STANDING, {"account_id": account_id, "session_id": session_id}).one()
        if row.disabled:
            return Refusal.DISABLED
        return Refusal.ENDED if row.ended else None

    def end_sessions(self, session_ids: Sequence[UUID], at: datetime) -> None:
        rows = [{"session_id": session_id, "ended_at": at} for session_id in session_ids]
        self.connection.execute(insert(ended_sessions).values(rows).on_conflict_do_nothing())
        self.connection.execute(delete(ended_sessions).where(ended_sessions.c.ended_at < self.now() - FORGOTTEN_AFTER))

    def disable(self, account_id: UUID, at: datetime) -> None:
        news = insert(disabled_accounts).values(account_id=account_id, disabled_at=at)
        self.connection.execute(news.on_conflict_do_nothing())
        self.connection.execute(delete(contacts).where(contacts.c.account_id == account_id))

    def contact(self, account_id: UUID) -> ContactRecord | None:
        row = self.connection.execute(select(contacts).where(contacts.c.account_id == account_id)).one_or_none()
        return None if row is None else contact_of(row)

    def save_contact(self, record: ContactRecord) -> None:
        values = asdict(record) | {"roles": list(record.roles), "addresses": list(record.addresses)}
        news = insert(contacts).values(**values)
        others = {name: news.excluded[name] for name in values if name != "account_id"}
        self.connection.execute(news.on_conflict_do_update(index_elements=["account_id"], set_=others))

    def mark_refused(self, account_id: UUID, at: datetime) -> None:
        self.connection.execute(update(contacts).where(contacts.c.account_id == account_id).values(refused_at=at))

    def accounts_behind(self, addressee: Addressee) -> list[UUID]:
        query = (
            select(contacts.c.account_id)
            .where(contacts.c.addresses.contains([str(addressee)]))
            .order_by(contacts.c.account_id)
        )
        return list(self.connection.execute(query).scalars())


def contact_of(row: Row[Any]) -> ContactRecord:
    """A contact from a row that holds the columns of `contacts`."""
    return ContactRecord(
        account_id=row.account_id,
        sealed=row.sealed,
        unit_code=row.unit_code,
        roles=tuple(row.roles),
        addresses=tuple(row.addresses),
        changed_at=row.changed_at,
        refused_at=row.refused_at,
    )
