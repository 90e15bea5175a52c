"""What the use cases need from the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from contracts.campaign import CampaignDefinition
from contracts.events import Event
from services.intake.domain.accounts import Account
from services.intake.domain.campaigns import Act, Campaign
from services.intake.domain.entries import Entry, Place
from services.intake.domain.happenings import Happening
from services.intake.domain.sessions import CONTACT_REQUIRED, FACTOR_REQUIRED, Visit
from services.intake.ports.entries import EntryRows
from services.intake.ports.objects import Library, Objects, Unfinished, UploadForm
from services.intake.ports.people import PeopleRows
from services.intake.ports.values import (
    Attempts,
    CampaignState,
    CampaignVersion,
    Kept,
    Listed,
    Sheet,
    SignIn,
    Submitted,
    Used,
)

__all__ = [
    "Attempts",
    "CampaignState",
    "CampaignVersion",
    "Clock",
    "Kept",
    "Library",
    "Listed",
    "Objects",
    "Passwords",
    "Ports",
    "Sheet",
    "SignIn",
    "Store",
    "Submitted",
    "Tokens",
    "Transaction",
    "Unfinished",
    "UploadForm",
    "Used",
]


class Clock(Protocol):
    """This process's clock: for tokens and for display. Deadlines are decided by Transaction.now()."""

    def now(self) -> datetime: ...


class Passwords(Protocol):
    """argon2id."""

    def hash(self, password: str) -> str: ...

    def verify(self, hashed: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; without a hash, false after the same work."""
        ...


class Tokens(Protocol):
    """Access tokens."""

    def sign(
        self,
        account: Account,
        *,
        now: datetime,
        lifetime: timedelta,
        session_id: UUID | None = None,
        password_at: datetime | None = None,
    ) -> str:
        """`password_at`: when the password was given for it, if it was."""
        ...


class Transaction(PeopleRows, EntryRows, Protocol):
    """One transaction on intake's database, committed when its block ends, rolled back when it raises."""

    def now(self) -> datetime:
        """The database's clock at this very moment."""
        ...

    def emit(self, event: Event, *, subject: str, lane: str = "") -> None:
        """Write an event that goes out if and only if this transaction commits; `lane` as the catalogue has it."""
        ...

    def happen(self, *happenings: Happening) -> None: ...

    # campaigns
    def campaign(self, campaign_id: str, *, lock: bool = False) -> CampaignState | None: ...
    def campaigns(self) -> Sequence[CampaignState]: ...

    def add_campaign(self, definition: CampaignDefinition, by: UUID, at: datetime) -> bool:
        """False if a campaign of this id exists."""
        ...

    def amend_campaign(self, campaign: Campaign, act: Act, reason: str, by: UUID, at: datetime) -> None: ...

    def campaign_version(self, campaign_id: str, version: int) -> Campaign | None:
        """The campaign as it stood at an earlier version."""
        ...

    def campaign_versions(self, campaign_id: str) -> Sequence[CampaignVersion]:
        """Everything that was ever done to it, newest first."""
        ...

    def open_notice(self, campaign_id: str, opens_at: datetime, closes_at: datetime) -> None: ...
    def publish_decision(self, campaign_id: str, number: str, at: datetime) -> None: ...


class Store(Protocol):
    """Intake's database."""

    def begin(self) -> AbstractContextManager[Transaction]: ...

    def visit(self, digest: bytes, *, noted: bool = True) -> Visit | None:
        """The session of a cookie, if it is good now; with `noted`, that somebody was there."""
        ...

    def place(self, entry_id: UUID) -> Place | None:
        """What never changes about an entry; remembered."""
        ...

    def definition(self, campaign_id: str) -> CampaignDefinition:
        """Some version of a campaign's definition, remembered: only its calendar ever changes."""
        ...

    def material_stamps(self, entry_ids: Sequence[UUID]) -> Mapping[UUID, str]:
        """For each entry that has files, a word that changes whenever one of them does."""
        ...

    def entry_with_campaign(self, entry_id: UUID, unit_code: str) -> tuple[Entry, CampaignState] | None:
        """An entry of this unit, and its campaign as it stands, by one statement; None if there is none."""
        ...

    def save_texts(self, place: Place, sheet: Sheet) -> tuple[Entry, Campaign] | None:
        """Merge texts into an entry in one statement.

        None, and nothing is saved, if it is not editable, if one of them was saved over since, or if what one of them
        replaces has to be kept first.

        A post among them that is exempt from the quota gives the entry's place back; any other takes one that is free.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything the use cases stand on."""

    store: Store
    objects: Objects
    clock: Clock
    passwords: Passwords
    tokens: Tokens
    factor_required: frozenset[str] = FACTOR_REQUIRED
    """Roles that reach no page but the one where the second factor is set up, before it is."""
    contact_required: frozenset[str] = CONTACT_REQUIRED
    """Roles that reach no other page before they have said how they are reached."""
