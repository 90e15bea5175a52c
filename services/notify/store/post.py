"""Letters and messages: what is to be said, and the queue it is delivered from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.notify.domain.contacts import Addressee
from services.notify.domain.delivery import MessageState, Reply, message_id, message_step
from services.notify.domain.letters import Letter, LetterKind, LetterState
from services.notify.ports import Lease
from services.notify.store.codes import Codes
from services.notify.store.people import People
from services.notify.store.picture import Picture
from services.notify.store.tables import attempts, letters, messages

MAIL = "mail"
_AHEAD = timedelta(days=1)


class Post(Picture, People, Codes):
    """See services.notify.ports.Store."""

    def add_letter(self, letter: Letter) -> bool:
        now = self.now()
        news = pg_insert(letters).values(
            letter_id=letter.letter_id,
            cause=letter.cause,
            addressee=str(letter.addressee),
            kind=letter.kind.value,
            campaign_id=letter.campaign_id,
            entry_id=letter.entry_id,
            facts=dict(letter.facts),
            useful_until=letter.useful_until,
            correlation=letter.correlation,
            causation=letter.causation,
            state=letter.state.value,
            reason=letter.reason,
            look_at=now,
            written_at=now,
        )
        return self.connection.execute(news.on_conflict_do_nothing()).rowcount == 1

    def save_letter(self, letter: Letter, look_at: datetime) -> None:
        self.connection.execute(
            update(letters)
            .where(letters.c.letter_id == letter.letter_id)
            .values(state=letter.state.value, reason=letter.reason, look_at=look_at)
        )

    def waiting_letters(
        self, *, addressees: Iterable[str] = (), campaign_id: str | None = None, limit: int | None = None
    ) -> list[Letter]:
        query = select(letters).where(letters.c.state == LetterState.WAITING.value)
        sought = list(addressees)
        if sought or campaign_id is not None:
            # Somebody is there now: wait for whoever is looking at these letters, rather than pass them over.
            conditions: list[ColumnElement[bool]] = []
            if sought:
                conditions.append(letters.c.addressee.in_(sought))
            if campaign_id is not None:
                conditions.append(letters.c.campaign_id == campaign_id)
            query = query.where(or_(*conditions)).order_by(letters.c.letter_id).with_for_update()
        else:
            query = query.where(letters.c.look_at <= self.now()).order_by(letters.c.look_at)
            query = query.with_for_update(skip_locked=True)
        return [letter_of(row) for row in self.connection.execute(query.limit(limit))]

    def add_message(
        self, letter: Letter, account_id: UUID, *, give_up_at: datetime, sealed_to: str | None = None
    ) -> bool:
        now = self.now()
        # Somebody sits there and waits for a code: it goes before five thousand reminders.
        next_at = now - _AHEAD if letter.kind is LetterKind.PASSWORD_CODE else now
        news = pg_insert(messages).values(
            message_id=message_id(letter.cause, account_id, MAIL),
            letter_id=letter.letter_id,
            cause=letter.cause,
            account_id=account_id,
            channel=MAIL,
            state=MessageState.QUEUED.value,
            queued_at=now,
            next_at=next_at,
            give_up_at=give_up_at,
            sealed_to=sealed_to,
        )
        return self.connection.execute(news.on_conflict_do_nothing()).rowcount == 1

    def cancel_messages(self, account_id: UUID) -> None:
        self.connection.execute(
            update(messages)
            .where(messages.c.account_id == account_id, messages.c.state == MessageState.QUEUED.value)
            .values(state=MessageState.CANCELLED.value, concluded_at=self.now(), lease=None, sealed_to=None)
        )
        self.erase_codes_of(account_id)

    def lease_message(self, lease_for: timedelta) -> Lease | None:
        now = self.now()
        due = _free(now).where(messages.c.next_at <= now, messages.c.give_up_at > now)
        while rows := self._next(due, 1):
            lease = self._lease(rows[0], rows[0].attempts + 1, leased_until=now + lease_for)
            if lease is not None:
                self.connection.execute(
                    insert(attempts).values(message_id=lease.message_id, number=lease.attempt, began_at=now)
                )
                return lease
        return None

    def expired_messages(self, limit: int) -> list[Lease]:
        now = self.now()
        rows = self._next(_free(now).where(messages.c.give_up_at <= now), limit)
        leases = (self._lease(row, row.attempts, leased_until=now) for row in rows)
        return [lease for lease in leases if lease is not None]

    def _next(self, query: Select[Any], limit: int) -> list[Row[Any]]:
        locked = query.order_by(messages.c.next_at).limit(limit).with_for_update(skip_locked=True)
        return list(self.connection.execute(locked))

    def _lease(self, row: Row[Any], attempt: int, *, leased_until: datetime) -> Lease | None:
        """Take a locked message, with all that is needed to write its mail; cancel it if nobody is there any more."""
        letter = letter_of(self.connection.execute(select(letters).where(letters.c.letter_id == row.letter_id)).one())
        contact = self.contact(row.account_id)
        campaign = self.campaign(letter.campaign_id) if letter.campaign_id else None
        one = update(messages).where(messages.c.message_id == row.message_id)
        if contact is None or (letter.campaign_id and campaign is None):
            state = message_step(MessageState.QUEUED, "cancel")
            self.connection.execute(one.values(state=state.value, concluded_at=self.now(), lease=None, sealed_to=None))
            return None
        token = uuid4()
        self.connection.execute(one.values(lease=token, leased_until=leased_until, attempts=attempt))
        return Lease(
            message_id=row.message_id,
            token=token,
            attempt=attempt,
            queued_at=row.queued_at,
            give_up_at=row.give_up_at,
            letter=letter,
            contact=contact if row.sealed_to is None else replace(contact, sealed=row.sealed_to),
            to_former=row.sealed_to is not None,
            campaign=campaign,
            entry=self.entry(letter.entry_id) if letter.entry_id else None,
            sealed_code=self.sealed_code(letter.letter_id) if letter.kind is LetterKind.PASSWORD_CODE else None,
        )

    def conclude(
        self, lease: Lease, reply: Reply | None, state: MessageState, *, next_at: datetime | None, header_id: str
    ) -> bool:
        now = self.now()
        values: dict[str, Any] = {"state": state.value, "lease": None, "leased_until": None, "header_id": header_id}
        if reply is not None:
            values["reply"] = f"{reply.code} {reply.text}".strip() if reply.code else reply.text
            self.connection.execute(
                update(attempts)
                .where(attempts.c.message_id == lease.message_id, attempts.c.number == lease.attempt)
                .values(
                    ended_at=now,
                    outcome=reply.outcome.value,
                    phase=reply.phase,
                    code=reply.code,
                    reply=reply.text,
                )
            )
        if state is not MessageState.QUEUED:
            values |= {"concluded_at": now, "sealed_to": None}
        if next_at is not None:
            values["next_at"] = next_at
        done = self.connection.execute(
            update(messages)
            .where(
                messages.c.message_id == lease.message_id,
                messages.c.lease == lease.token,
                messages.c.state == MessageState.QUEUED.value,
            )
            .values(**values)
        )
        held = done.rowcount == 1
        if held and state is not MessageState.QUEUED and lease.letter.kind is LetterKind.PASSWORD_CODE:
            self.erase_code(lease.letter.letter_id)
        return held


def _free(now: datetime) -> Select[Any]:
    return select(messages).where(
        messages.c.state == MessageState.QUEUED.value,
        or_(messages.c.leased_until.is_(None), messages.c.leased_until <= now),
    )


def letter_of(row: Row[Any]) -> Letter:
    """A letter from a row that holds the columns of `letters`."""
    return Letter(
        cause=row.cause,
        kind=LetterKind(row.kind),
        campaign_id=row.campaign_id,
        addressee=Addressee.parse(row.addressee),
        facts=row.facts,
        useful_until=row.useful_until,
        correlation=row.correlation,
        causation=row.causation,
        entry_id=row.entry_id,
        state=LetterState(row.state),
        reason=row.reason,
    )
