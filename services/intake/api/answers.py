"""What intake's HTTP interface answers, version 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.events import Extension, Finding
from services.intake.api.material_answers import MaterialOut
from services.intake.domain.accounts import Account
from services.intake.domain.campaigns import Act
from services.intake.domain.entries import Receipt, State
from services.intake.domain.happenings import Happening
from services.intake.domain.texts import Why
from services.intake.ports import CampaignState, Kept, Listed
from services.intake.usecases.accounts import Issued, Reissued
from services.intake.usecases.campaigns import Record
from services.intake.usecases.entries import View
from services.intake.usecases.materials import shown
from services.intake.usecases.sessions import Session


class AccountOut(BaseModel):
    account_id: UUID
    login: str
    name: str
    roles: list[str]
    unit_code: str | None
    activated: bool
    disabled_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> AccountOut:
        return cls(
            account_id=account.account_id,
            login=account.login,
            name=account.name,
            roles=sorted(account.roles),
            unit_code=account.unit_code,
            activated=account.activated,
            disabled_at=account.disabled_at,
            created_at=account.created_at,
        )


class SessionOut(BaseModel):
    access_token: str
    expires_at: datetime
    account: AccountOut

    @classmethod
    def of(cls, session: Session) -> SessionOut:
        return cls(
            access_token=session.access_token,
            expires_at=session.expires_at,
            account=AccountOut.of(session.account),
        )


class IssuedOut(BaseModel):
    """The code is shown this once."""

    account_id: UUID
    activation_code: str
    activation_expires_at: datetime

    @classmethod
    def of(cls, issued: Issued) -> IssuedOut:
        return cls(
            account_id=issued.account_id,
            activation_code=issued.activation_code,
            activation_expires_at=issued.activation_expires_at,
        )


class ReissuedOut(IssuedOut):
    """What a letter says: `POST /api/files/v1/letters` prints it."""

    login: str
    name: str


class ReissuedCodesOut(BaseModel):
    """The codes are shown this once."""

    items: list[ReissuedOut]

    @classmethod
    def of_all(cls, done: Sequence[Reissued]) -> ReissuedCodesOut:
        items = [
            ReissuedOut(**IssuedOut.of(one.issued).model_dump(), login=one.account.login, name=one.account.name)
            for one in done
        ]
        return cls(items=items)


class AskedOut(BaseModel):
    """Nothing of the account: whether there is one stays with its owner."""

    code_minutes: int = Field(description="How long a code is good that is mailed now.")


class DisabledOut(BaseModel):
    account_id: UUID
    disabled_at: datetime


class CampaignOut(BaseModel):
    campaign_id: str
    version: int
    published_at: datetime
    notice_opens_at: datetime | None
    notice_closes_at: datetime | None
    decision_number: str | None
    decided_at: datetime | None
    definition: dict[str, Any]

    @classmethod
    def of(cls, state: CampaignState) -> CampaignOut:
        return cls(
            campaign_id=state.campaign.id,
            version=state.campaign.version,
            published_at=state.published_at,
            notice_opens_at=state.notice_opens_at,
            notice_closes_at=state.notice_closes_at,
            decision_number=state.decision_number,
            decided_at=state.decided_at,
            definition=state.campaign.definition.model_dump(mode="json"),
        )


class AmendedOut(CampaignOut):
    """For the secretariat: with every unit's extension."""

    extensions: list[Extension]

    @classmethod
    def of(cls, state: CampaignState) -> AmendedOut:
        whole = CampaignOut.of(state).model_dump()
        return cls(**whole, extensions=list(state.campaign.extensions))


class CampaignVersionOut(BaseModel):
    version: int
    act: Act
    reason: str
    by: str
    at: datetime


class CampaignRecordOut(AmendedOut):
    """A campaign with everything that was ever done to it, newest first."""

    versions: list[CampaignVersionOut]

    @classmethod
    def recorded(cls, record: Record) -> CampaignRecordOut:
        whole = AmendedOut.of(record.state).model_dump()
        return cls(**whole, versions=[CampaignVersionOut(**asdict(version)) for version in record.versions])


