"""The lists that the api shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select, tuple_

from services.notify.domain.letters import Letter
from services.notify.domain.reminders import Reminder
from services.notify.store.plans import reminder_of
from services.notify.store.post import letter_of
from services.notify.store.session import Session
from services.notify.store.tables import attempts, letters, messages, reminders

Key = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as lists show it; no address is in it."""

    message_id: UUID
    account_id: UUID
    channel: str
    state: str
    attempts: int
    queued_at: datetime
    next_at: datetime
    concluded_at: datetime | None
    header_id: str | None
    reply: str | None


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter with its messages, as the log shows it."""

    letter: Letter
    written_at: datetime
    messages: tuple[MessageRow, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One attempt; `ended_at` absent if the worker was gone before it ended."""

    number: int
    began_at: datetime
    ended_at: datetime | None
    outcome: str | None
    phase: str | None
    code: int | None
    reply: str | None


class Reading(Session):
    """Pages by key: at most `limit` rows behind `after`."""

    def own_messages(self, account_id: UUID, after: Key | None, limit: int) -> list[tuple[Letter, MessageRow]]:
        """An account's messages about campaigns, newest first, each with its letter.

        Those about the account itself are for its mailbox alone: whoever sits at an open session learns nothing of
        them.
        """
        query = (
            select(letters, *_message_columns())
            .join(messages, messages.c.letter_id == letters.c.letter_id)
            .where(messages.c.account_id == account_id, letters.c.campaign_id.is_not(None))
            .order_by(messages.c.queued_at.desc(), messages.c.message_id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(messages.c.queued_at, messages.c.message_id) < after)
        return [(letter_of(row), _message_of(row)) for row in self.connection.execute(query)]

    def log(self, campaign_id: str, after: Key | None, limit: int) -> list[LetterRow]:
        """A campaign's letters, newest first."""
        query = (
            select(letters)
            .where(letters.c.campaign_id == campaign_id)
            .order_by(letters.c.written_at.desc(), letters.c.letter_id.desc())
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(letters.c.written_at, letters.c.letter_id) < after)
        rows = list(self.connection.execute(query))
        sent: dict[UUID, list[MessageRow]] = {row.letter_id: [] for row in rows}
        found: Select[Any] = (
            select(messages.c.letter_id, *_message_columns())
            .where(messages.c.letter_id.in_(sent))
            .order_by(messages.c.message_id)
        )
        for row in self.connection.execute(found):
            sent[row.letter_id].append(_message_of(row))
        return [LetterRow(letter_of(row), row.written_at, tuple(sent[row.letter_id])) for row in rows]

    def plan(self, campaign_id: str, after: Key | None, limit: int) -> list[Reminder]:
        """A campaign's reminders, by due time."""
        query = (
            select(reminders)
            .where(reminders.c.campaign_id == campaign_id)
            .order_by(reminders.c.due_at, reminders.c.reminder_id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(tuple_(reminders.c.due_at, reminders.c.reminder_id) > after)
        return [reminder_of(row) for row in self.connection.execute(query)]

    def plan_counts(self, campaign_id: str) -> dict[str, int]:
        """How many reminders stand in each state."""
        query = (
            select(reminders.c.state, func.count())
            .where(reminders.c.campaign_id == campaign_id)
            .group_by(reminders.c.state)
        )
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def attempts_at(self, message_id: UUID) -> list[AttemptRow]:
        """The attempts at a message, in order."""
        query = select(attempts).where(attempts.c.message_id == message_id).order_by(attempts.c.number)
        return [
            AttemptRow(row.number, row.began_at, row.ended_at, row.outcome, row.phase, row.code, row.reply)
            for row in self.connection.execute(query)
        ]


_SHOWN = (
    *("message_id", "account_id", "channel", "state", "attempts", "queued_at"),
    *("next_at", "concluded_at", "header_id", "reply"),
)


def _message_columns() -> list[Any]:
    # Both tables have a `state`, a `cause`: a message's columns go by names of their own.
    return [messages.c[name].label(f"message__{name}") for name in _SHOWN]


def _message_of(row: Row[Any]) -> MessageRow:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return MessageRow(**{name: values[f"message__{name}"] for name in _SHOWN})
