"""Media's ports in memory."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.campaign import CampaignDefinition, MaterialRule
from contracts.campaign_loader import CAMPAIGNS, load_definition
from contracts.envelope import Envelope
from contracts.events import (
    CampaignPublishedV1,
    Event,
    MaterialAcceptedV1,
    MaterialFacts,
    MaterialPlace,
    MaterialUploadedV1,
    ObjectRef,
)
from infra.bus.errors import DuplicateError
from infra.bus.messages import Message
from services.media.domain import (
    MATERIALS,
    PUBLIC,
    QUARANTINE,
    CampaignRules,
    ChangedMeanwhileError,
    Command,
    Judgement,
    MissingFileError,
    RulesUnknownError,
    State,
    Verdict,
    after,
)
from services.media.pool import Answer, Reader, WorkDiedError
from services.media.ports import CountedReader, Fetched
from services.media.renditions import Shown
from services.media.resemblance import MOST_DISTANCE, Candidate, Looks, Resemblances


def delivery(event: Any, *, attempt: int = 1, redelivered: bool = False) -> Message[Any]:
    envelope = Envelope(
        source="/laurel/intake", type=event.TYPE, subject="s", correlationid="s", data=event.model_dump(mode="json")
    )
    return Message(envelope, event, f"media.{event.TYPE}", attempt, redelivered)


def definition() -> CampaignDefinition:
    return load_definition(CAMPAIGNS / "cls-2017.yaml")


def published(version: int = 1) -> CampaignPublishedV1:
    told = definition().model_dump(mode="json")
    return CampaignPublishedV1(campaign_id="cls-2017", version=version, definition=told, published_at=datetime.now(UTC))


def uploaded(objects: Objects, content: bytes | None, kind: str = "photo") -> MaterialUploadedV1:
    ref = ObjectRef(bucket=QUARANTINE, key=f"u1/{uuid4()}", size=len(content or b""))
    if content is not None:
        objects.kept[ref.bucket, ref.key] = content
    return MaterialUploadedV1(
        material_id=uuid4(),
        entry_id=uuid4(),
        campaign_id="cls-2017",
        campaign_version=1,
        category="story",
        unit_code="u1",
        kind=kind,
        name="a.jpg",
        object=ref,
        uploaded_at=datetime.now(UTC),
    )


def accepted(upload: MaterialUploadedV1, verdict: Verdict) -> MaterialAcceptedV1:
    assert verdict.object is not None
    assert verdict.judgement.facts is not None
    return MaterialAcceptedV1(
        material_id=upload.material_id,
        entry_id=upload.entry_id,
        campaign_id=upload.campaign_id,
        kind=upload.kind,
        object=verdict.object,
        facts=verdict.judgement.facts,
        judged_at=datetime.now(UTC),
    )


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Objects:
    """Storage. `between` runs after each reading, before what follows it: where an upload can be changed."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], bytes] = {}
        self.between: Callable[[], None] = lambda: None
        self.etag: Callable[[bytes], str] = _etag

    def _content(self, ref: ObjectRef) -> bytes:
        try:
            return self.kept[ref.bucket, ref.key]
        except KeyError:
            raise MissingFileError(ref.key) from None

    def fetch(self, ref: ObjectRef, put: Callable[[bytes], object], most: int) -> Fetched | None:
        content = self._content(ref)
        if len(content) > most:
            return None
        put(content)
        self.between()
        return Fetched(len(content), self.etag(content))

    def reader(self, ref: ObjectRef) -> CountedReader:
        return _Reader(self, ref, len(self._content(ref)))

    def pour(self, ref: ObjectRef, put: Callable[[bytes], object]) -> None:
        put(self._content(ref))

    def digest(self, ref: ObjectRef) -> str:
        return hashlib.sha256(self._content(ref)).hexdigest()

    def copy(self, source: ObjectRef, key: str, *, etag: str | None = None) -> ObjectRef:
        content = self._content(source)
        if etag is not None and etag != self.etag(content):
            raise ChangedMeanwhileError(source.key)
        self.kept[MATERIALS, key] = content
        return ObjectRef(bucket=MATERIALS, key=key, size=source.size)

    def publish(self, key: str, content: bytes, content_type: str) -> None:  # noqa: ARG002 - the storage's signature
        self.kept[PUBLIC, key] = content

    def keep(self, key: str, content: bytes) -> None:
        self.kept[MATERIALS, key] = content

    def remove(self, ref: ObjectRef) -> None:
        self.kept.pop((ref.bucket, ref.key), None)

    def keep_only(self, folder: str, ref: ObjectRef) -> None:
        for bucket, key in list(self.kept):
            if bucket == MATERIALS and key.startswith(folder) and key != ref.key:
                del self.kept[bucket, key]

    def keys(self, bucket: str) -> list[str]:
        return [key for place, key in self.kept if place == bucket]


