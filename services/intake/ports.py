"""What the use cases need from the world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from contracts.campaign import CampaignDefinition
from contracts.events import Event, Finding, MaterialFacts, ObjectRef, UnitRef
from services.intake.domain.accounts import Account
from services.intake.domain.campaigns import Act, Campaign
from services.intake.domain.documents.papers import Past
from services.intake.domain.entries import Entry, Material, MaterialState, Place, Receipt, Saved, State
from services.intake.domain.happenings import Happening
from services.intake.domain.imports import Unit
from services.intake.domain.progress import Tally
from services.intake.domain.second_factor import SecondFactor
from services.intake.domain.sessions import FACTOR_REQUIRED, OpenSession, Visit
from services.intake.domain.texts import Earlier
from services.intake.domain.tokens import ProgramToken
from services.intake.domain.uploads import Part


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

    def sign(self, account: Account, *, now: datetime, lifetime: timedelta, session_id: UUID | None = None) -> str: ...


@dataclass(frozen=True, slots=True)
class UploadForm:
    """What a browser posts, as multipart/form-data with the file last, to send one file straight to storage."""

    url: str
    fields: Mapping[str, str]
    key: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload in parts that storage still waits for."""

    key: str
    upload_id: str


class Objects(Protocol):
    """Object storage. Never called inside a transaction. All but the signing raise StorageUnavailableError."""

    bucket: str
    public_origin: str
    """Where browsers reach storage: scheme, host and port."""

    def upload_form(
        self, key: str, content_type: str, max_bytes: int, expires_at: datetime, *, back_to: str | None = None
    ) -> UploadForm:
        """Signed here, without asking storage: exactly this key and content type, 1 to `max_bytes` bytes.

        `back_to` is where storage sends a browser without scripts when it has the file.
        """
        ...

    def begin_parts(self, key: str, content_type: str) -> str:
        """Storage's name for a new upload in parts."""
        ...

    def part_links(
        self, key: str, upload_id: str, lengths: Mapping[int, int], expires_at: datetime
    ) -> Mapping[int, str]:
        """Signed here: a link to PUT each of these parts with, of exactly its length."""
        ...

    def parts(self, key: str, upload_id: str) -> Sequence[Part] | None:
        """The parts that storage has; None if there is no such upload, or no longer."""
        ...

    def finish_parts(self, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """Make the object of these parts; an upload that is gone is passed over."""
        ...

    def abort_parts(self, key: str, upload_id: str) -> None:
        """Forget an upload and its parts, if they are there."""
        ...

    def unfinished(self, begun_before: datetime) -> Sequence[Unfinished]: ...

    def holds(self, bucket: str, key: str) -> bool: ...

    def link(self, bucket: str, key: str, name: str, content_type: str, lifetime: timedelta) -> str:
        """Signed here: a link to fetch an object with, under its owner's name for it."""
        ...

    def size_of(self, key: str) -> int | None:
        """Bytes of an object; None if there is none. Raises StorageUnavailableError."""
        ...

    def remove(self, key: str) -> None:
        """Remove an object, if it is there. Raises StorageUnavailableError."""
        ...


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a sign-in is checked against."""

    account: Account
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Attempts:
    """Sign-ins of one login from one address that were begun and have not succeeded."""

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


class Transaction(Protocol):
    """One transaction on intake's database, committed when its block ends, rolled back when it raises."""

    def now(self) -> datetime:
        """The database's clock at this very moment."""
        ...

    def emit(self, event: Event, *, subject: str) -> None:
        """Write an event that goes out if and only if this transaction commits."""
        ...

    def happen(self, *happenings: Happening) -> None: ...

    # accounts
    def sign_in(self, login: str) -> SignIn | None: ...
    def count_attempt(self, login_digest: bytes, address: str, window: timedelta) -> Attempts: ...
    def forget_attempts(self, login_digest: bytes, address: str) -> None: ...
    def forget_old_attempts(self, window: timedelta) -> None: ...
    def account(self, account_id: UUID) -> Account | None: ...
    def accounts(self, after: str | None, limit: int, search: str = "") -> Sequence[Account]:
        """By login; with `search` those in whose login, name or unit's code it stands."""
        ...

    def add_account(self, account: Account) -> bool:
        """False if the login is taken."""
        ...

    def add_activation(self, account_id: UUID, digest: bytes, lifetime: timedelta) -> datetime:
        """Replaces every unused code of the account; returns when this one expires."""
        ...

    def activation(self, digest: bytes) -> Account | None:
        """The account of a code that is unused and in time, unless it is disabled."""
        ...

    def use_activation(self, digest: bytes, password_hash: str) -> Account | None:
        """Set the account's password and use the code up; None if it is no longer good."""
        ...

    def disable_account(self, account_id: UUID, reason: str) -> datetime | None:
        """When it was disabled; None if it was disabled before."""
        ...

    def accounts_of(self, logins: Sequence[str]) -> Sequence[Account]:
        """Those of these logins that there are."""
        ...

    def change_account(self, account_id: UUID, name: str, roles: frozenset[str], unit_code: str | None) -> None: ...

    # units
    def units(self) -> Sequence[Unit]: ...
    def save_units(self, units: Sequence[Unit]) -> None: ...

    # sessions
    def add_session(
        self,
        session_id: UUID,
        account_id: UUID,
        kind: str,
        digest: bytes | None,
        lifetime: timedelta,
        agent: str,
        address: str,
    ) -> datetime:
        """Returns when it ends at the latest."""
        ...

    def sessions(self, account_id: UUID, idle: timedelta) -> Sequence[OpenSession]:
        """Those that are good now, the newest first."""
        ...

    def end_sessions(
        self, account_id: UUID, why: str, *, only: UUID | None = None, but: UUID | None = None
    ) -> Sequence[UUID]:
        """End sessions of an account: all, one, or all but one; which were ended."""
        ...

    def forget_old_sessions(self, after: timedelta) -> None: ...

    # second factors
    def second_factor(self, account_id: UUID) -> SecondFactor | None: ...

    def begin_second_factor(self, account_id: UUID, secret: str) -> bool:
        """Keep a secret that is not confirmed yet, in place of an earlier one; False if there is a confirmed one."""
        ...

    def confirm_second_factor(self, account_id: UUID, step: int, recovery: Iterable[bytes]) -> bool:
        """It is good from now on, with these recovery codes; False if there is nothing to confirm."""
        ...

    def use_step(self, account_id: UUID, step: int) -> bool:
        """Note that the one-time password of this step was used; False if it, or a later one, was used before."""
        ...

    def use_recovery_code(self, account_id: UUID, digest: bytes) -> bool: ...
    def recovery_codes_left(self, account_id: UUID) -> int: ...
    def drop_second_factor(self, account_id: UUID) -> bool: ...

    # tokens of programs
    def add_program_token(
        self, account_id: UUID, token_id: UUID, digest: bytes, name: str, scopes: Iterable[str], lifetime: timedelta
    ) -> ProgramToken: ...

    def program_tokens(self, account_id: UUID) -> Sequence[ProgramToken]:
        """Those that are good now, the oldest first."""
        ...

    def revoke_program_token(self, account_id: UUID, token_id: UUID) -> bool: ...

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

    # entries
    def entry(self, entry_id: UUID, unit_code: str | None, *, lock: bool = False) -> Entry | None:
        """With its materials and texts; None if there is none, or none of this unit. Locked until the end, if asked."""
        ...

    def add_entry(
        self,
        place: Place,
        unit: UnitRef,
        by: UUID,
        at: datetime,
        quota: int | None,
        *,
        texts: Mapping[str, str],
        exempt: bool,
    ) -> bool:
        """In one of the unit's places; in none if exempt or without a quota. False if all are taken."""
        ...

    def place_entry(self, entry_id: UUID, *, exempt: bool) -> int | None:
        """Give an entry whose row is locked one of its unit's places, or its place back if it is exempt.

        Returns the place; None if it is exempt, needs none, or all are taken.
        """
        ...

    def entries(
        self, campaign_id: str, unit_code: str | None, after: int | None, limit: int, *, state: State | None
    ) -> Sequence[Listed]: ...

    def tallies(self, campaign_id: str) -> Sequence[Tally]:
        """How many entries stand where, by unit and category."""
        ...

    def receipt_of_version(self, entry_id: UUID, version: int) -> Receipt | None:
        """The receipt of the revision that was submitted at this version."""
        ...

    def next_running_number(self, campaign_id: str, category: str) -> int: ...

    def add_revision(self, entry: Entry, receipt: Receipt, content: Mapping[str, Any], by: UUID) -> None: ...

    def revision(self, entry_id: UUID, revision: int) -> tuple[Mapping[str, str], Mapping[str, str]] | None:
        """The texts of a submission: those that travelled, and personal contact data."""
        ...

    def revisions(self, entry_id: UUID) -> Sequence[Submitted]:
        """Every submission of an entry, the last one first."""
        ...

    # texts
    def write_texts(self, entry: Entry, sheet: Sheet, marks: Mapping[str, Saved]) -> None:
        """Merge texts into a locked entry as its next version."""
        ...

    def keep_texts(self, entry_id: UUID, earlier: Iterable[Earlier], private: Iterable[str]) -> None:
        """Into the history, once each; those of the fields named `private` encrypted."""
        ...

    def earlier_texts(self, entry_id: UUID, after: int | None, limit: int) -> Sequence[Kept]:
        """The history of an entry, newest first."""
        ...

    def earlier_text(self, entry_id: UUID, seq: int) -> Kept | None: ...
    def names_of(self, accounts: Iterable[UUID]) -> Mapping[UUID, str]: ...

    def set_state(
        self,
        entry: Entry,
        state: State,
        *,
        mend_by: datetime | None = None,
        findings: Iterable[Finding] = (),
        new_version: bool = False,
    ) -> None: ...

    # materials
    def material(self, material_id: UUID, unit_code: str | None, *, lock: bool = False) -> Material | None:
        """With `lock`, its entry is locked too, and first."""
        ...

    def add_material(self, material: Material, by: UUID) -> None: ...

    def set_material(
        self,
        material_id: UUID,
        state: MaterialState,
        *,
        size: int | None = None,
        arrived: bool = False,
        findings: Iterable[Finding] = (),
        object_ref: ObjectRef | None = None,
        facts: MaterialFacts | None = None,
    ) -> None: ...

    def remove_material(self, material: Material) -> None:
        """Taken out, and for a while remembered as it was."""
        ...

    def restore_material(self, material: Material, position: int) -> bool:
        """As it was before it was removed. False if it is cleaned away by now."""
        ...

    def judge_removed(
        self,
        material: Material,
        state: MaterialState,
        object_ref: ObjectRef | None,
        facts: MaterialFacts | None,
        findings: Iterable[Finding],
    ) -> None:
        """The verdict on a file that was removed in between: what it would be if it were put back."""
        ...

    def set_caption(self, material_id: UUID, caption: str) -> None: ...

    def place_materials(self, material_ids: Sequence[UUID]) -> None:
        """Number them in this order, from 0."""
        ...

    def to_clean(self, older_than: timedelta, limit: int) -> Sequence[Material]:
        """What is of no use any more, untouched for so long and still in quarantine.

        Uploads that were never completed, removed and rejected materials.
        """
        ...

    def cleaned(self, material_id: UUID) -> bool:
        """Its object is gone from quarantine. False if the material has come to life in between."""
        ...

    def happenings(
        self, campaign_id: str, unit_code: str | None, entry_id: UUID | None, after: int | None, limit: int
    ) -> Sequence[tuple[int, Happening]]: ...

    def messages(self, unit_code: str, after: int | None, limit: int) -> Sequence[tuple[int, Happening]]:
        """What happened to a unit, and to all in the campaigns in which it has entries; newest first."""
        ...

    # papers
    def past(self, entry_id: UUID, revision: int) -> Past | None:
        """A submission as it was."""
        ...

    def entry_of_number(self, number: str) -> UUID | None:
        """The entry that a receipt number was given to."""
        ...

    def materials_by_id(self, ids: Sequence[UUID]) -> Mapping[UUID, Material]:
        """Also those that were taken out since."""
        ...


class Store(Protocol):
    """Intake's database."""

    def begin(self) -> AbstractContextManager[Transaction]: ...

    def visit(self, digest: bytes) -> Visit | None:
        """The session of a cookie, if it is good now; that it was seen is noted."""
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


class Library(Protocol):
    """Files in object storage, read as they stream."""

    def read(self, bucket: str, key: str, size: int, sha256: str | None) -> Iterator[bytes]:
        """Exactly `size` bytes with this digest, in pieces. Closing the iterator ends the transfer.

        Raises StorageUnavailableError, also in the middle: for a line that breaks, bytes too few, another digest.
        """
        ...
