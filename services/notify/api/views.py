"""What notify's api takes and gives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.notify.domain.contacts import Contact
from services.notify.domain.letters import Letter
from services.notify.domain.reminders import Reason, Reminder
from services.notify.ports import ContactRecord
from services.notify.store.reading import LetterRow, MessageRow
from services.notify.writing.templates import Written

Typed = Annotated[str, Field(max_length=500)]


class ContactIn(BaseModel):
    """How to reach the person behind the account."""

    model_config = ConfigDict(extra="forbid")

    name: Typed = Field(examples=["张晓"], description="At most 60 characters.")
    mobile: Typed = Field(examples=["13800000000"], description="Mainland China, or + and the country code.")
    email: Typed = Field(examples=["name@example.org"])


class ContactOut(BaseModel):
    """A registered contact, as its owner alone sees it."""

    name: str
    mobile: str = Field(description="E.164")
    email: str
    unit_code: str | None = Field(description="The unit whose letters come here, by the token that registered it.")
    changed_at: datetime | None
    mailbox_refused_at: datetime | None = Field(description="When a mail server last refused the mailbox.")

    @classmethod
    def of(cls, contact: Contact, record: ContactRecord) -> ContactOut:
        return cls(
            name=contact.name,
            mobile=contact.mobile,
            email=contact.email,
            unit_code=record.unit_code,
            changed_at=record.changed_at,
            mailbox_refused_at=record.refused_at,
        )


class MessageOut(BaseModel):
    """One of the caller's own messages, in the words of the mail."""

    message_id: UUID
    campaign_id: str
    kind: str
    subject: str
    text: str
    state: str = Field(description="queued, accepted (by the mail server), failed, expired, cancelled")
    queued_at: datetime
    concluded_at: datetime | None

    @classmethod
    def of(cls, letter: Letter, row: MessageRow, written: Written) -> MessageOut:
        return cls(
            message_id=row.message_id,
            campaign_id=str(letter.campaign_id),  # of a campaign, or it would not be listed here
            kind=letter.kind.value,
            subject=written.subject,
            text=written.text,
            state=row.state,
            queued_at=row.queued_at,
            concluded_at=row.concluded_at,
        )


class DeliveryOut(BaseModel):
    """One message of a letter: to which account, how far it got. No address."""

    message_id: UUID
    account_id: UUID
    channel: str
    state: str
    attempts: int
    queued_at: datetime
    next_at: datetime | None = Field(description="When it is tried next, while it is queued.")
    concluded_at: datetime | None
    header_id: str | None = Field(description="The Message-ID it went out under.")
    reply: str | None = Field(description="What the mail server last said, without mailboxes.")

    @classmethod
    def of(cls, row: MessageRow) -> DeliveryOut:
        return cls(
            message_id=row.message_id,
            account_id=row.account_id,
            channel=row.channel,
            state=row.state,
            attempts=row.attempts,
            queued_at=row.queued_at,
            next_at=row.next_at if row.state == "queued" else None,
            concluded_at=row.concluded_at,
            header_id=row.header_id,
            reply=row.reply,
        )


class LetterOut(BaseModel):
    """A letter in a campaign's log, with its messages."""

    letter_id: UUID
    kind: str
    addressee: str = Field(description="`unit:js`, `account:<uuid>`, `role:secretariat`, `entry:<uuid>`, `campaign:…`")
    entry_id: UUID | None
    cause: str
    state: str = Field(description="waiting, distributed, resolved, expired, cancelled")
    reason: str = Field(description="What it waits for, or why it was not sent; empty otherwise.")
    written_at: datetime
    useful_until: datetime
    messages: list[DeliveryOut]

    @classmethod
    def of(cls, row: LetterRow) -> LetterOut:
        letter = row.letter
        return cls(
            letter_id=letter.letter_id,
            kind=letter.kind.value,
            addressee=str(letter.addressee),
            entry_id=letter.entry_id,
            cause=letter.cause,
            state=letter.state.value,
            reason=letter.reason,
            written_at=row.written_at,
            useful_until=letter.useful_until,
            messages=[DeliveryOut.of(message) for message in row.messages],
        )


_REASONS: dict[str, tuple[str, str]] = {
    Reason.BEFORE_PUBLICATION: (
        "活动发布（或调整）时，这次提醒的时间已经过去。",
        "It would have been due before the campaign was published (or amended).",
    ),
    Reason.BEFORE_CONCERNED: (
        "对方参与活动时，这次提醒的时间已经过去。",
        "It would have been due before the recipient had anything to do with the campaign.",
    ),
    Reason.TOO_LATE: (
        "系统停机期间错过，恢复时提醒已无意义。",
        "Missed while the system was down, and no longer of use afterwards.",
    ),
    Reason.NOTHING_TO_DO: ("到期时对方已无待办事项。", "There was nothing left to do when it was due."),
    Reason.NO_CONTACT: ("对方尚未登记联系方式。", "The recipient has not registered a contact."),
    Reason.DEADLINE_MOVED: (
        "截止时间已调整，由新的提醒代替。",
        "The deadline was moved; another reminder took its place.",
    ),
}


class ReminderOut(BaseModel):
    """A row of the plan: one rule for one recipient."""

    reminder_id: UUID
    rule: str
    recipient: str = Field(description="`unit:js` or `account:<uuid>`")
    audience: str
    anchor: str
    anchor_at: datetime
    due_at: datetime
    useful_until: datetime
    state: Literal["planned", "waiting", "sent", "skipped", "superseded"]
    reason: str
    reason_zh: str
    reason_en: str
    sent_at: datetime | None

    @classmethod
    def of(cls, row: Reminder) -> ReminderOut:
        zh, en = _REASONS.get(row.reason, ("", ""))
        return cls(
            reminder_id=row.reminder_id,
            rule=row.rule,
            recipient=str(row.recipient),
            audience=row.audience,
            anchor=row.anchor,
            anchor_at=row.anchor_at,
            due_at=row.due_at,
            useful_until=row.useful_until,
            state=row.state.value,
            reason=row.reason,
            reason_zh=zh,
            reason_en=en,
            sent_at=row.sent_at,
        )


class PlanOut(BaseModel):
    """A page of a campaign's reminder plan, by due time; `counts` are of the whole plan, by state."""

    items: list[ReminderOut]
    next: str | None = None
    counts: dict[str, int]
