"""The plan of reminders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from services.notify.domain.contacts import Addressee
from services.notify.domain.reminders import Reminder, ReminderState
from services.notify.store.session import Session
from services.notify.store.tables import reminders

_OPEN = (ReminderState.PLANNED.value, ReminderState.WAITING.value)


class Plans(Session):
    """See services.notify.ports.Store."""

    def reminders(self, campaign_id: str, recipients: Iterable[Addressee] | None = None) -> list[Reminder]:
        query = select(reminders).where(reminders.c.campaign_id == campaign_id)
        if recipients is not None:
            query = query.where(reminders.c.recipient.in_([str(recipient) for recipient in recipients]))
        locked = query.order_by(reminders.c.reminder_id).with_for_update()
        return [reminder_of(row) for row in self.connection.execute(locked)]

    def add_reminders(self, rows: Sequence[Reminder]) -> None:
        if not rows:
            return
        values = [
            {
                "reminder_id": row.reminder_id,
                "campaign_id": row.campaign_id,
                "rule": row.rule,
                "recipient": str(row.recipient),
                "due_at": row.due_at,
                "audience": row.audience,
                "anchor": row.anchor,
                "anchor_at": row.anchor_at,
                "offset_seconds": int(row.offset.total_seconds()),
                "useful_seconds": int(row.useful_for.total_seconds()),
                "state": row.state.value,
                "reason": row.reason,
                "look_at": row.due_at,
                "sent_at": row.sent_at,
            }
            for row in rows
        ]
        self.connection.execute(insert(reminders).on_conflict_do_nothing(), values)

    def save_reminder(self, row: Reminder, look_at: datetime | None = None) -> None:
        self.connection.execute(
            update(reminders)
            .where(reminders.c.reminder_id == row.reminder_id)
            .values(state=row.state.value, reason=row.reason, sent_at=row.sent_at, look_at=look_at or row.due_at)
        )

    def due_reminders(self, limit: int) -> list[Reminder]:
        query = (
            select(reminders)
            .where(reminders.c.state.in_(_OPEN), reminders.c.look_at <= self.now())
            .order_by(reminders.c.look_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [reminder_of(row) for row in self.connection.execute(query)]

    def wake_reminders(self, addressees: Iterable[str]) -> None:
        # Whoever holds a row is looking at it now, or plans anew; what is missed that way is looked at in 15 seconds.
        free = (
            select(reminders.c.reminder_id)
            .where(reminders.c.state == ReminderState.WAITING.value, reminders.c.recipient.in_(list(addressees)))
            .with_for_update(skip_locked=True)
        )
        self.connection.execute(update(reminders).where(reminders.c.reminder_id.in_(free)).values(look_at=self.now()))


def reminder_of(row: Row[Any]) -> Reminder:
    """A row of the plan from its row."""
    return Reminder(
        campaign_id=row.campaign_id,
        rule=row.rule,
        recipient=Addressee.parse(row.recipient),
        due_at=row.due_at,
        audience=row.audience,
        anchor=row.anchor,
        anchor_at=row.anchor_at,
        offset=timedelta(seconds=row.offset_seconds),
        useful_for=timedelta(seconds=row.useful_seconds),
        state=ReminderState(row.state),
        reason=row.reason,
        sent_at=row.sent_at,
    )
