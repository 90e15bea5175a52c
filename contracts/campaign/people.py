"""Who takes part, and what is asked of them when: units, the panel, opinions, reminders."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from contracts.campaign.names import spellings
from contracts.campaign.parts import Duration, Key, Part, Text


class UnitKind(Part):
    """A kind of unit, and what pages call it."""

    key: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    title: Text


class Unit(Part):
    """A recommending unit that is invited by name."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1)
    region: str = Field(default="", description="Province or city; recusal by region compares it.")
    kind: str = Field(default="unit", description="Key of one of the definition's kinds of unit.")
    parent: str | None = Field(default=None, description="Code of the unit above it, e.g. its committee library.")
    aliases: tuple[str, ...] = Field(default=(), description="Other names of the same library, e.g. its short one.")

    def is_called(self, name: str) -> bool:
        """Whether a form that says `name` means this unit: its code, its name or an alias, however they are typed."""
        own = (form for known in (self.code, self.name, *self.aliases) for form in spellings(known))
        return not spellings(name).isdisjoint(own)


class Criterion(Part):
    """What experts score, and how much it weighs against the others."""

    key: Key
    label: Text
    weight: float = Field(gt=0)
    max_score: int = Field(default=100, ge=1)


class PanelRules(Part):
    """How experts weigh entries."""

    experts_per_entry: int = Field(ge=1)
    recuse: tuple[Literal["own-organisation", "own-region"], ...] = ("own-organisation", "own-region")
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    aggregation: Literal["mean", "trimmed-mean"] = "mean"
    comparison: Literal["standardised", "borda", "schulze"] | None = Field(
        default=None, description="Takes the place of `aggregation`: entries are compared expert by expert."
    )

    @property
    def rule(self) -> str:
        """By which an entry's figure comes from its experts' totals; see docs/ranking.md."""
        return self.comparison or self.aggregation


class ReminderRule(Part):
    """A reminder: so long before (negative) or after an anchor, to an audience worked out when it is due."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    anchor: Literal["online_deadline", "paper_deadline", "review_due"]
    offset: Duration = Field(description="ISO 8601, e.g. -P3D, -PT2H.")
    audience: Literal[
        "units-with-nothing-submitted",
        "units-with-quota-left",
        "units-with-returned-entries",
        "experts-with-unfinished-work",
    ]
    useful_for: Duration = Field(
        default=timedelta(hours=24),
        gt=timedelta(0),
        description="Sent late at most this long; then skipped, with the reason.",
    )


class Opinion(Part):
    """A level of the opinion chain."""

    key: Key
    title: Text
