"""The whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from contracts.campaign.calendar import Calendar
from contracts.campaign.categories import Category, ConditionRule
from contracts.campaign.documents import SummaryRule, document_flaws
from contracts.campaign.parts import Day, Part, Text, bilingual
from contracts.campaign.people import Opinion, PanelRules, ReminderRule, Unit, UnitKind
from contracts.campaign.rules import STANDARD_KINDS, Flaw, cross_references, refuse

MAX_DEFINITION_BYTES = 56 * 1024
"""A definition travels whole in an event of at most 64 KiB, together with the extensions of single units."""


class CampaignDefinition(Part):
    """One campaign. `id` names it in every service."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")
    title: Text
    organiser: Text
    time_zone: str = "Asia/Shanghai"
    assessed_from: Day | None = None
    assessed_to: Day | None = None
    calendar: Calendar
    unit_kinds: tuple[UnitKind, ...] = Field(default=tuple(UnitKind.model_validate(kind) for kind in STANDARD_KINDS))
    units: tuple[Unit, ...] = ()
    categories: tuple[Category, ...] = Field(min_length=1)
    panel: PanelRules | None = None
    opinions: tuple[Opinion, ...] = ()
    reminders: tuple[ReminderRule, ...] = ()
    summaries: tuple[SummaryRule, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise bilingual(
                "unknown-time-zone",
                f"没有时区 {value!r}，请使用 Asia/Shanghai 这样的名称。",
                f"There is no time zone {value!r}; use a name such as Asia/Shanghai.",
            ) from error
        return value

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        refuse("CampaignDefinition", self._flaws(), self)
        return self

    def _flaws(self) -> Iterator[Flaw]:
        plain = self.model_dump(mode="json")
        yield from cross_references(plain)
        yield from document_flaws(plain)
        if self.assessed_from is not None and self.assessed_to is not None and self.assessed_from > self.assessed_to:
            yield Flaw(
                ("assessed_to",),
                "out-of-order",
                f"考核期的结束日期（{self.assessed_to}）不能早于开始日期（{self.assessed_from}）。",
                f"The period assessed ends ({self.assessed_to}) before it begins ({self.assessed_from}).",
            )
        size = len(self.model_dump_json().encode())
        if size > MAX_DEFINITION_BYTES:
            yield Flaw(
                (),
                "definition-too-large",
                f"活动定义共 {size} 字节，超过 {MAX_DEFINITION_BYTES} 字节；请缩短说明文字。",
                f"The definition takes {size} bytes; at most {MAX_DEFINITION_BYTES} are allowed. Shorten its texts.",
            )

    @classmethod
    def from_event(cls, data: Mapping[str, Any]) -> Self:
        """The definition in a campaign event. Parts that a newer publisher has added are passed over."""
        return cls.model_validate(data, extra="ignore")

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def category(self, key: str) -> Category | None:
        return next((c for c in self.categories if c.key == key), None)

    def unit(self, code: str) -> Unit | None:
        return next((u for u in self.units if u.code == code), None)

    def subject_kind(self, category: Category, fields: Mapping[str, str], unit_code: str) -> str | None:
        """Of which kind the library is that an entry is about: the one its form names, else the unit itself.

        None if it is no unit of this campaign, so that only conditions for every kind of library apply to it.
        """
        named = fields.get(category.subject_field or "", "")
        if named.strip():
            subject = next((unit for unit in self.units if unit.is_called(named)), None)
        else:
            subject = self.unit(unit_code)
        return subject.kind if subject else None

    def conditions_for(
        self, category: Category, fields: Mapping[str, str], unit_code: str
    ) -> tuple[ConditionRule, ...]:
        """The rules of a category that bind an entry: kinds of library are judged by different standards."""
        kind = self.subject_kind(category, fields, unit_code)
        return tuple(rule for rule in category.conditions if not rule.unit_kinds or kind in rule.unit_kinds)
