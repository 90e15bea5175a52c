"""What the use cases need from the world outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from contracts.campaign import CampaignDefinition
from contracts.events import Event, Extension, ListedEntry
from services.notify.domain.codes import CodeRecord
from services.notify.domain.contacts import Addressee, Contact
from services.notify.domain.delivery import MessageState, Reply
from services.notify.domain.entries import AssessmentRecord, EntryRecord
from services.notify.domain.letters import Letter
from services.notify.domain.reminders import Reminder


class Clock(Protocol):
    """What time it is. The store's own asks the database; a simulated season brings another."""

    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """A campaign as notify knows it. `known_at`: when this version was published."""

    definition: CampaignDefinition
    version: int
    known_at: datetime
    extensions: tuple[Extension, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A registered contact; `sealed` holds name, mobile and mailbox, readable with the key alone."""

    account_id: UUID
    sealed: str
    unit_code: str | None
    roles: tuple[str, ...]
    addresses: tuple[str, ...]
    changed_at: datetime | None = None
    refused_at: datetime | None = None
    """When a mail server refused the mailbox, if it has since it was registered."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One attempt at one message, ours alone until the lease ends."""

    message_id: UUID
    token: UUID
    attempt: int
    queued_at: datetime
    give_up_at: datetime
    letter: Letter
    contact: ContactRecord
    campaign: CampaignRecord | None
    """Absent for a letter that is of no campaign."""
    entry: EntryRecord | None
    sealed_code: str | None = None
    """The code that the mail has to take out, if it is one with a code."""
    to_former: bool = False
    """`contact` is the one that was registered before."""


@dataclass(frozen=True, slots=True, repr=False)
class Mail:
    """A mail as it goes out: `body` is the whole message in bytes, CRLF; sender and recipient are bare mailboxes."""

    sender: str
    recipient: str
    body: bytes


class Store(Protocol):
    """Notify's database, inside one transaction."""

    def now(self) -> datetime:
        """The clock's time when this transaction first asked for it."""
        ...

    def publish(
        self, event: Event, *, subject: str, correlation: str | None = None, causation: str | None = None
    ) -> None:
        """Write an event in this transaction."""
        ...

    # campaigns
    def lock_campaign(self, campaign_id: str) -> CampaignRecord | None:
        """The campaign; others who plan for it wait until this transaction ends."""
        ...

    def campaign(self, campaign_id: str) -> CampaignRecord | None: ...

    def save_campaign(self, record: CampaignRecord) -> None: ...

    # entries and assessments
    def lock_entry(self, entry_id: UUID) -> EntryRecord | None:
        """The entry; others who handle news of it wait until this transaction ends."""
        ...

    def entry(self, entry_id: UUID) -> EntryRecord | None: ...

    def save_entry(self, record: EntryRecord) -> None: ...

    def entries_of_unit(self, campaign_id: str, unit_code: str) -> list[EntryRecord]: ...

    def units_with_entries(self, campaign_id: str) -> dict[str, datetime]:
        """Unit code → when notify first heard of an entry of it."""
        ...

    def withdrawn_entries(self, campaign_id: str) -> frozenset[UUID]: ...

    def save_assessment(self, record: AssessmentRecord) -> AssessmentRecord:
        """Add what is new in the record to what is known of the assessment; returns all that is known now."""
        ...

    def assessments(self, campaign_id: str, expert_id: UUID | None = None) -> list[AssessmentRecord]: ...

    # public lists
    def add_list_part(self, name: str, part: int, listed: Sequence[ListedEntry]) -> Sequence[Sequence[ListedEntry]]:
        """Keep a part of a list; returns the parts that are there, in order.

        Others who add to the same list wait until this transaction ends, so that one of them sees the whole.
        """
        ...

    # contacts
    def lock_account(self, account_id: UUID) -> bool:
        """Whether the account is disabled; others who change it wait until this transaction ends."""
        ...

    def is_disabled(self, account_id: UUID) -> bool: ...

    def disable(self, account_id: UUID, at: datetime) -> None:
        """Remember that the account is disabled, and erase its contact: what it was kept for has ended."""
        ...

    def end_sessions(self, session_ids: Sequence[UUID], at: datetime) -> None:
        """Remember that tokens of these sessions are refused."""
        ...

    def contact(self, account_id: UUID) -> ContactRecord | None: ...

    def save_contact(self, record: ContactRecord) -> None: ...

    def mark_refused(self, account_id: UUID, at: datetime) -> None: ...

    def accounts_behind(self, addressee: Addressee) -> list[UUID]:
        """The accounts with a contact under a direct addressee."""
        ...

    # letters and messages
    def add_letter(self, letter: Letter) -> bool:
        """Write a letter; False if there is one of this cause to this addressee already."""
        ...

    def save_letter(self, letter: Letter, look_at: datetime) -> None:
        """Change its state and when it is looked at next."""
        ...

    def waiting_letters(
        self, *, addressees: Iterable[str] = (), campaign_id: str | None = None, limit: int | None = None
    ) -> list[Letter]:
        """Lock the letters that wait for one of these addressees or for this campaign; of all, those due a look."""
        ...

    def add_message(
        self, letter: Letter, account_id: UUID, *, give_up_at: datetime, sealed_to: str | None = None
    ) -> bool:
        """Queue a message; False if this cause has one to this account already.

        It goes to the contact that is registered when it is sent, or to the one in `sealed_to`.
        """
        ...

    def cancel_messages(self, account_id: UUID) -> None:
        """Cancel what is queued for an account."""
        ...

    def lease_message(self, lease_for: timedelta) -> Lease | None:
        """Take the next message that is due, and open its attempt; None if there is none that nobody holds."""
        ...

    def expired_messages(self, limit: int) -> list[Lease]:
        """Lock the queued messages whose time is over and that nobody holds."""
        ...

    def conclude(
        self, lease: Lease, reply: Reply | None, state: MessageState, *, next_at: datetime | None, header_id: str
    ) -> bool:
        """Close the attempt and set the message's state; False if the lease was lost meanwhile."""
        ...

    # codes
    def add_code(self, record: CodeRecord) -> bool:
        """Keep a code until its mail has gone out; False if this request has one already."""
        ...

    # reminders
    def reminders(self, campaign_id: str, recipients: Iterable[Addressee] | None = None) -> list[Reminder]:
        """Lock the plan's rows of these recipients, or of all."""
        ...

    def add_reminders(self, rows: Sequence[Reminder]) -> None: ...

    def save_reminder(self, row: Reminder, look_at: datetime | None = None) -> None:
        """Change a row's state; `look_at`: when it is looked at next, its due time if not given."""
        ...

    def due_reminders(self, limit: int) -> list[Reminder]:
        """Lock rows that are due a look and that nobody holds, earliest first."""
        ...

    def wake_reminders(self, addressees: Iterable[str]) -> None:
        """Rows that wait for a contact of these addressees are looked at now."""
        ...


Transactions = AbstractContextManager[Store]


class Begin(Protocol):
    """Opens a transaction: `with begin() as store: …`."""

    def __call__(self) -> Transactions: ...


class Sealer(Protocol):
    """Keeps contact data, and codes that wait for their mail, unreadable at rest."""

    def seal(self, account_id: UUID, contact: Contact) -> str: ...

    def unseal(self, account_id: UUID, sealed: str) -> Contact:
        """Raises SealBrokenError."""
        ...

    def seal_code(self, account_id: UUID, code: str) -> str: ...

    def unseal_code(self, account_id: UUID, sealed: str) -> str:
        """Raises SealBrokenError."""
        ...


class Writer(Protocol):
    """Writes the mail of a letter to a contact."""

    def write(self, lease: Lease, contact: Contact, code: str) -> Mail:
        """`code` is empty where the letter takes none out."""
        ...

    def header_id(self, message_id: UUID) -> str:
        """The Message-ID, always the same for the same message."""
        ...


class Mailer(Protocol):
    """Hands a mail to the mail server. Never raises for what a server or a network can do: the reply says it."""

    def send(self, mail: Mail) -> Reply: ...

    def rest(self) -> None:
        """Nothing more to send for now: take leave of the server."""
        ...

    def end_within(self, seconds: float) -> None:
        """Cut off the conversation that is under way, if it has not ended by then."""
        ...