class _Reader:
    def __init__(self, objects: Objects, ref: ObjectRef, size: int) -> None:
        self._objects, self._ref, self.size = objects, ref, size
        self.requests = self.bytes = 0

    def read(self, offset: int, length: int) -> bytes:
        content = self._objects._content(self._ref)[offset : offset + length]
        self._objects.between()
        self.requests += 1
        self.bytes += len(content)
        return content


class Workshop:
    """A pool whose work is a function: bytes in, judgement out. Renditions are the bytes, reversed."""

    def __init__(self, judge: Callable[[bytes], Judgement]) -> None:
        self.judge = judge
        self.dies: str | None = None
        self.seen: list[bytes] = []
        self.correlation = 0.0

    @contextmanager
    def slot(self, deference: float = 0.0) -> Iterator[_Desk]:  # noqa: ARG002 - the pool's signature
        yield _Desk(self)

    def urgent(self) -> AbstractContextManager[None]:
        return nullcontext()


class _Desk:
    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._content = b""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self._content).hexdigest()

    def put(self, chunk: bytes) -> None:
        self._content += chunk

    def pour(self, put: Callable[[bytes], object]) -> None:
        put(self._content)

    def clear(self) -> None:
        self._content = b""

    def run(self, do: str, arguments: dict[str, Any], reader: Reader | None = None) -> Answer:
        content = reader.read(0, reader.size) if reader is not None else self._content
        if self._workshop.dies:
            raise WorkDiedError(self._workshop.dies)
        self._workshop.seen.append(content)
        if do == "render":
            return rendered(content, looks=arguments["kind"] == "photo")
        if do == "preview":
            return Answer({}, content[::-1])
        if do == "compare":
            return Answer({"correlations": [self._workshop.correlation] * len(arguments["others"])})
        return Answer(self._workshop.judge(content).model_dump(mode="json"))


