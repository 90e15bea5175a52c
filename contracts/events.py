"""One model per event, named in the past tense; `TYPE` is its CloudEvents type, routing key and schema file.

Rules: only optional fields are ever added to a version (checked against the committed baseline); data are facts under
64 KiB; media by reference; no telephone numbers and no mailboxes. Times carry a zone. Readers ignore unknown fields.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

CampaignId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Placeholder = Annotated[str, Field(max_length=1000, pattern=r"^(data:image/webp;base64,[A-Za-z0-9+/]+={0,2})?$")]


class Fact(BaseModel):
    """A part of an event; frozen, and tolerant of fields added later."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Event(Fact):
    """Base of every event. Subclasses set TYPE."""

    TYPE: ClassVar[str]


class Sentence(Fact):
    """One sentence for people, in both languages."""

    zh: str
    en: str


class Finding(Fact):
    """Why something was refused or returned: a stable slug, a sentence that says how to mend it, and its place."""

    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    zh: str
    en: str
    place: str = Field(default="entry", description="A field's key, `material:<uuid>`, or `entry`.")
    figures: dict[str, Any] = Field(default_factory=dict, description="What was given and what is allowed.")


class UnitRef(Fact):
    """The recommending unit as it stood at that moment."""

    code: str
    name: str
    region: str = Field(default="", description="Province or city; what recusal by region compares.")


class ObjectRef(Fact):
    """A file in object storage; bytes never travel on the bus."""

    bucket: str
    key: str
    size: int = Field(ge=0, description="bytes")
    sha256: Sha256 | None = None


class MaterialFacts(Fact):
    """What validation measured."""

    format: str = Field(description="JPEG, MP4, …: by content, not by name.")
    bytes: int = Field(ge=0)
    sha256: Sha256 | None = Field(
        default=None, description="Of files that are read whole (photos); a video is judged from ranges of it."
    )
    width: int | None = Field(default=None, description="pixels, as displayed")
    height: int | None = Field(default=None, description="pixels, as displayed")
    seconds: float | None = None
    codec: str | None = None
    pages: int | None = Field(default=None, description="Of a document.")
    page_width: float | None = Field(default=None, description="millimetres, of a document's first page as displayed")
    page_height: float | None = Field(default=None, description="millimetres, of a document's first page as displayed")
    blank_pages: tuple[int, ...] | None = Field(
        default=None, description="Numbers of pages of a document, from 1, on which there is nothing to see."
    )
    rotation: int | None = Field(
        default=None, description="Degrees clockwise by which players turn the stored pictures of a video."
    )
    frame_rate: float | None = Field(default=None, description="Pictures in a second of a video, on average.")
    sound: bool | None = Field(default=None, description="Whether a video has sound.")


class MaterialRef(Fact):
    """A material as listed in a submitted entry."""

    material_id: UUID
    kind: str = Field(description="The material rule's key in the campaign definition, e.g. photo.")
    name: str = Field(description="The file name its owner gave.")
    position: int = Field(ge=0)
    state: Literal["uploaded", "accepted"]
    object: ObjectRef | None = Field(default=None, description="The immutable copy, once accepted.")
    facts: MaterialFacts | None = None
    caption: str = Field(default="", description="What its owner wrote under it.")


class Extension(Fact):
    """A later cut-off for one unit, with its reason."""

    unit_code: str
    cutoff: AwareDatetime
    reason: str


class CampaignPublishedV1(Event):
    """A definition was opened; `definition` is contracts.campaign.CampaignDefinition as JSON."""

    TYPE = "campaign.published.v1"
    campaign_id: CampaignId
    version: int = Field(ge=1)
    definition: dict[str, Any]
    published_at: AwareDatetime


class CampaignAmendedV1(Event):
    """Its calendar changed, for all or for one unit. `definition` and `extensions` are the new whole."""

    TYPE = "campaign.amended.v1"
    campaign_id: CampaignId
    version: int = Field(ge=2)
    definition: dict[str, Any]
    extensions: tuple[Extension, ...] = ()
    reason: str
    amended_at: AwareDatetime


