"""What media does: keep campaigns' rules, give each material its verdict, make public renditions.

Each works in two phases: whatever takes time happens outside any transaction and may happen twice; then one transaction
makes it count, once.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from functools import partial
from uuid import UUID, uuid4

from contracts.campaign import CampaignDefinition, MaterialRule
from contracts.events import (
    CampaignAmendedV1,
    CampaignPublishedV1,
    MaterialAcceptedV1,
    MaterialUploadedV1,
    ObjectRef,
)
from contracts.storage import preview_key, video_folder
from services.media import findings as say
from services.media.domain import (
    MATERIALS,
    CampaignRules,
    ChangedMeanwhileError,
    Command,
    Judgement,
    MissingFileError,
    NotWhatWasJudgedError,
    RenditionError,
    Verdict,
    after,
    immutable_key,
)
from services.media.pool import LAST, LATER, RENDITION, VERDICT, Answer, WorkDiedError
from services.media.ports import Delivery, NoScanner, Objects, Pour, Scanner, Store, Workshop
from services.media.renditions import correlations_of, files_of
from services.media.resemblance import MOST_TOLD, Looks, Near, Resemblance, Resemblances, near_ones
from services.media.source import MOST_WHOLE_BYTES, READ_WHOLE
from services.media.verdict import judgement_at, printable

_DEFERENCE = {"": VERDICT, "second": LATER, "third": LAST}
"""By lane of material.uploaded.v1: a unit's first few uploads go before its many (docs/adr/0022)."""
CAPTURES_KEPT = timedelta(days=365)
"""For so long it is known when and with what a photo was taken (docs/security.md)."""
_LOOKS = 3
"""How often an upload that keeps changing while it is looked at is begun anew in one go."""


