"""The campaign definition: everything that differs between campaigns, as data.

A definition is written in YAML (contracts/campaigns/*.yaml), checked by these models, travels on the bus as JSON in
campaign.published.v1, and is read by every service from its own copy.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

Key = str


class Part(BaseModel):
    """A part of a definition: frozen, and a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Part):
    """Words on screen: Chinese first, English beside it."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class Stage(Part):
    """A stage of the campaign, for display."""

    key: str
    title: Text
    begins: AwareDatetime | None = None
    ends: AwareDatetime | None = None


class Calendar(Part):
    """When things open and close. All times carry a zone; pages show them in the campaign's zone."""

    opens: AwareDatetime
    online_deadline: AwareDatetime = Field(description="The deadline that is shown.")
    cutoff: AwareDatetime | None = Field(
        default=None, description="When submitting really ends; the shown deadline if absent."
    )
    paper_deadline: AwareDatetime | None = None
    review_due: AwareDatetime | None = Field(default=None, description="When experts' scores are due.")
    mend_days: int = Field(default=7, ge=1, description="Days a unit has to mend a returned entry.")
    stages: tuple[Stage, ...] = ()

    @property
    def ends(self) -> datetime:
        """The instant before which a submission is accepted."""
        return self.cutoff or self.online_deadline

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens >= self.online_deadline:
            raise ValueError("opens must be before online_deadline")
        if self.cutoff is not None and self.cutoff < self.online_deadline:
            raise ValueError("cutoff must not be before the online_deadline that is shown")
        return self


class Unit(Part):
    """A recommending unit that is invited by name."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str
    region: str = Field(default="", description="Province or city; recusal by region compares it.")
    kind: str = "unit"
    parent: str | None = Field(default=None, description="Code of the unit above it, e.g. its committee library.")


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


class Condition(Part):
    key: str
    label: Text


class ConditionRule(Part):
    """Conditions the secretariat ticks: all of them, any one, or at least k."""

    require: Literal["all", "any", "at-least"]
    least: int = Field(default=1, ge=1)
    unit_kinds: tuple[str, ...] = Field(
        default=(), description="Only for entries about these kinds of library; all if empty."
    )
    conditions: tuple[Condition, ...] = Field(min_length=1)

    def met_by(self, ticked: frozenset[str]) -> bool:
        """Whether the ticked condition keys satisfy this rule."""
        met = sum(1 for condition in self.conditions if condition.key in ticked)
        needed = {"all": len(self.conditions), "any": 1, "at-least": self.least}[self.require]
        return met >= needed


class MaterialRule(Part):
    """What files of one kind must be like."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    kind: Literal["photo", "video", "document"]
    label: Text
    formats: tuple[str, ...] = Field(min_length=1, description="By content: JPEG, PNG, MP4, MOV, PDF.")
    min_count: int = Field(default=0, ge=0)
    max_count: int = Field(ge=1)
    max_bytes: int = Field(ge=1)
    max_pixels: int | None = Field(default=None, description="width × height; a bound against bombs")
    pixel_sizes: tuple[tuple[int, int], ...] = Field(
        default=(), description="Allowed (width, height) as displayed; any if empty."
    )
    max_seconds: float | None = None


class Category(Part):
    """What can be recommended."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: Text
    title_field: str = Field(description="Key of the field that names an entry in lists.")
    fields: tuple[FieldRule, ...]
    materials: tuple[MaterialRule, ...] = ()
    conditions: tuple[ConditionRule, ...] = ()
    recommenders: tuple[str, ...] = Field(default=("unit",), description="Kinds of unit that may recommend here.")
    quota_per_unit: int | None = Field(default=None, ge=1, description="Entries per unit; unlimited if absent.")
    cap: int | None = Field(default=None, ge=1, description="Most entries on the final list.")
    never_itself: bool = False
    quota_exempt_posts: tuple[str, ...] = Field(
        default=(), description="Posts that do not count against the quota, e.g. liaison."
    )
    warn_posts: tuple[str, ...] = Field(
        default=(), description="Posts recommended only with a justification, e.g. director."
    )
    opinion_chain: tuple[str, ...] = ()

    def field(self, key: str) -> FieldRule | None:
        return next((f for f in self.fields if f.key == key), None)

    def material(self, key: str) -> MaterialRule | None:
        return next((m for m in self.materials if m.key == key), None)


class Criterion(Part):
    key: str
    label: Text
    weight: float = Field(gt=0)
    max_score: int = Field(default=100, ge=1)


class PanelRules(Part):
    """How experts weigh entries."""

    experts_per_entry: int = Field(ge=1)
    recuse: tuple[Literal["own-organisation", "own-region"], ...] = ("own-organisation", "own-region")
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    aggregation: Literal["mean", "trimmed-mean"] = "mean"


class ReminderRule(Part):
    """A reminder: so long before (negative) or after an anchor, to an audience worked out when it is due."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    anchor: Literal["online_deadline", "paper_deadline", "review_due"]
    offset: timedelta = Field(description="ISO 8601, e.g. -P3D, -PT2H.")
    audience: Literal[
        "units-with-nothing-submitted",
        "units-with-quota-left",
        "units-with-returned-entries",
        "experts-with-unfinished-work",
    ]
    useful_for: timedelta = Field(
        default=timedelta(hours=24), description="Sent late at most this long; then skipped, with the reason."
    )


class Opinion(Part):
    """A level of the opinion chain."""

    key: str
    title: Text


class CampaignDefinition(Part):
    """One campaign. `id` names it in every service."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")
    title: Text
    organiser: Text
    time_zone: str = "Asia/Shanghai"
    assessed_from: date | None = None
    assessed_to: date | None = None
    calendar: Calendar
    units: tuple[Unit, ...] = ()
    categories: tuple[Category, ...] = Field(min_length=1)
    panel: PanelRules | None = None
    opinions: tuple[Opinion, ...] = ()
    reminders: tuple[ReminderRule, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {value!r}; use a name such as Asia/Shanghai") from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def category(self, key: str) -> Category | None:
        return next((c for c in self.categories if c.key == key), None)

    def unit(self, code: str) -> Unit | None:
        return next((u for u in self.units if u.code == code), None)
