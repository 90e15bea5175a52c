"""Entries: their states as one table, and what a submission needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import ceil
from uuid import UUID

from contracts import words
from contracts.campaign import CLAIMS, Category
from contracts.events import Finding, MaterialFacts, ObjectRef, Rendition, UnitRef
from services.intake.domain.campaigns import Campaign
from services.intake.domain.errors import DeadlinePassedError, StaleVersionError, UnknownFieldError, WrongStateError


class State(StrEnum):
    """Where an entry stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"


class Command(StrEnum):
    """What happens to an entry: by its unit (edit, submit, withdraw, begin again) or by the secretariat's verdict."""

    EDIT = "edit"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    RENEW = "renew"
    RETURN = "return"
    FIND_ELIGIBLE = "find-eligible"
    FIND_INELIGIBLE = "find-ineligible"


TRANSITIONS: dict[tuple[State, Command], State] = {
    (State.DRAFT, Command.EDIT): State.DRAFT,
    (State.RETURNED, Command.EDIT): State.RETURNED,
    (State.DRAFT, Command.SUBMIT): State.SUBMITTED,
    (State.RETURNED, Command.SUBMIT): State.SUBMITTED,
    (State.DRAFT, Command.WITHDRAW): State.WITHDRAWN,
    (State.SUBMITTED, Command.WITHDRAW): State.WITHDRAWN,
    (State.RETURNED, Command.WITHDRAW): State.WITHDRAWN,
    (State.WITHDRAWN, Command.RENEW): State.WITHDRAWN,
    (State.SUBMITTED, Command.RETURN): State.RETURNED,
    (State.SUBMITTED, Command.FIND_ELIGIBLE): State.ELIGIBLE,
    (State.SUBMITTED, Command.FIND_INELIGIBLE): State.INELIGIBLE,
}
"""What is not here is refused."""

EDITABLE = frozenset(state for state, command in TRANSITIONS if command is Command.EDIT)

STATE_WORDS: dict[State, tuple[str, str]] = {
    State.DRAFT: ("草稿", "a draft"),
    State.SUBMITTED: ("已提交", "submitted"),
    State.RETURNED: ("退回修改", "returned for mending"),
    State.WITHDRAWN: ("已撤回", "withdrawn"),
    State.ELIGIBLE: ("资格审查通过", "found eligible"),
    State.INELIGIBLE: ("资格审查未通过", "found ineligible"),
}
_HOW: dict[Command, tuple[str, str]] = {
    Command.EDIT: (
        "只有草稿或退回修改的材料可以修改；已提交的可先撤回，再带着原有内容重新申报，或等待退回。",
        "Only a draft or a returned entry can be edited; withdraw a submitted one and begin again with what it holds.",
    ),
    Command.SUBMIT: ("只有草稿或退回修改的材料可以提交。", "Only a draft or a returned entry can be submitted."),
    Command.WITHDRAW: (
        "资格审查已有结论或已撤回的材料不能再撤回，如有需要请联系秘书处。",
        "An entry with a verdict, or one already withdrawn, cannot be withdrawn.",
    ),
    Command.RENEW: ("只有已撤回的材料可以带着原有内容重新申报。", "Only what was withdrawn can be begun again."),
}


