"""What can be recommended: the form's fields, the materials, the conditions, the quota."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from contracts.campaign.documents import DocumentRule, EnclosureRule
from contracts.campaign.parts import Key, Part, Text
from contracts.campaign.rules import CLAIMS, FORMATS, Flaw, refuse


class Measure(Part):
    """What a number stands for: its unit, what it may be, and, of a plan's indicator, where it began and should go."""

    unit: Text | None = Field(default=None, description="E.g. 平方米; absent for a bare number.")
    minimum: float | None = None
    maximum: float | None = None
    base: float | None = Field(default=None, description="Where the plan began; absent if nobody measured it.")
    target: float | None = Field(default=None, description="Where the plan is to arrive.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            flaw = Flaw(
                ("maximum",),
                "out-of-order",
                f"最大值 {self.maximum:g} 小于最小值 {self.minimum:g}，请改正其一。",
                f"The maximum {self.maximum:g} is below the minimum {self.minimum:g}; mend one.",
            )
            refuse("Measure", [flaw], self.maximum)
        return self

    def achieved(self, actual: float) -> float | None:
        """Which share of the way to the target is done: 1 is the whole; None without a target.

        From the base where there is one, else from nothing.
        """
        if self.target is None:
            return None
        base = self.base or 0.0
        way = self.target - base
        return (actual - base) / way if way else float(actual >= self.target)


