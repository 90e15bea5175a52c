"""Campaigns as intake keeps them: definitions, amendments, extensions, who may recommend until when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from contracts import words
from contracts.campaign import CampaignDefinition, Category
from contracts.campaign.explain import examine
from contracts.campaign.rules import Flaw
from contracts.events import Extension, Finding, UnitRef
from services.intake.domain.errors import (
    BadDefinitionError,
    NotOpenError,
    UnitNotInvitedError,
    UnknownCategoryError,
    WrongStateError,
)
from services.intake.domain.permissions import RECOMMENDERS

_MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Campaign:
    """An opened campaign at one version of its definition."""

    definition: CampaignDefinition
    version: int
    extensions: tuple[Extension, ...] = ()

    @property
    def id(self) -> str:
        return self.definition.id

    def extension(self, unit_code: str) -> Extension | None:
        return next((e for e in self.extensions if e.unit_code == unit_code), None)

    def ends_for(self, unit_code: str) -> datetime:
        """The instant before which this unit's submissions are accepted: its extension, if that is later."""
        extension = self.extension(unit_code)
        ends = self.definition.calendar.ends
        return max(ends, extension.cutoff) if extension else ends

    def shown_deadline_for(self, unit_code: str) -> datetime:
        """The deadline that this unit is told; the cut-off behind it may be later."""
        extension = self.extension(unit_code)
        shown = self.definition.calendar.online_deadline
        return max(shown, extension.cutoff) if extension else shown


@dataclass(frozen=True, slots=True)
class Recommender:
    """A unit in one campaign, and of which kind it is there."""

    unit: UnitRef
    kind: str


class Act(StrEnum):
    """What made a version of a campaign."""

    OPENED = "opened"
    AMENDED = "amended"
    EXTENDED = "extended"
    CLOSED = "closed"


_MOVABLE = ("online_deadline", "cutoff", "paper_deadline", "review_due")


@dataclass(frozen=True, slots=True)
class Amendment:
    """What an amendment changes; a field not in `given` stays as it is."""

    given: frozenset[str]
    reason: str
    online_deadline: datetime | None = None
    cutoff: datetime | None = None
    paper_deadline: datetime | None = None
    review_due: datetime | None = None
    extension_unit: str | None = None
    extension_cutoff: datetime | None = None

    @property
    def act(self) -> Act:
        return Act.AMENDED if self.given.intersection(_MOVABLE) else Act.EXTENDED


def parse_definition(raw: Mapping[str, Any]) -> CampaignDefinition:
    """The definition that a client sent. Raises BadDefinitionError with a finding for each flaw."""
    definition, flaws = examine(raw)
    if definition is None:
        raise BadDefinitionError(findings=[_finding(flaw) for flaw in flaws[:_MAX_FINDINGS]])
    return definition


def _finding(flaw: Flaw) -> Finding:
    place = ".".join(str(part) for part in flaw.path)
    return Finding(slug=flaw.slug, zh=flaw.zh, en=flaw.en, place=place or "definition")


def amend(campaign: Campaign, amendment: Amendment) -> Campaign:
    """The campaign's next version. Raises BadDefinitionError if its calendar would not hold together."""
    changed = {name: getattr(amendment, name) for name in _MOVABLE if name in amendment.given}
    if not changed and amendment.extension_unit is None:
        raise BadDefinitionError(
            f"请至少给出一项变更：{'、'.join(_MOVABLE)} 或 extension。",
            f"Give at least one change: {', '.join(_MOVABLE)} or extension.",
        )
    raw = campaign.definition.model_dump(mode="json")
    raw["calendar"] |= changed
    amended = replace(campaign, definition=parse_definition(raw), version=campaign.version + 1)
    return _extend(amended, amendment)


def close(campaign: Campaign, now: datetime) -> Campaign:
    """The version in which everybody's deadline is now, extensions included. Raises WrongStateError.

    An entry that was returned may still be mended in its own time, as after any deadline.
    """
    calendar, zone = campaign.definition.calendar, campaign.definition.zone
    if now <= calendar.opens:
        raise WrongStateError(
            f"活动尚未开放（{words.instant_zh(calendar.opens, zone)}开始），无需关闭。如需改期，请修改日程。",
            f"The campaign has not begun (it opens at {words.instant_en(calendar.opens, zone)}); amend it instead.",
        )
    last = max([calendar.ends, *(extension.cutoff for extension in campaign.extensions)])
    if now >= last:
        raise WrongStateError(
            f"活动已于{words.instant_zh(last, zone)}截止，无需关闭。",
            f"The campaign ended at {words.instant_en(last, zone)}; there is nothing to close.",
        )
    raw = campaign.definition.model_dump(mode="json")
    raw["calendar"] |= {"online_deadline": now, "cutoff": None}
    return Campaign(parse_definition(raw), campaign.version + 1)