class MaterialState(StrEnum):
    """Where a file stands: on its way, in storage awaiting its verdict, judged, or taken out by its owner."""

    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Material:
    """A file of an entry. `size` is in bytes, as declared until storage has said.

    `upload_id` is storage's name for an upload in parts. `hint` is the SHA-256 that the sender says the file has: good
    for a warning, never for a decision. `removed_from` is the state of a removed file before that.
    """

    material_id: UUID
    entry_id: UUID
    kind: str
    name: str
    position: int
    state: MaterialState
    bucket: str
    key: str
    size: int
    upload_until: datetime
    findings: tuple[Finding, ...] = ()
    object: ObjectRef | None = None
    facts: MaterialFacts | None = None
    caption: str = ""
    begun_at: datetime | None = None
    arrived_at: datetime | None = None
    upload_id: str | None = None
    hint: str | None = None
    removed_from: MaterialState | None = None
    renditions: tuple[Rendition, ...] = ()
    placeholder: str = ""
    """What is shown of its picture until that is there: a source for <img>, or nothing."""
    round: int = 0
    """Of the verdict that holds: 0 before the first; over 1 where media has judged it again."""
    warnings: tuple[Finding, ...] = ()
    """Media's advice about a video; it keeps nothing from being submitted."""
    playable: str | None = None
    """Key, among the public files, of a video's copy that plays in browsers; None where it plays itself."""
    heir_of: UUID | None = None
    """The file of an earlier entry whose object this one shares; media knows that one alone."""

    @property
    def sha256(self) -> str | None:
        """What the file's bytes are, as far as anybody has said: the validation, or else its sender."""
        return (self.facts.sha256 if self.facts else None) or self.hint


@dataclass(frozen=True, slots=True)
class Place:
    """What never changes about an entry."""

    entry_id: UUID
    campaign_id: str
    category: str
    unit_code: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a submission."""

    receipt_number: str
    revision: int
    digest: str
    submitted_at: datetime
    campaign_version: int = 1
    """Of the definition as it stood then: by it the revision is judged, whatever is amended later."""


@dataclass(frozen=True, slots=True)
class Saved:
    """When a text was saved last: at which version of the entry, by whom, and since when he has been at it."""

    version: int
    by: UUID
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What a unit recommends in one category. `version` counts every change, `revision` submissions."""

    entry_id: UUID
    campaign_id: str
    category: str
    unit: UnitRef
    state: State
    version: int
    revision: int
    fields: Mapping[str, str]
    private: Mapping[str, str]
    created_at: datetime
    updated_at: datetime
    materials: tuple[Material, ...] = ()
    mend_by: datetime | None = None
    findings: tuple[Finding, ...] = ()
    receipt: Receipt | None = None
    saved: Mapping[str, Saved] = field(default_factory=dict)
    places: int | None = None
    """How many places its unit has in the category; None if as many as it likes."""
    slot: int | None = None
    """Which of them this entry holds; one whose post is exempt from the quota holds none."""
    crowded: bool = False
    """It holds none, and all are taken."""
    texts: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "texts", {**self.fields, **self.private})

    def title(self, category: Category) -> str:
        """The text that names the entry in lists; empty in a draft that has none yet."""
        return self.fields.get(category.title_field, "").strip()


def step(state: State, command: Command) -> State:
    """The state after a command. Raises WrongStateError."""
    after = TRANSITIONS.get((state, command))
    if after is None:
        zh, en = STATE_WORDS[state]
        how_zh, how_en = _HOW.get(command, ("", ""))
        raise WrongStateError(f"当前状态为“{zh}”。{how_zh}", f"The entry is {en}. {how_en}".strip(), state=state.value)
    return after


def public_unit(entry: Entry, category: Category) -> UnitRef:
    """The unit as other services may know it: in an anonymous category by its code, whoever stands behind it."""
    if not category.anonymous:
        return entry.unit
    return UnitRef(code=entry.unit.code, name=f"编号 {entry.unit.code}", region="")


def submit_until(campaign: Campaign, entry: Entry) -> datetime:
    """The instant before which this entry may be submitted.

    A returned entry has until its `mend_by`, also after everybody's deadline; being returned never shortens the time.
    """
    ends = campaign.ends_for(entry.unit.code)
    if entry.state is State.RETURNED and entry.mend_by is not None:
        return max(ends, entry.mend_by)
    return ends