class FieldRule(Part):
    """A text of an entry's form."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: Literal["line", "text", "date", "number", "phone", "email", "choice"] = "line"
    label: Text
    help: Text | None = None
    required: bool = True
    max_zi: int | None = Field(default=None, ge=1, description="Limit in 字, counted by contracts.counting.")
    private: bool = Field(default=False, description="Personal contact data: encrypted at rest, never in an event.")
    options: tuple[str, ...] = ()
    measure: Measure | None = Field(default=None, description="Of a number: its unit and bounds, its base and target.")
    section: Text | None = Field(default=None, description="The heading under which the form shows this field.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        refuse("FieldRule", self._flaws(), self)
        return self

    def _flaws(self) -> Iterator[Flaw]:
        if self.kind in {"phone", "email"} and not self.private:
            yield Flaw(
                ("private",),
                "contact-not-private",
                f"字段 {self.key!r} 是电话或邮箱，必须设置 private: true（联系方式不进入事件和名单）。",
                f"The field {self.key!r} holds contact data; set private: true, since it may never be in an event.",
            )
        if (self.kind == "choice") != bool(self.options):
            yield Flaw(
                ("options",),
                "options-of-choice",
                f"字段 {self.key!r}：choice 类型必须列出 options，其他类型不能有 options。",
                f"The field {self.key!r}: a choice lists its options, and no other kind has any.",
            )
        if self.max_zi is not None and self.kind not in {"line", "text"}:
            yield Flaw(
                ("max_zi",),
                "limit-without-text",
                f"字段 {self.key!r} 的类型是 {self.kind}，字数限制 max_zi 只用于 line 和 text。",
                f"The field {self.key!r} is a {self.kind}; max_zi limits only line and text.",
            )
        if self.measure is not None and self.kind != "number":
            yield Flaw(
                ("measure",),
                "measure-without-number",
                f"字段 {self.key!r} 的类型是 {self.kind}，计量 measure 只用于 number。",
                f"The field {self.key!r} is a {self.kind}; a measure belongs to a number.",
            )
        if self.key == CLAIMS:
            yield Flaw(
                ("key",),
                "reserved-key",
                f"字段代码 {CLAIMS!r} 由平台保留（单位自评符合的条件），请改名。",
                f"The key {CLAIMS!r} is kept for the conditions that a unit claims; choose another.",
            )


class Condition(Part):
    """A condition that the secretariat ticks."""

    key: Key
    label: Text


class ConditionRule(Part):
    """Conditions the secretariat ticks: all of them, any one, or at least k."""

    require: Literal["all", "any", "at-least"]
    least: int = Field(default=1, ge=1)
    unit_kinds: tuple[str, ...] = Field(
        default=(), description="Only for entries about these kinds of library; all if empty."
    )
    conditions: tuple[Condition, ...] = Field(min_length=1)
    claimed: bool = Field(
        default=False, description="The unit says which of these hold, and cannot submit before enough of them do."
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.least > len(self.conditions):
            flaw = Flaw(
                ("least",),
                "least-too-many",
                f"要求至少满足 {self.least} 条，但只列出了 {len(self.conditions)} 条条件。",
                f"At least {self.least} conditions are asked for, but only {len(self.conditions)} are listed.",
            )
            refuse("ConditionRule", [flaw], self.least)
        return self

    def met_by(self, ticked: frozenset[str]) -> bool:
        """Whether the ticked condition keys satisfy this rule."""
        return sum(1 for condition in self.conditions if condition.key in ticked) >= self.needed

    @property
    def needed(self) -> int:
        """How many of the conditions must hold."""
        return {"all": len(self.conditions), "any": 1, "at-least": self.least}[self.require]


class MaterialRule(Part):
    """What files of one kind must be like."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: Literal["photo", "video", "document"]
    label: Text
    formats: tuple[str, ...] = Field(min_length=1, description="By content: JPEG, PNG, MP4, MOV, PDF.")
    min_count: int = Field(default=0, ge=0)
    max_count: int = Field(ge=1)
    max_bytes: int = Field(ge=1)
    max_pixels: int | None = Field(default=None, ge=1, description="width × height; a bound against bombs")
    pixel_sizes: tuple[tuple[PositiveInt, PositiveInt], ...] = Field(
        default=(), description="Allowed (width, height) as displayed; any if empty."
    )
    max_seconds: float | None = Field(default=None, gt=0)
    max_caption_zi: int = Field(default=50, ge=0, le=500, description="字 of a caption; 0 where none is taken.")
    min_pages: int | None = Field(default=None, ge=1, description="Of a document; a picture is one page.")
    max_pages: int | None = Field(default=None, ge=1, description="Of a document; a picture is one page.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        refuse("MaterialRule", self._flaws(), self)
        return self

    def _flaws(self) -> Iterator[Flaw]:
        if self.min_count > self.max_count:
            yield Flaw(
                ("min_count",),
                "min-over-max",
                f"材料 {self.key!r} 的最少件数 {self.min_count} 大于最多件数 {self.max_count}，请改正其一。",
                f"The material {self.key!r}: min_count {self.min_count} is over max_count {self.max_count}; mend one.",
            )
        for index, name in enumerate(self.formats):
            if name not in FORMATS[self.kind]:
                allowed = "、".join(FORMATS[self.kind])
                yield Flaw(
                    ("formats", index),
                    "unknown-format",
                    f"材料 {self.key!r}：{self.kind} 不支持格式 {name!r}（可用：{allowed}）。",
                    f"The material {self.key!r}: {name!r} is no format of a {self.kind} (allowed: {allowed}).",
                )
        if self.max_seconds is not None and self.kind != "video":
            yield Flaw(
                ("max_seconds",),
                "limit-without-video",
                f"材料 {self.key!r} 不是视频，不能设置时长限制 max_seconds。",
                f"The material {self.key!r} is no video, so max_seconds cannot limit it.",
            )
        if self.kind == "document" and (self.pixel_sizes or self.max_pixels is not None):
            yield Flaw(
                ("pixel_sizes",) if self.pixel_sizes else ("max_pixels",),
                "limit-without-picture",
                f"材料 {self.key!r} 是文档，不能设置像素限制。",
                f"The material {self.key!r} is a document, so pixels cannot limit it.",
            )
        yield from self._flaws_of_pages()

    def _flaws_of_pages(self) -> Iterator[Flaw]:
        if self.kind != "document" and (self.min_pages is not None or self.max_pages is not None):
            yield Flaw(
                ("max_pages",) if self.max_pages is not None else ("min_pages",),
                "limit-without-pages",
                f"材料 {self.key!r} 不是文档，不能设置页数限制。",
                f"The material {self.key!r} is no document, so pages cannot limit it.",
            )
        if self.min_pages is not None and self.max_pages is not None and self.min_pages > self.max_pages:
            yield Flaw(
                ("min_pages",),
                "min-over-max",
                f"材料 {self.key!r} 的最少页数 {self.min_pages} 大于最多页数 {self.max_pages}，请改正其一。",
                f"The material {self.key!r}: min_pages {self.min_pages} is over max_pages {self.max_pages}; mend one.",
            )


class Category(Part):
    """What can be recommended."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: Text
    title_field: str = Field(description="Key of the field that names an entry in lists.")
    fields: tuple[FieldRule, ...]
    materials: tuple[MaterialRule, ...] = ()
    conditions: tuple[ConditionRule, ...] = ()
    recommenders: tuple[str, ...] = Field(
        default=("unit",), min_length=1, description="Kinds of unit that may recommend here."
    )
    quota_per_unit: int | None = Field(default=None, ge=1, description="Entries per unit; unlimited if absent.")
    quota_kinds: tuple[str, ...] = Field(
        default=(), description="Kinds of unit that the quota binds; every recommender if empty."
    )
    cap: int | None = Field(default=None, ge=1, description="Most entries on the final list.")
    subject_field: str | None = Field(
        default=None, description="Key of the field that names the library an entry is about; else the unit itself."
    )
    never_itself: bool = Field(default=False, description="A unit may not recommend the library that it is.")
    post_field: str | None = Field(
        default=None, description="Key of the choice field whose options the two lists of posts below are among."
    )
    quota_exempt_posts: tuple[str, ...] = Field(
        default=(), description="Posts that do not count against the quota, e.g. liaison."
    )
    warn_posts: tuple[str, ...] = Field(
        default=(), description="Posts recommended only with a justification, e.g. director."
    )
    justification_field: str | None = Field(
        default=None, description="Key of the field that says why one of warn_posts is recommended all the same."
    )
    opinion_chain: tuple[str, ...] = Field(default=(), description="Levels in the order in which they speak.")
    documents: tuple[DocumentRule, ...] = Field(
        default=(), description="What is printed of an entry; one form with every field if absent."
    )
    enclosures: tuple[EnclosureRule, ...] = Field(default=(), description="What is posted with the forms besides them.")
    anonymous: bool = Field(
        default=False, description="Whoever recommends is known outside intake by code alone: experts see no name."
    )

    def field(self, key: str) -> FieldRule | None:
        return next((f for f in self.fields if f.key == key), None)

    def exempt(self, texts: Mapping[str, str]) -> bool:
        """Whether an entry with these texts is of somebody whose post does not count against the quota."""
        return self.post_field is not None and texts.get(self.post_field, "").strip() in self.quota_exempt_posts

    def material(self, key: str) -> MaterialRule | None:
        return next((m for m in self.materials if m.key == key), None)