class Store:
    """Media's database."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], CampaignRules] = {}
        self.states: dict[UUID, State] = {}
        self.uploads: dict[UUID, ObjectRef] = {}
        self.previews: dict[UUID, str] = {}
        self.events: dict[UUID, MaterialUploadedV1] = {}
        self.verdicts: list[tuple[Event, Verdict]] = []
        self.renditions: dict[UUID, Shown] = {}
        self.alike: dict[UUID, Resemblances] = {}
        self.digests: dict[UUID, str] = {}
        self.looks: dict[str, Looks] = {}
        self.crowded = False
        self.inbox: set[UUID] = set()
        self.before_record: Callable[[], None] = lambda: None
        self.before_rendered: Callable[[], None] = lambda: None

    def settle(self, message: Message[Any]) -> None:
        if message.envelope.id in self.inbox:
            raise DuplicateError(str(message.envelope.id))
        self.inbox.add(message.envelope.id)

    def rules(self, campaign_id: str, version: int) -> CampaignRules:
        try:
            return self.known[campaign_id, version]
        except KeyError:
            raise RulesUnknownError(campaign_id) from None

    def keep_rules(self, message: Message[Any], rules: CampaignRules) -> None:
        self.settle(message)
        self.known.setdefault((rules.campaign_id, rules.version), rules)

    def state(self, material_id: UUID) -> State | None:
        return self.states.get(material_id)

    def record(self, message: Message[MaterialUploadedV1], verdict: Verdict) -> bool:
        self.before_record()
        self.settle(message)
        material_id = message.data.material_id
        state = after(self.states.get(material_id), verdict.judgement.command)
        if state is None:
            return False
        self.states[material_id] = state
        self.uploads[material_id] = message.data.object
        self.events[material_id] = message.data
        self.verdicts.append((message.data, verdict))
        return True

    def identify(self, material_id: UUID, sha256: str, looks: Looks | None) -> None:
        self.digests[material_id] = sha256
        if looks is not None:
            self.looks[sha256] = looks

    def candidates(self, looks: Looks, own: str) -> tuple[list[Candidate], bool]:
        found = [
            Candidate(sha256, (other.hashes[0] ^ looks.hashes[0]).bit_count(), False, other.thumbnail)
            for sha256, other in self.looks.items()
            if sha256 != own
        ]
        return [one for one in found if one.distance <= MOST_DISTANCE], self.crowded

    def places(self, digests: Sequence[str], own: UUID) -> list[MaterialPlace]:
        return [
            self.place_of(material_id)
            for wanted in digests
            for material_id, sha256 in self.digests.items()
            if sha256 == wanted and material_id != own
        ]

    def place_of(self, material_id: UUID) -> MaterialPlace:
        uploads = (event for event, _ in self.verdicts if isinstance(event, MaterialUploadedV1))
        upload = next(event for event in uploads if event.material_id == material_id)
        return MaterialPlace(**upload.model_dump(), sha256=self.digests[material_id])

    def forget_captures(self, older_than: timedelta) -> int:
        return older_than.days

    def rendered(self, message: Message[MaterialAcceptedV1], shown: Shown, alike: Resemblances) -> None:
        self.before_rendered()
        self.settle(message)
        state = after(self.states[message.data.material_id], Command.RENDER)
        assert state is not None
        self.states[message.data.material_id] = state
        self.renditions[message.data.material_id] = shown
        self.alike[message.data.material_id] = alike

    def previewed(self, message: Message[MaterialAcceptedV1], key: str, alike: Resemblances) -> None:
        self.settle(message)
        self.states[message.data.material_id] = State.RENDERED
        self.previews[message.data.material_id] = key
        self.alike[message.data.material_id] = alike

    def rule_of(self, material_id: UUID) -> MaterialRule | None:
        upload = self.events[material_id]
        return self.rules(upload.campaign_id, upload.campaign_version).rule(upload.category, upload.kind)

    def upload_of(self, material_id: UUID) -> ObjectRef | None:
        return self.uploads.get(material_id)


PLACEHOLDER = "data:image/webp;base64,UklGRg=="


def rendered(content: bytes, *, looks: bool = False) -> Answer:
    """Four renditions, of which each is the bytes, reversed, and which one it is; their looks are their last byte."""
    kinds = [(side, kind) for side in (1600, 480) for kind in ("JPEG", "WebP")]
    made = [(f"{side} {kind} ".encode() + content[::-1], side, kind) for side, kind in kinds]
    pictures = [
        {"side": side, "format": kind, "width": side, "height": 1, "bytes": len(one)} for one, side, kind in made
    ]
    told: dict[str, Any] = {"pictures": pictures, "placeholder": PLACEHOLDER}
    if looks:
        thumbnail = base64.b64encode(bytes(1024)).decode()
        hashes = [f"{content[-1]:016x}"] * 6
        told["looks"] = {"hashes": hashes, "mirrored": "0" * 16, "thumbnail": thumbnail, "telling": True}
    return Answer(told, b"".join(one for one, _, _ in made))


def whole_facts(content: bytes) -> MaterialFacts:
    return MaterialFacts(format="JPEG", bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def video_facts(content: bytes) -> MaterialFacts:
    return MaterialFacts(format="MP4", bytes=len(content), seconds=1.0)
