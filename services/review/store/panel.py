"""Experts and conflicts on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from services.review.domain.acts import Actor
from services.review.domain.conflicts import Expert, Mark
from services.review.store.rows import expert_of, mark_of
from services.review.store.tables import conflicts, disabled_accounts, ended_sessions, experts

FORGOTTEN_AFTER = timedelta(days=1)
"""No access token lasts so long (services.intake: 8 hours), so an ended session need not be known for longer."""
_EXPERTS = select(experts, disabled_accounts.c.account_id.is_not(None).label("disabled")).select_from(
    experts.outerjoin(disabled_accounts, disabled_accounts.c.account_id == experts.c.account_id)
)
_ONE = _EXPERTS.where(experts.c.campaign_id == bindparam("campaign"), experts.c.account_id == bindparam("account"))


class SqlPanel:
    """See services.review.ports.PanelStore."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def expert(self, campaign_id: str, account_id: UUID) -> Expert | None:
        row = self._connection.execute(_ONE, {"campaign": campaign_id, "account": account_id}).one_or_none()
        return expert_of(row) if row else None

    def experts(self, campaign_id: str) -> Sequence[Expert]:
        rows = self._connection.execute(
            _EXPERTS.where(experts.c.campaign_id == campaign_id).order_by(experts.c.account_id)
        )
        return [expert_of(row) for row in rows]

    def put_expert(self, expert: Expert) -> bool:
        known = self.expert(expert.campaign_id, expert.account_id) is not None
        values = {
            "name": expert.name,
            "organisation": expert.organisation,
            "region": expert.region,
            "categories": list(expert.categories),
        }
        self._connection.execute(
            insert(experts)
            .values(campaign_id=expert.campaign_id, account_id=expert.account_id, **values)
            .on_conflict_do_update(index_elements=[experts.c.campaign_id, experts.c.account_id], set_=values)
        )
        return not known

    def marks(self, campaign_id: str) -> Sequence[Mark]:
        return self._marks(select(conflicts).where(conflicts.c.campaign_id == campaign_id))

    def marks_on(self, campaign_id: str, account_id: UUID) -> Sequence[Mark]:
        return self._marks(
            select(conflicts).where(conflicts.c.campaign_id == campaign_id, conflicts.c.account_id == account_id)
        )

    def _marks(self, found: Select[Any]) -> list[Mark]:
        return [mark_of(row) for row in self._connection.execute(found.order_by(conflicts.c.id))]

    def add_mark(self, campaign_id: str, mark: Mark, by: Actor) -> bool:
        done = self._connection.execute(
            insert(conflicts)
            .values(
                campaign_id=campaign_id,
                account_id=mark.account_id,
                kind=mark.kind.value,
                entry_id=mark.entry_id,
                unit_code=mark.unit_code,
                reason=mark.reason,
                marked_by=by.account_id,
                marked_by_name=by.name,
            )
            .on_conflict_do_nothing()
        )
        return done.rowcount == 1

    def disable(self, account_id: UUID, reason: str, at: datetime) -> None:
        self._connection.execute(
            insert(disabled_accounts)
            .values(account_id=account_id, reason=reason, disabled_at=at)
            .on_conflict_do_nothing()
        )

    def end_sessions(self, session_ids: Sequence[UUID], at: datetime) -> None:
        rows = [{"session_id": session_id, "ended_at": at} for session_id in session_ids]
        self._connection.execute(insert(ended_sessions).values(rows).on_conflict_do_nothing())
        old = ended_sessions.c.ended_at < func.clock_timestamp() - FORGOTTEN_AFTER
        self._connection.execute(delete(ended_sessions).where(old))
