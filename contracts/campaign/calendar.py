"""When things open and close."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from contracts.campaign.parts import Instant, Key, Part, Text
from contracts.campaign.rules import Flaw, refuse


class Stage(Part):
    """A stage of the campaign, for display."""

    key: Key
    title: Text
    begins: Instant | None = None
    ends: Instant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins is not None and self.ends is not None and self.begins >= self.ends:
            flaw = Flaw(("ends",), "out-of-order", "阶段的结束时间必须晚于开始时间。", "A stage ends after it begins.")
            refuse("Stage", [flaw], self.ends)
        return self


class Calendar(Part):
    """When things open and close. All times carry a zone; pages show them in the campaign's zone."""

    opens: Instant
    online_deadline: Instant = Field(description="The deadline that is shown.")
    cutoff: Instant | None = Field(
        default=None, description="When submitting really ends; the shown deadline if absent."
    )
    upload_grace_minutes: int = Field(
        default=60,
        ge=0,
        le=1440,
        description="How long after the end an upload may be finished that was begun before it.",
    )
    paper_deadline: Instant | None = None
    review_due: Instant | None = Field(default=None, description="When experts' scores are due.")
    mend_days: int = Field(default=7, ge=1, description="Days a unit has to mend a returned entry.")
    stages: tuple[Stage, ...] = ()

    @property
    def ends(self) -> datetime:
        """The instant before which a submission is accepted."""
        return self.cutoff or self.online_deadline

    @property
    def upload_grace(self) -> timedelta:
        """How long after the end an upload may be finished that was begun before it."""
        return timedelta(minutes=self.upload_grace_minutes)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        refuse("Calendar", self._flaws(), self)
        return self

    def _flaws(self) -> Iterator[Flaw]:
        if self.opens >= self.online_deadline:
            yield Flaw(
                ("online_deadline",),
                "out-of-order",
                f"网上提交截止时间（{self.online_deadline}）必须晚于开放时间（{self.opens}）。",
                f"The online_deadline ({self.online_deadline}) must be after opens ({self.opens}).",
            )
        if self.cutoff is not None and self.cutoff < self.online_deadline:
            yield Flaw(
                ("cutoff",),
                "out-of-order",
                f"实际截止时间 cutoff（{self.cutoff}）不能早于公布的截止时间（{self.online_deadline}）。",
                f"The cutoff ({self.cutoff}) must not be before the online_deadline shown ({self.online_deadline}).",
            )
        for name in ("paper_deadline", "review_due"):
            instant: datetime | None = getattr(self, name)
            if instant is not None and instant <= self.opens:
                yield Flaw(
                    (name,),
                    "out-of-order",
                    f"{name}（{instant}）必须晚于开放时间（{self.opens}）。",
                    f"The {name} ({instant}) must be after opens ({self.opens}).",
                )
