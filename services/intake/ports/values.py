"""What the store tells: rows and the like, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import UnitRef
from services.intake.domain.accounts import Account
from services.intake.domain.campaigns import Act, Campaign
from services.intake.domain.entries import Receipt, State
from services.intake.domain.texts import Earlier


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in is checked against."""

    account: Account
    password_hash: str | None
    at_home: bool
    """It has been signed in from this address before."""


@dataclass(frozen=True, slots=True)
class Used:
    """What became of a one-time code: whose it was, whether it was mailed, whether the account had a password."""

    account: Account
    mailed: bool
    is_first: bool


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts of one kind from one address that were begun and have not succeeded."""

    failures: int
    again_in: timedelta


@dataclass(frozen=True, slots=True)
class CampaignState:
    """A campaign with what has become of it since."""

    campaign: Campaign
    published_at: datetime
    notice_opens_at: datetime | None = None
    notice_closes_at: datetime | None = None
    decision_number: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CampaignVersion:
    """Who made a version of a campaign, when and why. `by` is empty for an account that is not here."""

    version: int
    act: Act
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of a list of entries."""

    seq: int
    entry_id: UUID
    campaign_id: str
    category: str
    unit: UnitRef
    state: State
    version: int
    revision: int
    title: str
    receipt_number: str | None
    updated_at: datetime
    slot: int | None
    """Which of the unit's places in the category it holds; None where it needs none."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission as the history lists it."""

    receipt: Receipt
    by: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Texts to be saved into an entry, each typed over a version of it; `title` names the entry in lists.

    `exempt`: of texts with a post that decides whether the entry counts against its unit's quota, that it does not.
    """

    entry_id: UUID
    unit_code: str
    by: UUID
    over: Mapping[str, int]
    fields: Mapping[str, str]
    private: Mapping[str, str]
    title: str | None
    exempt: bool | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An earlier text in the history, with its writer's name."""

    seq: int
    earlier: Earlier
    name: str