class Media:
    """The service, over its ports."""

    def __init__(self, store: Store, objects: Objects, workshop: Workshop, scanner: Scanner | None = None) -> None:
        self._store = store
        self._objects = objects
        self._workshop = workshop
        self._scanner = scanner or NoScanner()

    def learn_rules(self, delivery: Delivery[CampaignPublishedV1] | Delivery[CampaignAmendedV1]) -> None:
        """Keep the material rules of a campaign's version."""
        definition = CampaignDefinition.from_event(delivery.data.definition)
        rules = {(category.key, rule.key): rule for category in definition.categories for rule in category.materials}
        self._store.keep_rules(delivery, CampaignRules(delivery.data.campaign_id, delivery.data.version, rules))

    def judge(self, delivery: Delivery[MaterialUploadedV1]) -> Verdict | None:
        """Give a material its one verdict; None if it has one already. Raises RulesUnknownError, StorageError."""
        with self._workshop.urgent():
            return self._judge(delivery)

    def _judge(self, delivery: Delivery[MaterialUploadedV1]) -> Verdict | None:
        upload = delivery.data
        # Only what was delivered before can have its verdict, but for an event that was sent twice: then the same work
        # is done twice, and counts once.
        if _seen_before(delivery) and self._store.state(upload.material_id) is not None:
            self._store.settle(delivery)
            return None
        self._scanner.ready()
        rule = self._store.rules(upload.campaign_id, upload.campaign_version).rule(upload.category, upload.kind)
        verdict = self.look(upload, rule, _DEFERENCE[delivery.lane])
        recorded = False
        try:
            recorded = self._store.record(delivery, verdict)
        finally:
            if not recorded and verdict.object is not None and _is_private(upload, verdict.object):
                self._objects.remove(verdict.object)
        if recorded and verdict.object is not None and _seen_before(delivery):
            self._tidy_copies(upload, verdict.object)
        return verdict if recorded else None

    def render(self, delivery: Delivery[MaterialAcceptedV1]) -> None:
        """Make the public renditions of an accepted material.

        Raises RenditionError, NotWhatWasJudgedError, StorageError.
        """
        accepted = delivery.data
        if after(self._store.state(accepted.material_id), Command.RENDER) is None:
            self._store.settle(delivery)
            return
        rule = self._store.rule_of(accepted.material_id)
        if rule is not None and rule.kind == "document":
            self._preview(delivery)
            return
        stem, digest, answer = self._rendition(accepted)
        shown, files = files_of(answer, stem)
        for file in files:
            self._objects.publish(file.rendition.key, file.content, file.content_type)
        upload = self._store.upload_of(accepted.material_id)
        if upload is not None:
            self._objects.remove(upload)
        # What it looks like is committed before others are looked for: of two that come at once, one meets the other.
        self._store.identify(accepted.material_id, digest, shown.looks)
        self._store.rendered(delivery, shown, self._alike(accepted.material_id, digest, shown.looks))

    def _alike(self, material_id: UUID, digest: str, looks: Looks | None) -> Resemblances:
        """Other materials that are the same file, or show nearly the same picture."""
        near, more = self._near(digest, looks) if looks is not None and looks.telling else ([], False)
        by_digest = {one.sha256: one for one in near}
        places = self._store.places([digest, *by_digest], material_id)
        found = [
            Resemblance(place, "near" if place.sha256 in by_digest else "same-file", by_digest.get(str(place.sha256)))
            for place in places[:MOST_TOLD]
        ]
        return Resemblances(tuple(found), more=more or len(places) > MOST_TOLD)

    def _near(self, digest: str, looks: Looks) -> tuple[list[Near], bool]:
        candidates, more = self._store.candidates(looks, digest)
        if not candidates:
            return [], more
        asked = {
            "thumbnail": base64.b64encode(looks.thumbnail).decode(),
            "others": [[base64.b64encode(one.thumbnail).decode(), one.mirrored] for one in candidates],
        }
        try:
            with self._workshop.slot(RENDITION) as desk:
                answer = desk.run("compare", asked)
        except WorkDiedError as died:
            raise RenditionError(f"no comparison of {digest}: {died.cause}") from died
        return near_ones(candidates, correlations_of(answer, len(candidates))), more

    def forget_captures(self) -> int:
        """What is kept of photos in private is kept so long; returns how many were forgotten."""
        return self._store.forget_captures(CAPTURES_KEPT)

    def _preview(self, delivery: Delivery[MaterialAcceptedV1]) -> None:
        """Of a document nothing is public: its first page stands beside it, for whoever is given a link."""
        accepted = delivery.data
        digest = accepted.facts.sha256 or ""
        with self._workshop.slot(RENDITION) as desk:
            self._objects.fetch(accepted.object, desk.put, MOST_WHOLE_BYTES)
            if desk.sha256 != digest:
                self._objects.remove(accepted.object)
                raise NotWhatWasJudgedError(f"{accepted.object.key} has the SHA-256 {desk.sha256}; it was removed")
            try:
                content = desk.run("preview", {}).content
            except WorkDiedError as died:
                raise RenditionError(f"no preview of {accepted.material_id}: {died.cause}") from died
        key = preview_key(digest)
        self._objects.keep(key, content)
        upload = self._store.upload_of(accepted.material_id)
        if upload is not None:
            self._objects.remove(upload)
        self._store.identify(accepted.material_id, digest, None)
        self._store.previewed(delivery, key, self._alike(accepted.material_id, digest, None))

    def look(self, upload: MaterialUploadedV1, rule: MaterialRule | None, deference: float = VERDICT) -> Verdict:
        """The verdict that an upload deserves; nothing of it counts yet.

        Raises StorageError, ScannerError, PoolError.
        """
        try:
            if rule is None:
                verdict = Verdict(Judgement(findings=(say.unknown_kind(upload.kind, upload.category),)))
            elif rule.kind in READ_WHOLE:
                verdict = self._look_at_whole(upload, rule, deference)
            elif rule.kind == "video":
                verdict = self._look_at_copy(upload, rule, deference)
            else:
                verdict = self._look_at_ranges(upload.object, rule, deference)
        except MissingFileError:
            verdict = Verdict(Judgement(findings=(say.missing_file(),)))
        return replace(verdict, judgement=verdict.judgement.at(f"material:{upload.material_id}"))

    def _look_at_whole(self, upload: MaterialUploadedV1, rule: MaterialRule, deference: float) -> Verdict:
        """Read the upload once, judge what was read, and copy it under its SHA-256 if it still is what was read."""
        for _ in range(_LOOKS - 1):
            try:
                return self._look_once(upload, rule, deference)
            except ChangedMeanwhileError:  # the upload link was used again: what is there now is what counts
                continue
        return self._look_once(upload, rule, deference)

    def _look_once(self, upload: MaterialUploadedV1, rule: MaterialRule, deference: float) -> Verdict:
        with self._workshop.slot(deference) as desk:
            desk.clear()
            fetched = self._objects.fetch(upload.object, desk.put, MOST_WHOLE_BYTES)
            if fetched is not None:
                judgement = self.scanned(judgement_at(desk, rule), desk.pour)
                digest = desk.sha256
        if fetched is None:
            return self._look_at_ranges(upload.object, rule, deference)
        if not judgement.accepted:
            return Verdict(judgement, None, fetched.size, 1)
        copy = self._objects.copy(upload.object, immutable_key(digest), etag=fetched.etag)
        kept = copy.model_copy(update={"size": fetched.size, "sha256": digest})
        return Verdict(judgement.of(digest), kept, fetched.size, 2)

    def _look_at_copy(self, upload: MaterialUploadedV1, rule: MaterialRule, deference: float) -> Verdict:
        """Copy the upload to a place that nobody else can write to, under a name of its own, and judge the copy."""
        copy = self._objects.copy(upload.object, video_folder(upload.material_id) + uuid4().hex)
        kept = False
        try:
            reader = self._objects.reader(copy)
            with self._workshop.slot(deference) as desk:
                judgement = judgement_at(desk, rule, reader)
            judgement = self.scanned(judgement, partial(self._objects.pour, copy))
            kept = judgement.accepted
        finally:
            if not kept:
                self._objects.remove(copy)
        obj = copy.model_copy(update={"size": reader.size}) if kept else None
        return Verdict(judgement, obj, reader.bytes, 1 + reader.requests)

    def scanned(self, judgement: Judgement, pour: Pour) -> Judgement:
        """What is refused anyway is not kept, and so not scanned."""
        if not judgement.accepted:
            return judgement
        name = self._scanner.scan(pour)
        return judgement if name is None else Judgement(findings=(say.infected(printable(name)),))

    def _look_at_ranges(self, ref: ObjectRef, rule: MaterialRule, deference: float) -> Verdict:
        """Nothing that is looked at like this is accepted, so nothing of it is kept."""
        reader = self._objects.reader(ref)
        with self._workshop.slot(deference) as desk:
            judgement = judgement_at(desk, rule, reader)
        return Verdict(judgement, None, reader.bytes, reader.requests)

    def _tidy_copies(self, upload: MaterialUploadedV1, copy: ObjectRef) -> None:
        """An attempt that was cut short may have left a copy behind."""
        if _is_private(upload, copy):
            self._objects.keep_only(video_folder(upload.material_id), copy)

    def _rendition(self, accepted: MaterialAcceptedV1) -> tuple[str, str, Answer]:
        """(stem of the public keys, SHA-256 of the immutable copy, what a child made of it)."""
        expected = accepted.facts.sha256
        try:
            if expected is None:
                reader = self._objects.reader(accepted.object)
                with self._workshop.slot(RENDITION) as desk:
                    answer = desk.run("render", {"kind": "video"}, reader)
                return str(accepted.material_id), self._objects.digest(accepted.object), answer
            with self._workshop.slot(RENDITION) as desk:
                self._objects.fetch(accepted.object, desk.put, MOST_WHOLE_BYTES)
                if desk.sha256 != expected:
                    # The copy is guarded by the storage's ETag, which is an MD5: whoever can make two files of one MD5
                    # might slip in another. Reading it again, as making a rendition must, is what finds that out.
                    self._objects.remove(accepted.object)
                    raise NotWhatWasJudgedError(f"{accepted.object.key} has the SHA-256 {desk.sha256}; it was removed")
                return expected, expected, desk.run("render", {"kind": "photo"})
        except WorkDiedError as died:
            raise RenditionError(f"no rendition of {accepted.material_id}: {died.cause}") from died


def _seen_before(delivery: Delivery[MaterialUploadedV1]) -> bool:
    return delivery.redelivered or delivery.attempt > 1


def _is_private(upload: MaterialUploadedV1, ref: ObjectRef) -> bool:
    """Whether a copy was made for this attempt alone; a copy under a SHA-256 may be another material's, too."""
    return ref.bucket == MATERIALS and ref.key.startswith(video_folder(upload.material_id))