class AccountDisabledV1(Event):
    """From now on every service refuses this account's tokens."""

    TYPE = "account.disabled.v1"
    account_id: UUID
    reason: str
    disabled_at: AwareDatetime


class SessionEndedV1(Event):
    """From now on every service refuses the access tokens of these sessions."""

    TYPE = "session.ended.v1"
    account_id: UUID
    session_ids: tuple[UUID, ...] = Field(min_length=1, max_length=500)
    reason: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description=(
            "signed-out, ended-by-owner, new-password, second-factor-reset, account-changed, account-disabled; "
            "others may come."
        ),
    )
    ended_at: AwareDatetime


class ContactRegisteredV1(Event):
    """An account has said how it is reached. How, stays in notify."""

    TYPE = "contact.registered.v1"
    account_id: UUID
    registered_at: AwareDatetime


class ResetRequestedV1(Event):
    """Somebody asked for a new password of this account by mail. Whether the account has a mailbox, notify knows."""

    TYPE = "reset.requested.v1"
    account_id: UUID
    request_id: UUID
    requested_at: AwareDatetime


class ResetIssuedV1(Event):
    """A one-time code is on its way to the account's mailbox. The code itself is in no event: this is its digest."""

    TYPE = "reset.issued.v1"
    account_id: UUID
    request_id: UUID
    digest: Sha256 = Field(description="contracts.codes.code_digest of the code.")
    issued_at: AwareDatetime
    expires_at: AwareDatetime


class PasswordChangedV1(Event):
    """An account has a new password; its owner is told by mail, in case it was not he. Not told of the first one."""

    TYPE = "password.changed.v1"
    account_id: UUID
    means: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description=(
            "mailed-code, activation-code (a new one of the secretariat's), old-one (its owner knew it); "
            "others may come."
        ),
    )
    changed_at: AwareDatetime


class MaterialUploadedV1(Event):
    """A client says that the upload is complete, and storage agrees."""

    TYPE = "material.uploaded.v1"
    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    campaign_version: int = Field(ge=1)
    category: str
    unit_code: str
    kind: str
    name: str
    object: ObjectRef
    uploaded_at: AwareDatetime


class MaterialAcceptedV1(Event):
    """The verdict: fits every rule. `object` is the immutable copy under its SHA-256."""

    TYPE = "material.accepted.v1"
    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    kind: str
    object: ObjectRef
    facts: MaterialFacts
    judged_at: AwareDatetime
    round: int = Field(
        default=1, ge=1, description="Over 1: judged again later. The higher round counts, whichever comes first."
    )


class MaterialRejectedV1(Event):
    """The verdict: breaks at least one rule; every broken rule is named."""

    TYPE = "material.rejected.v1"
    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    kind: str
    findings: tuple[Finding, ...] = Field(min_length=1)
    judged_at: AwareDatetime
    unit_code: str = Field(default="", description="Whose upload it was, so that the unit can be told at once.")
    name: str = Field(default="", description="The file name its owner gave.")


class Rendition(Fact):
    """A picture made of an accepted file, without a byte of it but pixels; in the public bucket."""

    key: str
    format: str = Field(description="JPEG, WebP; others may come.")
    width: int = Field(ge=1, description="pixels, upright")
    height: int = Field(ge=1, description="pixels, upright")
    bytes: int = Field(ge=1)


class MaterialRenderedV1(Event):
    """There are pictures to show of an accepted material: a photo itself, or one out of a video."""

    TYPE = "material.rendered.v1"
    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    kind: str
    renditions: tuple[Rendition, ...] = Field(min_length=1, max_length=16)
    placeholder: Placeholder = Field(
        default="",
        description="A few pixels of the same picture, to be shown blurred until it is there; a source for <img>.",
    )
    rendered_at: AwareDatetime


