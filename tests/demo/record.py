"""What a run notes down for its report while it happens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.demo.clients import Refused


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that had to be refused, by whom it was, and the sentence that its user reads."""

    trial: str
    tried: str
    unit: str
    entry: str
    by: str
    status: int
    slug: str
    zh: str
    en: str
    more: dict[str, Any] = field(default_factory=dict)


@dataclass
class Record:
    """Refusals, one-at-a-time samples (seconds), and how long each stage took."""

    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    refusals: list[Refusal] = field(default_factory=list)
    unrefused: list[str] = field(default_factory=list)
    """What was let through that had to be refused."""
    submit_to_queue: list[float] = field(default_factory=list)
    upload_to_verdict: list[float] = field(default_factory=list)
    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage of the run."""
        began = time.monotonic()
        yield
        self.stages[name] = round(time.monotonic() - began, 2)

    @contextmanager
    def must_refuse(self, trial: str, tried: str, unit: str, entry: str, by: str = "intake") -> Iterator[None]:
        """The block has to end in Refused, which is noted; that nothing refused it is noted too."""
        try:
            yield
        except Refused as refused:
            self.refused(trial, tried, unit, entry, by, refused)
        else:
            self.unrefused.append(trial)

    def refused(self, trial: str, tried: str, unit: str, entry: str, by: str, refused: Refused, **more: Any) -> None:
        self.refusals.append(
            Refusal(trial, tried, unit, entry, by, refused.status, refused.slug, refused.zh, refused.en, more)
        )
