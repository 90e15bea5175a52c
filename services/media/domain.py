"""What media decides: a verdict for each material, by the campaign's own rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from contracts.campaign import MaterialRule
from contracts.events import Fact, Finding, MaterialFacts, ObjectRef


class MediaError(Exception):
    """Base of what media's own code raises."""


class RulesUnknownError(MediaError):
    """The campaign's definition in this version has not arrived yet."""


class StorageError(MediaError):
    """Object storage did not answer as it should; the file itself is not to blame."""


class MissingFileError(MediaError):
    """There is no such object in storage."""


class ChangedMeanwhileError(MediaError):
    """The object in quarantine is not the one any more that was read: its upload link was used again."""


class StorageAwayError(StorageError):
    """Object storage cannot be reached at all: waiting helps, and is nobody's fault."""


class ScannerError(MediaError):
    """The virus scanner did not scan the file. Nothing is accepted unscanned, and nothing is refused for it."""


class ScannerAwayError(ScannerError):
    """The virus scanner cannot be reached: waiting helps, and is nobody's fault."""


class NotWhatWasJudgedError(MediaError):
    """The immutable copy of an accepted material does not have the SHA-256 that was judged."""


class RenditionError(MediaError):
    """No public rendition could be made of an accepted material."""


class State(StrEnum):
    """Of a material, as media knows it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RENDERED = "rendered"


class Command(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    RENDER = "render"


TRANSITIONS: dict[tuple[State | None, Command], State] = {
    (None, Command.ACCEPT): State.ACCEPTED,
    (None, Command.REJECT): State.REJECTED,
    (State.ACCEPTED, Command.RENDER): State.RENDERED,
}
"""All that can happen to a material. A verdict is given once and never changed; what is not here does not happen."""


def after(state: State | None, command: Command) -> State | None:
    """The state that a command leads to; None if it does not apply (any more)."""
    return TRANSITIONS.get((state, command))


JUDGING_SECONDS = 2.5
"""Of processor time for one document, in however many pieces: a verdict is to come in five, on a busy machine, too."""


class Judgement(Fact):
    """What the judge says about one file: facts if it could be read, findings for every rule that it breaks."""

    facts: MaterialFacts | None = None
    findings: tuple[Finding, ...] = ()
    resume: dict[str, Any] | None = None
    """Not whole yet: with what the judge is to be called again."""

    @property
    def accepted(self) -> bool:
        return self.facts is not None and not self.findings

    @property
    def command(self) -> Command:
        return Command.ACCEPT if self.accepted else Command.REJECT

    def of(self, sha256: str) -> Self:
        """The same, about a file with this SHA-256."""
        assert self.facts is not None  # noqa: S101 - only what was accepted has a digest that matters
        return self.model_copy(update={"facts": self.facts.model_copy(update={"sha256": sha256})})

    def at(self, place: str) -> Self:
        """The same with the place of every finding set."""
        return self.model_copy(
            update={"findings": tuple(finding.model_copy(update={"place": place}) for finding in self.findings)}
        )


@dataclass(frozen=True, slots=True)
class CampaignRules:
    """The material rules of one campaign in one version, by category and kind."""

    campaign_id: str
    version: int
    rules: dict[tuple[str, str], MaterialRule]

    def rule(self, category: str, kind: str) -> MaterialRule | None:
        return self.rules.get((category, kind))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one material, the immutable copy of an accepted one, and what it took."""

    judgement: Judgement
    object: ObjectRef | None = None
    read_bytes: int = 0
    requests: int = 0
    """To storage, copies included."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of watching a video through: nothing of it changes the verdict."""

    outcome: str
    """What was done so that it plays in browsers (services.media.inspection.remedy), or `failed`."""
    warnings: tuple[Finding, ...] = ()
    playable: str | None = None
    """Key of the copy that plays, in the public bucket; None where the file itself does, or none could be made."""
    seconds: float = 0.0
    """What it took."""


def immutable_key(sha256: str) -> str:
    """Where the immutable copy of a file that was read whole stands."""
    return f"{sha256[:2]}/{sha256}"


QUARANTINE, MATERIALS, PUBLIC = "laurel-quarantine", "laurel-materials", "laurel-public"
"""Where uploads land, where what was accepted stands for good, where everyone may look."""