class MaterialPlace(Fact):
    """Where a material stands: whose it is, and in which entry."""

    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    category: str
    unit_code: str
    kind: str
    sha256: Sha256 | None = None


class MaterialResembledV1(Event):
    """Two materials are the same file, or show nearly the same picture. A fact for reviewers; it refuses nothing."""

    TYPE = "material.resembled.v1"
    material: MaterialPlace = Field(description="The one that came later, or was looked at later.")
    other: MaterialPlace
    likeness: Literal["same-file", "near"]
    mirrored: bool = Field(default=False, description="One shows the other's mirror image.")
    distance: int | None = Field(default=None, ge=0, le=64, description="Bits in which the hashes of both differ.")
    correlation: float | None = Field(default=None, ge=-1, le=1, description="Of both thumbnails; 1 is the same.")
    more: bool = Field(default=False, description="The material resembles others, too, that are not told of.")
    found_at: AwareDatetime


class MaterialDoubtedV1(Event):
    """A material that was accepted breaks a rule when it is judged again. It stays accepted: people decide."""

    TYPE = "material.doubted.v1"
    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    kind: str
    findings: tuple[Finding, ...] = Field(min_length=1)
    round: int = Field(ge=2, description="Counts for a material together with the rounds of material.accepted.v1.")
    judged_at: AwareDatetime


class MaterialInspectedV1(Event):
    """An accepted video was watched through. What was found is advice: the verdict stands."""

    TYPE = "material.inspected.v1"
    material_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    kind: str
    warnings: tuple[Finding, ...] = Field(default=(), max_length=16)
    playable: str | None = Field(
        default=None,
        description="Key, in the public bucket, of a copy that plays in browsers; null where the file itself does, or "
        "none could be made.",
    )
    seconds: float = Field(ge=0, description="What it took.")
    inspected_at: AwareDatetime


class EntrySubmittedV1(Event):
    """The whole content of a revision, without fields that the definition marks private."""

    TYPE = "entry.submitted.v1"
    entry_id: UUID
    campaign_id: CampaignId
    campaign_version: int = Field(ge=1)
    receipt_number: str
    revision: int = Field(ge=1)
    unit: UnitRef
    category: str
    title: str
    fields: dict[str, str]
    materials: tuple[MaterialRef, ...]
    digest: Sha256 = Field(description="SHA-256 of the revision's canonical content; printed on receipt and form.")
    submitted_by: UUID
    submitted_at: AwareDatetime = Field(description="By the database's clock; what the deadline was decided on.")
    claims: tuple[str, ...] = Field(
        default=(), description="Keys of the conditions that the unit says are met, where the campaign asks for it."
    )


class EntryWithdrawnV1(Event):
    """The unit took the entry back; its quota is free again."""

    TYPE = "entry.withdrawn.v1"
    entry_id: UUID
    campaign_id: CampaignId
    unit: UnitRef
    category: str
    revision: int = Field(ge=0, description="The revision withdrawn; 0 if it was never submitted.")
    reason: str = ""
    withdrawn_at: AwareDatetime


class EntryReturnedV1(Event):
    """The secretariat sent a revision back for mending."""

    TYPE = "entry.returned.v1"
    entry_id: UUID
    campaign_id: CampaignId
    unit: UnitRef
    category: str
    title: str
    revision: int = Field(ge=1)
    findings: tuple[Finding, ...] = Field(min_length=1)
    mend_by: AwareDatetime
    decided_at: AwareDatetime


class EntryEligibleV1(Event):
    """A revision passed eligibility review."""

    TYPE = "entry.eligible.v1"
    entry_id: UUID
    campaign_id: CampaignId
    unit: UnitRef
    category: str
    title: str
    revision: int = Field(ge=1)
    conditions: tuple[str, ...] = Field(default=(), description="Keys of the conditions the secretariat ticked.")
    decided_at: AwareDatetime