def _extend(campaign: Campaign, amendment: Amendment) -> Campaign:
    code, cutoff = amendment.extension_unit, amendment.extension_cutoff
    if code is None or cutoff is None:
        return campaign
    definition = campaign.definition
    if definition.units and definition.unit(code) is None:
        raise _bad_extension(
            "unit_code",
            f"本活动的单位名单中没有代码“{code}”，请核对。",
            f"The campaign invites no unit with the code {code}.",
        )
    if cutoff <= definition.calendar.ends:
        raise _bad_extension(
            "cutoff",
            f"延期应晚于全体截止时间（{words.deadline_zh(definition.calendar.ends, definition.zone)}）。",
            f"An extension must end later than everybody's deadline "
            f"({words.deadline_en(definition.calendar.ends, definition.zone)}).",
        )
    others = tuple(extension for extension in campaign.extensions if extension.unit_code != code)
    extension = Extension(unit_code=code, cutoff=cutoff, reason=amendment.reason)
    return replace(campaign, extensions=(*others, extension))


def _bad_extension(part: str, zh: str, en: str) -> BadDefinitionError:
    finding = Finding(slug=f"extension-{part.replace('_', '-')}", zh=zh, en=en, place=f"extension.{part}")
    return BadDefinitionError(zh, en, findings=[finding])


def category_of(definition: CampaignDefinition, key: str) -> Category:
    """Raises UnknownCategoryError."""
    category = definition.category(key)
    if category is None:
        known_zh = "、".join(f"{c.title.zh}（{c.key}）" for c in definition.categories)
        raise UnknownCategoryError(
            f"本活动没有此类别。可选：{known_zh}。",
            f"The campaign has no such category; it has {', '.join(c.key for c in definition.categories)}.",
        )
    return category


def recommender_of(
    definition: CampaignDefinition, category: Category, unit_code: str, name: str, roles: frozenset[str]
) -> Recommender:
    """The unit as it recommends here. Raises UnitNotInvitedError.

    A unit that the definition lists is of the kind that is listed. One that it does not list (a branch, whose account
    is older than the campaign) may be of a kind that the category names but of which the definition lists no unit.
    """
    unit = definition.unit(unit_code)
    if unit is not None:
        kind, ref = unit.kind, UnitRef(code=unit.code, name=unit.name, region=unit.region)
        if kind not in category.recommenders:
            raise UnitNotInvitedError(
                f"类别“{category.title.zh}”不由贵单位推荐。请选择其他类别。",
                f"Units of the kind {kind} do not recommend in {category.key}.",
            )
        return Recommender(ref, kind)
    listed = {listed.kind for listed in definition.units}
    unlisted = [kind for kind in category.recommenders if kind not in listed and _suits(kind, roles)]
    if not unlisted:
        raise UnitNotInvitedError(
            f"{name}（{unit_code}）不在本活动此类别的推荐单位名单中。如有疑问，请联系秘书处。",
            f"{unit_code} is not among the units that may recommend in {category.key} of this campaign.",
        )
    return Recommender(UnitRef(code=unit_code, name=name), unlisted[0])


def _suits(kind: str, roles: frozenset[str]) -> bool:
    """Some kinds have roles of their own, so that no individual passes for a branch; all others sign in as a unit."""
    return (kind if kind in RECOMMENDERS else "unit") in roles


def quota_of(category: Category, recommender: Recommender) -> int | None:
    """How many entries the unit may have in the category; None if as many as it likes."""
    bound = not category.quota_kinds or recommender.kind in category.quota_kinds
    return category.quota_per_unit if bound else None


def check_opened(campaign: Campaign, now: datetime) -> None:
    """Raises NotOpenError before the campaign takes entries."""
    opens, zone = campaign.definition.calendar.opens, campaign.definition.zone
    if now < opens:
        raise NotOpenError(
            f"申报尚未开始，开始时间为{words.instant_zh(opens, zone)}。",
            f"Entries are taken from {words.instant_en(opens, zone)}.",
            opens=opens.isoformat(),
        )
