"""Judge kept materials again, one after another, and make it count: once for each material in a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from contracts.campaign import MaterialRule
from contracts.events import MaterialUploadedV1
from contracts.storage import video_folder
from services.media.domain import MATERIALS, Judgement, MissingFileError, Verdict
from services.media.pool import VERDICT
from services.media.ports import Objects, Workshop
from services.media.revalidation.domain import Chosen, Kept, Outcome, compare
from services.media.source import MOST_WHOLE_BYTES, READ_WHOLE
from services.media.usecases import Media
from services.media.verdict import judgement_at

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Again:
    """One material that was judged again."""

    kept: Kept
    outcome: Outcome
    judgement: Judgement

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(sorted(finding.slug for finding in self.judgement.findings))


class Rounds(Protocol):
    """Media's own database, as far as judging again needs it."""

    def to_judge(self, chosen: Chosen, run: str, after: UUID | None, limit: int) -> Sequence[Kept]:
        """By id, those that this run has not judged yet."""
        ...

    def newest_rule(self, kept: Kept) -> MaterialRule | None:
        """By the newest version of the campaign's definition that is known."""
        ...

    def conclude(self, run: str, kept: Kept, outcome: Outcome, verdict: Verdict) -> bool:
        """In one transaction: the run's row, the material, its event. False if another has judged it meanwhile."""
        ...


class Revalidation:
    """`media`: the use cases of live verdicts, whose way of looking at an upload is used as it is."""

    def __init__(self, rounds: Rounds, objects: Objects, workshop: Workshop, media: Media) -> None:
        self._rounds, self._objects, self._workshop, self._media = rounds, objects, workshop, media

    def run(self, name: str, chosen: Chosen, *, dry: bool) -> Iterator[Again]:
        """Every chosen material that this run has not judged yet. Raises StorageError, ScannerError, PoolError."""
        after: UUID | None = None
        while True:
            page = self._rounds.to_judge(chosen, name, after, _AT_ONCE)
            for kept in page:
                yield self._again(name, kept, dry=dry)
            if len(page) < _AT_ONCE:
                return
            after = page[-1].material_id

    def _again(self, name: str, kept: Kept, *, dry: bool) -> Again:
        rule = self._rounds.newest_rule(kept)
        verdict = Verdict(Judgement())
        if rule is None:
            outcome = Outcome.NOT_JUDGED
        elif kept.object is not None:
            outcome, verdict = self._kept_copy(kept, rule)
        else:
            verdict = self._media.look(_as_uploaded(kept), rule)
            outcome = compare(kept, verdict)
        used = False
        try:
            used = not dry and self._rounds.conclude(name, kept, outcome, verdict) and outcome is Outcome.ACCEPTED
        finally:
            if not used and not kept.accepted:
                self._forget_copy(kept, verdict)
        return Again(kept, outcome, verdict.judgement)

    def _kept_copy(self, kept: Kept, rule: MaterialRule) -> tuple[Outcome, Verdict]:
        """The immutable copy itself, if it is what was accepted."""
        copy = kept.object
        assert copy is not None  # noqa: S101 - asked by the caller
        try:
            if rule.kind not in READ_WHOLE:
                reader = self._objects.reader(copy)
                with self._workshop.slot(VERDICT) as desk:
                    judgement = judgement_at(desk, rule, reader)
                judgement = self._media.scanned(judgement, partial(self._objects.pour, copy))
            else:
                with self._workshop.slot(VERDICT) as desk:
                    desk.clear()
                    fetched = self._objects.fetch(copy, desk.put, MOST_WHOLE_BYTES)
                    expected = kept.facts.sha256 if kept.facts else None
                    if fetched is None or (expected is not None and desk.sha256 != expected):
                        return Outcome.NOT_JUDGED, Verdict(Judgement())
                    judgement = self._media.scanned(judgement_at(desk, rule), desk.pour)
        except MissingFileError:
            return Outcome.GONE, Verdict(Judgement())
        verdict = Verdict(judgement.at(f"material:{kept.material_id}"), kept.object)
        return compare(kept, verdict), verdict

    def _forget_copy(self, kept: Kept, verdict: Verdict) -> None:
        """A copy that was made to judge a video by; one under a SHA-256 may be another material's, too."""
        copy = verdict.object
        if copy is not None and copy.bucket == MATERIALS and copy.key.startswith(video_folder(kept.material_id)):
            self._objects.remove(copy)


def _as_uploaded(kept: Kept) -> MaterialUploadedV1:
    return MaterialUploadedV1(
        material_id=kept.material_id,
        entry_id=kept.entry_id,
        campaign_id=kept.campaign_id,
        campaign_version=1,
        category=kept.category,
        unit_code=kept.unit_code,
        kind=kept.kind,
        name="",
        object=kept.upload,
        uploaded_at=kept.judged_at,
    )