class EntryIneligibleV1(Event):
    """A revision lost its place."""

    TYPE = "entry.ineligible.v1"
    entry_id: UUID
    campaign_id: CampaignId
    unit: UnitRef
    category: str
    title: str
    revision: int = Field(ge=1)
    findings: tuple[Finding, ...] = Field(min_length=1)
    decided_at: AwareDatetime


class OpinionGivenV1(Event):
    """A level of the opinion chain has spoken."""

    TYPE = "opinion.given.v1"
    entry_id: UUID
    campaign_id: CampaignId
    revision: int = Field(ge=1)
    level: str
    verdict: Literal["approved", "returned", "refused"]
    text: str = ""
    given_at: AwareDatetime


class AssessmentAssignedV1(Event):
    """An expert has an entry to score."""

    TYPE = "assessment.assigned.v1"
    assessment_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    category: str
    expert_id: UUID = Field(description="The expert's account.")
    due_at: AwareDatetime
    assigned_at: AwareDatetime


class AssessmentSubmittedV1(Event):
    """An expert's work on one entry is done. Scores stay in review: others may not infer them."""

    TYPE = "assessment.submitted.v1"
    assessment_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    expert_id: UUID
    submitted_at: AwareDatetime


class AssessmentRevokedV1(Event):
    """An expert has an entry no longer: recused, or taken away with its ground. What was scored does not count."""

    TYPE = "assessment.revoked.v1"
    assessment_id: UUID
    entry_id: UUID
    campaign_id: CampaignId
    expert_id: UUID = Field(description="The expert's account.")
    reason: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        description=(
            "recused, abstained, conflict, entry-withdrawn, new-revision, account-disabled; others may come. "
            "What the expert wrote of it stays in review."
        ),
    )
    revoked_at: AwareDatetime


class ListedEntry(Fact):
    """An entry as it stands in a public list."""

    entry_id: UUID
    category: str
    rank: int = Field(ge=1)
    unit: UnitRef
    title: str
    receipt_number: str


class NoticeOpenedV1(Event):
    """A proposed list stands open for objections."""

    TYPE = "notice.opened.v1"
    campaign_id: CampaignId
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    listed: tuple[ListedEntry, ...]
    part: int = Field(default=1, ge=1, description="A list too long for one event comes in several, each about others.")
    parts: int = Field(default=1, ge=1)


class ObjectionFiledV1(Event):
    """Somebody objected to a listed entry; who, and what they wrote, stay in review."""

    TYPE = "objection.filed.v1"
    objection_id: UUID
    campaign_id: CampaignId
    entry_id: UUID
    filed_at: AwareDatetime


class DecisionPublishedV1(Event):
    """The final list."""

    TYPE = "decision.published.v1"
    campaign_id: CampaignId
    number: str
    issuer: str
    listed: tuple[ListedEntry, ...]
    published_at: AwareDatetime
    part: int = Field(default=1, ge=1, description="A list too long for one event comes in several, each about others.")
    parts: int = Field(default=1, ge=1)


class ReminderSentV1(Event):
    """A reminder went out to one unit or person."""

    TYPE = "reminder.sent.v1"
    reminder_id: UUID
    campaign_id: CampaignId
    rule: str = Field(description="The reminder rule's key in the campaign definition.")
    recipient: str = Field(description="A unit's code or an account's id; never an address.")
    due_at: AwareDatetime
    sent_at: AwareDatetime


class MessageBouncedV1(Event):
    """A message did not arrive; the address behind `recipient` is marked in notify."""

    TYPE = "message.bounced.v1"
    message_id: UUID
    campaign_id: CampaignId | None = None
    recipient: str
    reason: str
    bounced_at: AwareDatetime


EVENTS: dict[str, type[Event]] = {cls.TYPE: cls for cls in Event.__subclasses__()}
"""Every event type that exists, by its TYPE."""