def accepted_until(campaign: Campaign, entry: Entry) -> datetime:
    """The instant before which a submission of this entry is accepted, if it is ready.

    Its end; or later by the stated grace where a file was on its way at that moment, so long as nothing else was
    changed since: then the entry is what its unit had written in time, and only the line was slow.
    """
    ends = submit_until(campaign, entry)
    if entry.updated_at >= ends or not any(_on_its_way(material, ends) for material in entry.materials):
        return ends
    return ends + campaign.definition.calendar.upload_grace


def check_may_change(campaign: Campaign, entry: Entry, now: datetime) -> None:
    """Raises DeadlinePassedError where a text that is saved now would take the entry's grace away.

    While a file that was on its way at the end may still arrive, the entry stays as its unit had written it in time.
    Before and after that, a draft may be written in: what cannot be submitted any more is kept all the same.
    """
    ends, until = submit_until(campaign, entry), accepted_until(campaign, entry)
    if not ends <= now < until:
        return
    zone = campaign.definition.zone
    shown = max(campaign.shown_deadline_for(entry.unit.code), ends)
    raise DeadlinePassedError(
        f"截止时间（{words.deadline_zh(shown, zone)}）已过。截止时正在上传的文件仍可传完并提交，"
        f"{words.instant_zh(until, zone)}之前材料的文字不再改动；刚写的文字没有存入材料，已留存在“历史”中。",
        f"The deadline ({words.deadline_en(shown, zone)}) has passed. What was being uploaded may still arrive and be "
        f"submitted; until {words.instant_en(until, zone)} the texts stay as they are. What was just typed is not in "
        "the entry; it is kept in the history.",
        deadline=shown.isoformat(),
        received_at=now.isoformat(),
        retry_after=ceil((until - now).total_seconds()),
    )


def _on_its_way(material: Material, at: datetime) -> bool:
    """Whether a file was begun before that moment and had not arrived by then."""
    if material.begun_at is None or material.begun_at >= at or material.state is MaterialState.REMOVED:
        return False
    return material.state is MaterialState.UPLOADING or (material.arrived_at is not None and material.arrived_at >= at)


def check_in_time(campaign: Campaign, ends: datetime, shown: datetime, now: datetime) -> None:
    """Raises DeadlinePassedError unless `now`, by the database's clock, is before `ends`."""
    if now < ends:
        return
    zone = campaign.definition.zone
    raise DeadlinePassedError(
        f"已过截止时间：应在{words.deadline_zh(shown, zone)}提交，系统收到的时间是{words.instant_zh(now, zone)}。"
        "草稿已保留，如有特殊情况请联系秘书处申请延期。",
        f"The deadline has passed: it was {words.deadline_en(shown, zone)}; this arrived at "
        f"{words.instant_en(now, zone)}. The draft is kept; ask the secretariat for an extension if need be.",
        deadline=shown.isoformat(),
        received_at=now.isoformat(),
    )


def split_private(category: Category, texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Texts apart: those that may travel, and personal contact data. Raises UnknownFieldError."""
    taken = {CLAIMS} if any(rule.claimed for rule in category.conditions) else frozenset()
    unknown = [key for key in texts if key not in taken and category.field(key) is None]
    if unknown:
        raise UnknownFieldError(
            f"“{category.title.zh}”的表单没有这些字段：{'、'.join(unknown[:10])}。",
            f"The form of {category.key} has no such fields: {', '.join(unknown[:10])}.",
        )
    private = {rule.key for rule in category.fields if rule.private}
    return (
        {key: text for key, text in texts.items() if key not in private},
        {key: text for key, text in texts.items() if key in private},
    )


def stale_caption(entry: Entry, material: Material, given: str) -> StaleVersionError:
    """The refusal of a caption that was typed over another one than is saved; both are kept."""
    return StaleVersionError(
        f"{material.name} 的说明已在别处修改。两份文字都在下面，请对照后再次保存。",
        f"The caption of {material.name} was changed elsewhere. Both texts are here: compare them and save again.",
        version=entry.version,
        conflicts=[{"field": f"material:{material.material_id}", "yours": given, "saved": material.caption}],
    )