class ReceiptOut(BaseModel):
    receipt_number: str
    revision: int
    digest: str = Field(description="SHA-256 of the revision's canonical content.")
    submitted_at: datetime
    campaign_version: int = Field(description="The version of the campaign that this revision is judged by.")

    @classmethod
    def of(cls, receipt: Receipt) -> ReceiptOut:
        return cls(
            receipt_number=receipt.receipt_number,
            revision=receipt.revision,
            digest=receipt.digest,
            submitted_at=receipt.submitted_at,
            campaign_version=receipt.campaign_version,
        )


class EntryOut(BaseModel):
    entry_id: UUID
    campaign_id: str
    category: str
    unit_code: str
    unit_name: str
    title: str
    state: State
    version: int
    revision: int
    fields: dict[str, str]
    field_versions: dict[str, int] = Field(description="For each text, the version at which it was saved last.")
    materials: list[MaterialOut]
    problems: list[Finding] = Field(description="Everything that keeps the entry from being submitted as it stands.")
    findings: list[Finding] = Field(description="Of the last verdict: why it was returned, or found ineligible.")
    mend_by: datetime | None
    deadline: datetime = Field(description="The deadline to show for this entry.")
    submit_until: datetime = Field(description="The instant before which a submission is accepted.")
    receipt: ReceiptOut | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: View, *, private: bool) -> EntryOut:
        """`private` says whether this reader may see personal contact data."""
        entry = view.entry
        return cls(
            entry_id=entry.entry_id,
            campaign_id=entry.campaign_id,
            category=entry.category,
            unit_code=entry.unit.code,
            unit_name=entry.unit.name,
            title=entry.title(view.category),
            state=entry.state,
            version=entry.version,
            revision=entry.revision,
            fields=dict(entry.texts if private else entry.fields),
            field_versions={key: saved.version for key, saved in entry.saved.items()},
            materials=MaterialOut.list_of(shown(entry.materials)),
            problems=list(view.problems),
            findings=list(entry.findings),
            mend_by=entry.mend_by,
            deadline=view.shown_deadline,
            submit_until=view.submit_until,
            receipt=ReceiptOut.of(entry.receipt) if entry.receipt else None,
            created_at=entry.created_at,
            updated_at=entry.updated_at,
        )


class EarlierOut(BaseModel):
    """A text that was replaced, or that could not be saved and was set aside."""

    id: int
    field: str
    text: str
    version: int = Field(description="At which it was saved; of one set aside, over which it was typed.")
    written_by: str = Field(description="Name of the account.")
    written_at: datetime
    why: Why

    @classmethod
    def of(cls, kept: Kept) -> EarlierOut:
        earlier = kept.earlier
        return cls(
            id=kept.seq,
            field=earlier.field,
            text=earlier.text,
            version=earlier.version,
            written_by=kept.name,
            written_at=earlier.at,
            why=earlier.why,
        )


class ListedOut(BaseModel):
    entry_id: UUID
    campaign_id: str
    category: str
    unit_code: str
    unit_name: str
    title: str
    state: State
    version: int
    revision: int
    receipt_number: str | None
    updated_at: datetime

    @classmethod
    def of(cls, listed: Listed) -> ListedOut:
        return cls(
            entry_id=listed.entry_id,
            campaign_id=listed.campaign_id,
            category=listed.category,
            unit_code=listed.unit.code,
            unit_name=listed.unit.name,
            title=listed.title,
            state=listed.state,
            version=listed.version,
            revision=listed.revision,
            receipt_number=listed.receipt_number,
            updated_at=listed.updated_at,
        )


class HappeningOut(BaseModel):
    kind: str
    at: datetime
    zh: str
    en: str
    entry_id: UUID | None
    unit_code: str | None
    data: dict[str, Any]

    @classmethod
    def of(cls, happening: Happening) -> HappeningOut:
        return cls(
            kind=happening.kind,
            at=happening.at,
            zh=happening.zh,
            en=happening.en,
            entry_id=happening.entry_id,
            unit_code=happening.unit_code,
            data=happening.data,
        )
